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

@test "sigma is found to 3 %" {
    lattice > c
    for sigma in 5 25; do
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
    bm3d-denoise --sigma 25 --lambda 2.7 --mu2 1 < i > w
    bm3d-denoise --sigma 25 --lambda 2.7 --mu2 1 --psd s < i > o
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

@test "every profile takes noise away" {
    lattice > c; add-noise --read-noise 10 < c > i
    for p in fast vn lc; do
        bm3d-denoise --no-map --sigma 10 --profile $p < i > o
        atleast "$(psnr c o)" 38
    done
}

@test "bad input: image below a block, wrong spectra, wrong usage" {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 5 7\nencoding: ascii\n\n' > i
    seq 35 >> i
    run -1 --separate-stderr bm3d-denoise --sigma 1 i; oneline; [[ $stderr == *"smaller than a block"* ]]
    lattice > c
    { head -6 c | sed 's/192 192/4 4/'; yes -- -1 | head -16; } > s
    run -1 --separate-stderr bm3d-denoise --psd s c; oneline; [[ $stderr == *"no value below 0"* ]]
    { head -6 c | sed 's/192 192/4 4/'; yes 0 | head -16; } > s
    run -1 --separate-stderr bm3d-denoise --psd s c; oneline; [[ $stderr == *"all 0"* ]]
    run -2 --separate-stderr bm3d-denoise --noise correlated c; oneline
    run -2 --separate-stderr bm3d-denoise --noise white --psd s c; oneline
}
