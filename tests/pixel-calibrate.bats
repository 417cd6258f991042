load helpers

# silicon N PIXEL TURN STRETCH NOISE: cosines of {111}, {220} and {311}; the
# image's x axis is stretched
silicon() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: %d %d\nencoding: ascii\n\n' "$1" "${6:-$1}"
    awk -v nx="$1" -v ny="${6:-$1}" -v s="$2" -v turn="$3" -v f="$4" -v noise="$5" 'BEGIN { srand(7); a = 5.431020511; t = turn * 0.017453292519943295; p = 6.283185307179586
        split("1 1 1 1 1 -1 2 2 0", h, " "); n = 3
        for (i = 1; i <= n; i++) { u = h[3 * i - 2] * sqrt(2) / a; v = h[3 * i] / a; w[i] = p * s * (u * cos(t) - v * sin(t)) / f; z[i] = p * s * (u * sin(t) + v * cos(t)) }
        for (y = 0; y < ny; y++) for (x = 0; x < nx; x++) { c = 10; for (i = 1; i <= n; i++) c += cos(w[i] * x + z[i] * y)
            if (noise > 0) c += noise * sqrt(-2 * log(1 - rand())) * cos(p * rand()); printf "%.7g\n", c } }'
}

@test "three cosines of silicon turned by 17 degrees, noise 0.2: 1e-4, single spots 5e-4" {
    silicon 512 0.343 17 1 0.2 > i
    pixel-calibrate --spots s i > o
    near "$(column o pixel | head -1)" 0.343 3.43e-5
    near "$(column o turn | head -1)" 17 0.02
    near "$(column o shear | head -1)" 0 3e-4
    [ "$(column o spots | head -1)" -eq 3 ]
    column s pixel | awk '$1 != "nan" && ($1 - 0.343)^2 > (5e-4 * 0.343)^2 { exit 1 }'
    column s hkl | sort | head -3 | tr '\n' ';' | grep -qx '1 1 -1;1 1 1;2 2 0;'
    atmost "$(column o angle_error | head -1)" 0.05
}

@test "a stretch of 1 % along x shows in pixel_x, and is told" {
    silicon 512 0.343 17 1.01 0.2 > i
    pixel-calibrate i > o
    near "$(awk -v a="$(column o pixel_x | head -1)" 'BEGIN { print a / 0.343 }')" 0.990099 3e-4
    near "$(awk -v a="$(column o pixel_y | head -1)" 'BEGIN { print a / 0.343 }')" 1 3e-4
    near "$(column o ratio_xy | head -1)" 0.990099 3e-4
    silicon 128 0.343 17 1.03 0 > i
    run -0 --separate-stderr pixel-calibrate -o o i
    oneline; [[ $stderr == *"image 0: an angle between spots is 1."* ]]
}

@test "several images, not square: a row each, their mean, the spread over all spots" {
    silicon 192 0.343 17 1 0.1 160 > a; silicon 192 0.343 -60 1 0.1 160 > b
    { printf 'NRRD0004\ntype: float\ndimension: 3\nsizes: 192 160 2\nencoding: ascii\n\n'; tail -n +7 a; tail -n +7 b; } > i
    pixel-calibrate i > o
    [ "$(column o image | tr '\n' ' ')" = "0 1 all " ]
    column o pixel | awk '($1 - 0.343)^2 > 1e-8 { exit 1 }'
    column o turn | awk 'NR == 1 && ($1 - 17)^2 > 0.01 { exit 1 } NR == 2 && ($1 + 60)^2 > 0.01 && ($1 - 120)^2 > 0.01 { exit 1 }'
    [ "$(column o spots | tail -1)" -eq 6 ]
    mean=$(column o pixel | head -2 | awk '{ s += $1 / 2 } END { printf "%.9g", s }')
    near "$(column o pixel | tail -1)" "$mean" 1e-8
}

@test "projected atoms of silicon along [110] give the pixel size they were drawn with" {
    crystal -s si -S 80,80,8 --orient zone=1,1,0 > atoms
    atoms-project -q -a 0 -p 0.31 -s 160 --sigma 0.5 --relative-to Si atoms > i
    pixel-calibrate i > o
    near "$(column o pixel | tail -1)" 0.31 0.0006
}

@test "bad input: nothing but noise, a blank image, another crystal" {
    { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 64 64\nencoding: ascii\n\n'; awk 'BEGIN { srand(3); for (i = 0; i < 4096; i++) print rand() }'; } > noise
    run -1 --separate-stderr pixel-calibrate noise; oneline; [[ $stderr == *"image 0: 0 spots"* ]]
    { head -6 noise; yes 4 | head -4096; } > blank
    run -1 --separate-stderr pixel-calibrate blank; oneline; [[ $stderr == *"0 spots"* ]]
    { head -6 noise; awk 'BEGIN { for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) print cos(x) + cos(y) }'; } > square
    run -1 --separate-stderr pixel-calibrate square; oneline; [[ $stderr == *"70.5 degrees"* ]]
}
