load helpers

# scene NX NY: the acceptance background, and a mask of radius 25 as m
scene() {
    head='NRRD0004\ntype: float\ndimension: 2\nsizes: %d %d\nencoding: ascii\n\n'
    printf "$head" "$1" "$2"; printf "$head" "$1" "$2" > m
    awk -v nx="$1" -v ny="$2" -v p="${3:-0}" 'BEGIN { for (y = 0; y < ny; y++) for (x = 0; x < nx; x++) {
        in_ = (x - 41)^2 + (y - 37)^2 <= 625; printf "%.9g\n", 3 + 0.02 * x - 0.01 * y + 1e-4 * (x * x - y * y) + in_ * p
        print in_ > "m.body" } }'
    cat m.body >> m
}
numbers() { tail -c "$(($2 * 4))" "$1" | od -An -v -tf4 -w4 | awk '{ print $1 }'; }

@test "a harmonic background is recovered to 1e-5, with a particle of 5 on it" {
    scene 90 77 5 > i
    for ring in 0 2; do
        background-subtract --mask m --ring $ring < i > o
        paste <(numbers o 6930) m.body | awk '{ d = $1 - 5 * $2; if (d * d > 1e-10) { print "off by " d; exit 1 } }'
    done
}

@test "laplace: the boundary's values bound the background" {
    scene 90 77 > i
    background-subtract --mask m --ring 0 --report r < i > /dev/null
    b=$(column r background_mean)
    atleast "$b" 3; atmost "$b" 6
    atmost "$(column r steps)" 100
    scene 90 77 5 > i # B = I - out, in each pixel inside
    background-subtract --mask m --ring 0 < i > o
    paste <(tail -n 6930 i) <(numbers o 6930) m.body | awk '{ v[NR - 1] = $1; b[NR - 1] = $1 - $2; m[NR - 1] = $3 }
        END { lo = 1e9; hi = -lo; for (p = 90; p < 6840; p++) if (!m[p] && m[p - 1] + m[p + 1] + m[p - 90] + m[p + 90]) { if (v[p] < lo) lo = v[p]; if (v[p] > hi) hi = v[p] }
            for (p in m) if (m[p]) { n++; if (b[p] < lo - 1e-6 || b[p] > hi + 1e-6) { print b[p], lo, hi; exit 1 } } exit !n }'
}

@test "plane and const" {
    scene 90 77 5 | awk 'NR <= 6 { print; next } { x = (NR - 7) % 90; y = int((NR - 7) / 90); print 2 + 0.3 * x - 0.1 * y }' > i
    background-subtract --mask m --method plane < i > o
    numbers o 6930 | awk '{ if ($1 * $1 > 1e-9) exit 1 }'
    background-subtract --mask m --method const < i > o    # the median, by symmetry the centre's value
    near "$(numbers o 6930 | awk 'NR == 37 * 90 + 41 + 1')" 0 0.2
    near "$(numbers o 6930 | awk 'NR == 37 * 90 + 51 + 1')" 3 0.2
}

@test "a film tilted by 60 degrees: harmonic in its own plane, to 1e-4" {
    scene 90 77 > i                      # x^2 - cos(60)^2 y^2, half a pixel of it at most
    { printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 90 77 1\nencoding: ascii\ntilt_angles:=-60\n\n'
      awk 'BEGIN { for (y = 0; y < 77; y++) for (x = 0; x < 90; x++) printf "%.9g\n", 3 + 0.02 * x + 1e-3 * (x * x - 0.25 * y * y) }'; } > j
    background-subtract --mask m --ring 0 j > o
    numbers o 6930 | awk '$1 * $1 > 1e-8 { print "off by " $1; exit 1 }'
    sed '1,/^$/{/^tilt/d}' j > k         # not so without the tilt
    background-subtract --mask m --ring 0 k > o
    atleast "$(numbers o 6930 | awk '$1 * $1 > m { m = $1 * $1 } END { print sqrt(m) }')" 0.1
}

# stripes: a sphere of 40 px and 60 counts in 128 x 128, film stripes of +-A along y
stripes() {
    printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 128 128 1\nencoding: ascii\ntilt_angles:=69\n\n'
    awk -v a="$1" 'BEGIN { for (y = 0; y < 128; y++) for (x = 0; x < 128; x++) { u = ((x - 64)^2 + (y - 64)^2) / 1600
        print 300 + a * cos(0.16 * x) + (u < 1 ? 60 * sqrt(1 - u) : 0) } }'
}

@test "bright stripes of film are not taken for particle" {
    for a in 0 10 20; do
        stripes $a | background-subtract --mask-out m --report r > o
        numbers m 16384 | awk '$1 { x = (NR - 1) % 128 - 64; y = int((NR - 1) / 128) - 64; r = x * x + y * y; if (r > w) w = r; n++ }
            END { r = sqrt(n / 3.14159265); if (w > 56 * 56 || r < 40) { print sqrt(w), r; exit 1 } }'
        near "$(column r particle_sum)" 201062 "$((2000 + 1700 * a))"  # what is under the particle, nobody knows
    done
}

# bulge: atoms 8 px apart in a disc of 30 px at (48, 64) of 160 x 128, bulges
# of film inside the image and at its corner; noise of so much
bulge() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 160 128\nencoding: ascii\n\n'
    awk -v noise="$1" 'BEGIN { srand(3); p = 0.785398163; for (y = 0; y < 128; y++) for (x = 0; x < 160; x++) {
        v = (x - 48)^2 + (y - 64)^2 < 900 ? 30 * (1 + cos(p * x)) * (1 + cos(p * y)) : 0
        print 100 + v + 70 * exp(-((x - 105)^2 + (y - 64)^2) / 392) + 90 * exp(-((x - 150)^2 + (y - 10)^2) / 392) + noise * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) } }'
}

@test "a bulge of film has no atoms: what is smooth is left out" {
    widest() { numbers m 20480 | awk '$1 { x = (NR - 1) % 160; if (x > w) w = x; n++ } END { print w + 0 }'; }
    bulge 8 | background-subtract --largest --grow 0 --mask-out m > o
    atmost "$(widest)" 86
    atleast "$(widest)" 75
    # in more noise the bulge may as well be a disordered part of the particle
    bulge 40 | background-subtract --largest --grow 0 --mask-out m > o
    atleast "$(widest)" 105
    # a smooth particle that shows no atoms is left whole, to half its height
    { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 160 128\nencoding: ascii\n\n'
      awk 'BEGIN { srand(5); for (y = 0; y < 128; y++) for (x = 0; x < 160; x++)
        print 90 * exp(-((x - 70)^2 + (y - 64)^2) / 800) + 8 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }'; } > i
    background-subtract --grow 0 --mask-out m i > o
    atleast "$(widest)" 93
}

@test "film that varies as fast as the particle does not cut it" {
    # atoms 8 px apart in a disc of 30 px, film of +-A along x; noise of 8
    slope() {
        printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 128 128 1\nencoding: ascii\ntilt_angles:=69\n\n'
        awk -v a="$1" -v at="$2" 'BEGIN { srand(3); p = 0.785398163; for (y = 0; y < 128; y++) for (x = 0; x < 128; x++) {
            v = (x - 64)^2 + (y - 64)^2 < 900 ? 30 * (1 + cos(p * x)) * (1 + cos(p * y)) : 0
            print 300 + v + a * cos(0.1 * (x - at)) + 8 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) } }'
    }
    for film in "40 0" "40 20" "80 20" "80 50"; do # the threshold alone loses 14 to 39 %
        # shellcheck disable=SC2086
        slope $film | background-subtract -q --mask-out m >o
        numbers m 16384 | awk -v t="$film" '{ x = (NR - 1) % 128 - 64; y = int((NR - 1) / 128) - 64; r = x * x + y * y
            if (r < 900 && !$1) cut++; if ($1 && r > w) w = r } END { if (cut || w > 42 * 42) { print t, cut, sqrt(w); exit 1 } }'
    done
    # two particles, the fainter one (half of it) in another part, both stay
    printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 160 128 1\nencoding: ascii\ntilt_angles:=69\n\n' >i
    awk 'BEGIN { srand(4); p = 0.785398163; for (y = 0; y < 128; y++) for (x = 0; x < 160; x++) {
        v = (x - 45)^2 + (y - 64)^2 < 625 ? 1 : (x - 118)^2 + (y - 60)^2 < 625 ? 0.5 : 0
        print 300 + 30 * v * (1 + cos(p * x)) * (1 + cos(p * y)) + 60 * cos(0.1 * x) + 8 * sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) } }' >>i
    background-subtract -q --mask-out m i >o
    numbers m 20480 | awk '{ x = (NR - 1) % 160; y = int((NR - 1) / 160); a = (x - 45)^2 + (y - 64)^2; b = (x - 118)^2 + (y - 60)^2
        if ((a < 625 || b < 625) && !$1) cut++; if ($1 && a > 40 * 40 && b > 40 * 40) more++ } END { if (cut || more) { print cut, more; exit 1 } }'
}

@test "the mask has no bays" {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 64 64\nencoding: ascii\n\n' > i
    awk 'BEGIN { for (y = 0; y < 64; y++) for (x = 0; x < 64; x++)       # an L: two sides of a square of 24
        print (x >= 20 && x < 44 && y >= 20 && y < 44 && (x < 32 || y < 32) ? 9 : 1) }' >> i
    background-subtract --smooth 0 --grow 0 --mask-out m i > o
    [ "$(numbers m 4096 | awk '$1' | wc -l)" -eq $((432 + 11 * 12 / 2)) ]
    numbers m 4096 | awk '$1 { x = (NR - 1) % 64; y = int((NR - 1) / 64); if (x + y > 43 + 31) exit 1 }'
}

@test "the automatic mask holds the particle, --clip0 and --keep-outside" {
    awk 'BEGIN { r = 14; for (x = -r; x <= r; x += 2) for (y = -r; y <= r; y += 2) for (z = -r; z <= r; z += 2)
        if (x * x + y * y + z * z < r * r) a[n++] = "Zr " x + 3 " " y - 2 " " z
        print n; print "Properties=species:S:1:pos:R:3"; for (i = 0; i < n; i++) print a[i] }' > x
    atoms-project -a 0,20 -p 0.5 -s 160 --sigma 0.9 --relative-to Zr < x > p
    add-noise --read-noise 0.05 --offset 300 < p > i
    background-subtract --mask-out k --report r < i > o
    near "$(column r particle_sum | head -1)" "$(head -1 x)" "$(awk 'NR == 1 { print 0.01 * $1 }' x)"
    numbers k 51200 | sort -u | awk '$1 != 0 && $1 != 1 { exit 1 }'
    background-subtract --mask k --clip0 < i > o; numbers o 51200 | awk '$1 < 0 { exit 1 }'
    background-subtract --mask k --keep-outside < i > o
    [ "$(numbers o 51200 | awk '$1 == 0' | wc -l)" -lt 100 ]
}

# sphere PIXELS: a sphere of radius 0.35 of the image, on an offset of 100
sphere() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: %d %d\nencoding: ascii\n\n' "$1" "$1"
    awk -v n="$1" 'BEGIN { for (y = 0; y < n; y++) for (x = 0; x < n; x++) { u = ((x + 0.5 - n / 2)^2 + (y + 0.5 - n / 2)^2) / (0.35 * n)^2
        print 100 + (u < 1 ? 50 * sqrt(1 - u) : 0) } }'
}

@test "the mask grows in proportion to the particle, and fits images of 48 pixels" {
    for n in 48 96 192; do     # of the sphere Otsu leaves 0.944 of the radius
        sphere $n > i
        background-subtract --smooth 0 --grow 0 --mask-out m i > o
        numbers m $((n * n)) | awk -v n=$n '{ s += $1 } END { r = sqrt(s / 3.14159265) / (0.35 * n); exit !(r > 0.934 && r < 0.954) }'
        background-subtract --smooth 0 --mask-out m --report r i > o
        numbers m $((n * n)) | awk -v n=$n '{ s += $1 } END { r = sqrt(s / 3.14159265) / (0.35 * n); exit !(r > 1.06 && r < 1.14) }'
        near "$(column r ring_std)" 0 1e-6
        near "$(column r particle_sum)" "$(awk -v n=$n 'BEGIN { print 50 * 2 / 3 * 3.14159265 * (0.35 * n)^2 }')" "$((n * n / 50))"
    done
    background-subtract --smooth 0 --grow 0 --dilate 3 --report r2 i > o
    background-subtract --smooth 0 --grow 0 --report r0 i > o
    r0=$(column r0 mask_px); near "$(column r2 mask_px)" "$(awk -v a="$r0" 'BEGIN { print 3.14159265 * (sqrt(a / 3.14159265) + 3)^2 }')" 200
}

@test "bad input: empty, full and foreign masks" {
    scene 90 77 > i
    { head -6 i; yes 4 | head -6930; } > flat
    run -0 --separate-stderr background-subtract flat -o o; [[ $stderr == *"is empty"* ]]
    numbers o 6930 | awk '$1 != 0 { exit 1 }'
    run -1 --separate-stderr background-subtract --mask flat i; oneline; [[ $stderr == *"covers the whole image"* ]]
    run -0 --separate-stderr background-subtract i -o o; oneline; [[ $stderr == *"is empty"* ]] # all film, no particle
    stripes 0 > p
    run -1 --separate-stderr background-subtract --grow 9 p; oneline; [[ $stderr == *"image 0: the mask covers the whole image"* ]]
    { head -6 i; yes 0 | head -6930; } > none
    run -0 --separate-stderr background-subtract --mask none i -o o; oneline; [[ $stderr == *"1 images is empty"* ]]
    numbers o 6930 | awk '$1 != 0 { exit 1 }'
    scene 50 60 > j; scene 90 77 > i
    run -1 --separate-stderr background-subtract --mask j i; oneline; [[ $stderr == *"want 90 x 77"* ]]
}
