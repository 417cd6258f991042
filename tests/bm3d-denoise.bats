load helpers

# The lattice of the acceptance table: 192 x 192, hexagonal, Gaussians of
# 1.6 px, 8.3 px apart, brightest in the middle.
lattice() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 192 192\nencoding: ascii\n\n'
    awk 'BEGIN { for (j = -9; j <= 9; j++) for (i = -16; i <= 16; i++) {
            cx = 8.3 * (i + j / 2); cy = 8.3 * j * sqrt(3) / 2; r = cx * cx + cy * cy
            if (r >= 3600) continue
            a = 200 * sqrt(1 - r / 4356); cx += 96; cy += 96
            for (y = int(cy) - 9; y <= cy + 9; y++) for (x = int(cx) - 9; x <= cx + 9; x++)
                v[y * 192 + x] += a * exp(-((x - cx)^2 + (y - cy)^2) / 5.12) }
        for (k = 0; k < 36864; k++) printf "%.6g\n", v[k] }'
}
numbers() { tail -c "$((${2:-36864} * 4))" "$1" | od -An -v -tf4 -w4 | awk '{ print $1 }'; }
# psnr CLEAN FILE: of two streams of floats
psnr() {
    paste <(tail -36864 "$1") <(numbers "$2") |
        awk '{ s += ($1 - $2)^2 } END { printf "%.3f\n", 10 * log(65025 * NR / s) / log(10) }'
}
# spectrum of scan-line noise, rho 0.6, variance $1, in a line of 64 samples
scanlines() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 64 64\nencoding: ascii\n\n'
    awk -v v="$1" 'BEGIN { p = atan2(0, -1) / 32; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++)
        print 4096 * v * 0.64 / (1.36 - 1.2 * cos(p * x)) }'
}

@test "white noise: the acceptance table, 41.2, 35.7 and 32.5 dB" {
    lattice > c
    while read -r sigma want; do
        add-noise --read-noise "$sigma" < c > i
        bm3d-denoise --sigma "$sigma" --no-map < i > o
        atleast "$(psnr c o)" "$want"
        bm3d-denoise < i > o           # sigma found, range mapped
        atleast "$(psnr c o)" "$(awk -v w="$want" 'BEGIN { print w - 0.3 }')"
    done <<< $'10 41.2\n25 35.7\n40 32.5'
}

@test "the aet profile: 43.2 and 34.9 dB" {
    lattice > c
    while read -r sigma want; do
        add-noise --read-noise "$sigma" < c > i
        bm3d-denoise --profile aet --sigma "$sigma" --no-map < i > o
        atleast "$(psnr c o)" "$want"
    done <<< $'10 43.2\n25 34.9'
}

# White noise convolved by a Gaussian of 0.8 px, round the edges, of deviation
# $1: clean stream c, noise of deviation 1 in n; noisy stream and spectrum to i, s.
blurred() {
    tail -36864 c | paste <(numbers n) - | awk -v s="$1" -v head="$(head -6 c)" '
        BEGIN { for (i = -5; i <= 5; i++) t += g[i] = exp(-i * i / 1.28)
            for (i = -5; i <= 5; i++) { g[i] /= t; q += g[i]^2 } }
        { a[NR - 1] = $1; c[NR - 1] = $2 }
        END { print head "\n" > "i"
            for (k = 0; k < NR; k++) for (i = -5; i <= 5; i++) b[k] += g[i] * a[k - k % 192 + (k + i + 192) % 192]
            for (k = 0; k < NR; k++) { v = 0; for (i = -5; i <= 5; i++) v += g[i] * b[(k + i * 192 + NR) % NR]
                printf "%.7g\n", c[k] + s * v / q > "i" }
            sub("192 192", "64 64", head); print head "\n" > "s"; p = atan2(0, -1) / 32
            for (k = 0; k < 64; k++) { h = 0; for (i = -5; i <= 5; i++) h += g[i] * cos(p * k * i); G[k] = h * h / q }
            for (k = 0; k < 4096; k++) print 4096 * s * s * G[k % 64] * G[int(k / 64)] > "s" }'
}

@test "blurred noise: far above the white model, and above variances without covariances" {
    lattice > c; { head -6 c; yes 0 | head -36864; } | add-noise --read-noise 1 > n
    while read -r sigma white right; do
        blurred "$sigma"
        bm3d-denoise --noise white --sigma "$sigma" --no-map < i > w
        near "$(psnr c w)" "$white" 0.5
        bm3d-denoise --psd s --no-map < i > o
        atleast "$(psnr c o)" "$right" # 33.8 and 26.5 without covariances
    done <<< $'10 31.5 37\n25 23.8 31'
}

@test "sigma is found to 3 %" {
    lattice > c
    for sigma in 5 10 25 40; do
        add-noise --read-noise $sigma < c > i
        run -0 --separate-stderr bm3d-denoise -v -o o i
        near "$(sed -n 's/.*image 0: sigma \([0-9.]*\).*/\1/p' <<< "$stderr")" $sigma "$(awk -v s=$sigma 'BEGIN { print 0.03 * s }')"
    done
}

@test "scan-line noise: the right spectrum beats the white model" {
    lattice > c; scanlines 625 > s
    add-noise --line-noise 25 < c > i
    bm3d-denoise --sigma 25 --noise white < i > w
    bm3d-denoise --psd s < i > o
    atleast "$(psnr c o)" "$(psnr c w | awk '{ print $1 + 3 }')"
    # the spectrum's scale is replaced by --sigma
    scanlines 1 > t
    bm3d-denoise --psd t --sigma 25 < i > p
    near "$(psnr c p)" "$(psnr c o)" 0.01
}

@test "a flat spectrum is white noise" {
    lattice > c
    { head -6 c | sed 's/192 192/64 64/'; yes 1 | head -4096; } > s
    add-noise --read-noise 25 < c > i
    bm3d-denoise --profile np --sigma 25 --mu2 1 < i > w
    bm3d-denoise --profile np --sigma 25 --mu2 1 --psd s < i > o
    paste <(numbers w) <(numbers o) | awk '{ d = $1 - $2; s += d * d } END { if (s / NR > 1e-4) { print s / NR; exit 1 } }'
}

@test "constant plus noise: the mean stays, the noise goes" {
    { lattice | head -6; yes 300 | head -36864; } > c
    add-noise --read-noise 10 < c > i
    bm3d-denoise < i > o
    near "$(numbers o | awk '{ s += $1 } END { printf "%.6f", s / NR }')" \
        "$(numbers i | awk '{ s += $1 } END { printf "%.6f", s / NR }')" 0.0052    # 0.1 sigma/sqrt N
    numbers o | awk '{ s += ($1 - 300)^2 } END { exit !(s / NR < 1) }'
    bm3d-denoise < c > o
    numbers o | awk '$1 != 300 { exit 1 }'
}

@test "units and offset of the image do not matter" {
    lattice > c; add-noise --read-noise 25 < c > i
    awk 'NR > 6 { $1 = 1000 * $1 - 7000 } 1' c > d; add-noise --read-noise 25000 < d > j
    bm3d-denoise --sigma 25 < i > o; bm3d-denoise --sigma 25000 < j > p
    # r.m.s.: where two blocks are nearly as far, rounding may choose the other
    paste <(numbers o) <(numbers p) | awk '{ d = 1000 * $1 - 7000 - $2; sum += d * d } END { exit !(NR > 0 && sqrt(sum / NR) < 20) }'
}

@test "where a thread begins does not matter: a search starts from what was found before" {
    lattice | add-noise --read-noise 25 > i
    bm3d-denoise -j 1 --no-history < i > o
    for j in 2 3 7; do bm3d-denoise -j $j --no-history < i | cmp - o; done
}

@test "every profile takes noise away" {
    lattice > c; add-noise --read-noise 10 < c > i
    for p in fast np vn lc; do
        bm3d-denoise --no-map --sigma 10 --profile $p < i > o
        atleast "$(psnr c o)" 38
    done
}

@test "bad input: image below a block, wrong spectra, wrong usage" {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 5 7\nencoding: ascii\n\n' > i
    seq 35 >> i
    run -1 --separate-stderr bm3d-denoise --sigma 1 i; oneline; [[ $stderr == *"smaller than a block"* ]]
    for s in "1 1" "3 3" "1 40" "40 1" "7 9"; do # a pixel, a line; whatever is known of the noise
        { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: %s\nencoding: ascii\n\n' "$s"; seq $((${s/ / * })); } > i
        for o in -q --noise=white --gain=1 --sigma=1; do
            run -1 --separate-stderr bm3d-denoise $o i; oneline; [[ $stderr == *"smaller than a block"* ]]; [ -z "$output" ]
        done
    done
    run -2 --separate-stderr bm3d-denoise --sigma 0 i; oneline; [[ $stderr == *"--sigma 0 is no noise"* ]]
    lattice > c
    { head -6 c | sed 's/192 192/4 4/'; yes -- -1 | head -16; } > s
    run -1 --separate-stderr bm3d-denoise --psd s c; oneline; [[ $stderr == *"no value below 0"* ]]
    { head -6 c | sed 's/192 192/4 4/'; yes 0 | head -16; } > s
    run -1 --separate-stderr bm3d-denoise --psd s c; oneline; [[ $stderr == *"all 0"* ]]
    run -2 --separate-stderr bm3d-denoise --noise white --psd s c; oneline
    run -2 --separate-stderr bm3d-denoise --noise white --gain 2 c; oneline
    run -2 --separate-stderr bm3d-denoise --psd s --noise-from s c; oneline
    { head -6 c | sed 's/192 192/4 4/'; yes 1 | head -16; } > s
    run -1 --separate-stderr bm3d-denoise --noise-from s c; oneline; [[ $stderr == *"no noise_gain key"* ]]
    sed '5a noise_gain:=-2' s > t
    run -1 --separate-stderr bm3d-denoise --noise-from t c; oneline; [[ $stderr == *"noise_gain is '-2'"* ]]
}

@test "unlikely input is told: blank, saturated, without noise, counts below 0" {
    lattice > c
    { head -6 c; yes 7 | head -36864; } > b
    run -0 --separate-stderr bm3d-denoise -o o b; oneline; [[ $stderr == *"image 0: blank, 7 everywhere"* ]]
    add-noise --read-noise 10 < c > i
    { head -6 c; numbers i | awk '{ print ($1 > 120 ? 120 : $1) }'; } > s
    run -0 --separate-stderr bm3d-denoise --sigma 10 -o o s; oneline; [[ $stderr == *"saturated"* ]]
    { head -6 c; awk 'BEGIN { for (k = 0; k < 36864; k++) print int(k / 192) }'; } > z
    run -0 --separate-stderr bm3d-denoise -o o --noise white z; oneline; [[ $stderr == *"no noise found"* ]]
    numbers o | awk '$1 != int((NR - 1) / 192) { exit 1 }'
    run -1 --separate-stderr bm3d-denoise --gain 1 -o o i; oneline; [[ $stderr == *"give --offset or --read-noise"* ]]
}

@test "any height and width: 8 to 40 pixels" {
    for n in 8 9 11 20 21 22 33 34 40; do
        { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: %d %d\nencoding: ascii\n\n' 31 "$n"
          awk -v n=$((31 * n)) 'BEGIN { srand(4); for (k = 0; k < n; k++) print 50 + rand() }'; } > i
        bm3d-denoise --profile np --sigma 0.2887 < i > o
        numbers o $((31 * n)) | awk '{ s += $1; q += $1 * $1 } END { s /= NR; v = q / NR - s * s; exit !(NR > 0 && s > 50.4 && s < 50.6 && v < 0.02) }'
    done
}

@test "electrons: the right gain beats the white model, and the level is right" {
    lattice | awk 'NR > 6 { $1 = 20 + 0.9 * $1 } 1' > c
    # gain 8, read noise 5: Poisson by awk
    { head -6 c; awk 'BEGIN { srand(5) } NR > 6 { y = $1 / 8; l = exp(-y); k = 0; p = rand(); while (p > l) { k++; p *= rand() }
        printf "%.5f\n", 8 * k + 5 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }' c; } > i
    bm3d-denoise --noise poisson --gain 8 --read-noise 5 < i > o
    bm3d-denoise --noise white < i > w
    atleast "$(psnr c o)" "$(psnr c w | awk '{ print $1 + 1 }')"
    bm3d-denoise --gain 8 --read-noise 5 --no-rescale < i > p
    near "$(numbers p | awk '{ s += $1 } END { print s / NR }')" "$(tail -36864 c | awk '{ s += $1 } END { print s / NR }')" 0.4
    # the keys of add-noise and the image itself say so too
    bm3d-denoise -v < i > a 2> e
    grep -q 'image 0: poisson noise' e
    atleast "$(psnr c a)" "$(psnr c o | awk '{ print $1 - 0.4 }')"
    # keys: gain and read noise of a frame; an average of 4 has half the noise
    sed '5a counts_per_electron:=8\nread_noise:=5' i > k
    bm3d-denoise -v < k > b 2> e
    near "$(sed -n 's/.*stabilised //p' e)" 1 0.1
    atleast "$(psnr c b)" "$(psnr c o | awk '{ print $1 - 0.4 }')"
    sed '5a counts_per_electron:=32\nread_noise:=10' i > k
    bm3d-denoise -v < k > b 2> e
    near "$(sed -n 's/.*stabilised //p' e)" 0.45 0.1
    # an offset moves the result by itself
    awk 'NR > 6 { $1 += 300 } 1' i > j
    bm3d-denoise --gain 8 --read-noise 5 --offset 300 < j > p
    paste <(numbers o) <(numbers p) | awk '{ d = $2 - $1 - 300; s += d * d } END { exit !(NR > 0 && s / NR < 0.04) }'
}

@test "a noise file: gain and spectrum; auto finds a spectrum of its own" {
    lattice > c; scanlines 625 > s
    add-noise --line-noise 25 < c > i
    { head -5 s; printf 'noise_gain:=0\nnoise_offset:=0\nnoise_read:=25\n'; tail -n +6 s; } > n
    bm3d-denoise --psd s --no-history < i > o; bm3d-denoise --noise-from n --no-history < i > p; cmp o p
    { lattice | head -6 | sed 's/192 192/64 64/'; yes 4096 | head -4096; } > f
    { head -5 f; printf 'noise_gain:=8\nnoise_offset:=0\nnoise_read:=5\n'; tail -n +6 f; } > n
    add-noise --read-noise 5 < c > j
    bm3d-denoise --profile np --mu2 1 --noise-from n < j > o
    bm3d-denoise --profile np --mu2 1 --gain 8 --read-noise 5 < j > p
    paste <(numbers o) <(numbers p) | awk '{ d = $1 - $2; s += d * d } END { exit !(NR > 0 && s / NR < 0.01) }'
}

@test "auto: an offset that is estimated from the image refuses no dark pixel" {
    awk 'BEGIN { printf "NRRD0005\ntype: float\ndimension: 2\nsizes: 96 96\nencoding: ascii\n\n"; srand(4)
        for (i = 0; i < 9216; i++) { # 2 to 97 electrons of 5 on an offset of 200, and one dead pixel
            n = 2 + i % 96; g = sqrt(-2 * log(1 - rand())) * cos(6.2831853 * rand())
            print i == 4000 ? 90 : 200 + 5 * n + sqrt(25 * n + 9) * g } }' >noisy
    run -0 --separate-stderr bash -c 'bm3d-denoise -v noisy >out'
    [[ $stderr == *"poisson noise"* ]]
    run -1 --separate-stderr bash -c 'bm3d-denoise --gain 5 --offset 200 noisy >out' # what the user says counts
    [[ $stderr == *"is 90: counts are not below the offset 200"* ]]
}

# weak ANGLES: 12 images of 96 x 96 of the same 60 atoms of 1.2 px, as high as
# the noise of 10; which hardly stand out of it
weak() {
    printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 96 96 12\nencoding: ascii\n'
    [ -z "$1" ] || echo "tilt_angles:=$1"
    echo
    awk 'BEGIN { srand(7); for (a = 0; a < 60; a++) { r = 34 * sqrt(rand()); t = 6.2831853 * rand(); cx = 48 + r * cos(t); cy = 48 + r * sin(t)
            for (y = int(cy) - 5; y <= cy + 6; y++) for (x = int(cx) - 5; x <= cx + 6; x++) v[y * 96 + x] += 10 * exp(-((x - cx)^2 + (y - cy)^2) / 2.88) }
        for (k = 0; k < 9216; k++) print v[k] + 0 >"truth"
        for (k = 0; k < 110592; k++) printf "%.5g\n", 50 + v[k % 9216] + 10 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }'
}
# kept FILE: share of the atoms in the mean over the images, and the error of it
kept() {
    paste <(cat truth truth truth truth truth truth truth truth truth truth truth truth) <(numbers "$1" 110592) |
        awk '{ i = (NR - 1) % 9216; t[i] = $1; m[i] += ($2 - 50) / 12 } END { for (i in t) { a += t[i] / 9216; b += m[i] / 9216 }
            for (i in t) { s += (t[i] - a) * (m[i] - b); q += (t[i] - a)^2 }; for (i in t) e += (m[i] - b - s / q * (t[i] - a))^2; print s / q, sqrt(e / 9216) / (s / q) }'
}

@test "a tilt series keeps its weak atoms, single images lose them" {
    angles='1 2 3 4 5 6 7 8 9 10 11 12'
    weak "$angles" > i
    bm3d-denoise --noise white --sigma 10 i > o; read -r share error < <(kept o)
    bm3d-denoise --noise white --sigma 10 --rest drop i > p; read -r lost worse < <(kept p)
    echo "kept $share $error, dropped $lost $worse"
    atleast "$share" 0.5; atmost "$lost" 0.4
    atmost "$error" "$(awk -v w="$worse" 'BEGIN { print w / 1.3 }')"
    # without angles they are single images; keep says otherwise
    weak '' > j
    bm3d-denoise --no-history --noise white --sigma 10 j > q; cmp <(tail -c 442368 p) <(tail -c 442368 q)
    bm3d-denoise --noise white --sigma 10 --rest keep j > q; cmp <(tail -c 442368 o) <(tail -c 442368 q)
    # the sum of each image is that of the noisy one
    numbers o 110592 | awk '{ s += $1 } END { printf "%.6f\n", s / NR }' > a
    near "$(cat a)" "$(tail -110592 i | awk '{ s += $1 } END { printf "%.6f\n", s / NR }')" 1e-3
}

@test "a few electrons: the level is that of the noisy image" {
    { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 128 128\nencoding: ascii\n\n'
      awk 'BEGIN { srand(3); for (k = 0; k < 16384; k++) { x = k % 128; y = int(k / 128)
        m = 1.5 + 1.5 * (cos(x * 0.8) * cos(y * 0.7) > 0.3); l = exp(-m); n = 0; p = rand(); while (p > l) { n++; p *= rand() }; print 20 + 4 * n } }'; } > i
    bm3d-denoise --gain 4 --offset 20 i > o
    numbers o 16384 | awk '{ s += $1 } END { print s / NR - 20 }' > a
    tail -16384 i | awk '{ s += $1 } END { print s / NR - 20 }' > b
    near "$(cat a)" "$(cat b)" 1e-3
    bm3d-denoise --gain 4 --offset 20 --no-rescale i > p
    near "$(numbers p 16384 | awk '{ s += $1 } END { print s / NR - 20 }')" "$(cat b)" "$(awk '{ print 0.05 * $1 }' b)"
}

@test "refilter: a lattice too faint for groups of blocks comes back" {
    { lattice | head -6; awk 'BEGIN { for (k = 0; k < 36864; k++) print 100 + 6 * cos(0.7 * (k % 192)) * cos(0.6 * int(k / 192)) }'; } > c
    add-noise --read-noise 25 < c > i
    bm3d-denoise --sigma 25 < i > o
    bm3d-denoise --sigma 25 --refilter < i > p
    height() { paste <(tail -36864 c) <(numbers "$1") | awk '{ s += ($1 - 100) * $2; q += ($1 - 100)^2 } END { print s / q }'; }
    echo "$(height o) $(height p)"
    atmost "$(height o)" 0.15; atleast "$(height p)" 0.35
    # noise alone has nothing to bring back
    { lattice | head -6; yes 300 | head -36864; } | add-noise --read-noise 25 > j
    bm3d-denoise --sigma 25 --refilter < j > q
    numbers q | awk '{ s += $1; q += $1 * $1 } END { s /= NR; exit !(q / NR - s * s < 6) }'
}
