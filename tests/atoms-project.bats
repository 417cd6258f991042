load helpers

one() { printf '1\nProperties=species:S:1:pos:R:3 %s\n%s\n' "${2:-}" "$1"; }
# pixels FILE NX: "x y value" of the first image
pixels() { tail -c "$(($2 * $3 * 4))" "$1" | od -An -v -tf4 -w4 | awk -v n="$2" '{ print (NR - 1) % n, int((NR - 1) / n), $1 }'; }
moments() { awk -v p="$1" -v cx="$2" -v cy="$3" '{ s += $3; x += $3 * ($1 - cx) * p; y += $3 * ($2 - cy) * p } END { printf "%.8f %.8f %.8f\n", s, x / s, y / s }'; }

@test "a point at (0, 0, 10) under +30 degrees appears at u = -5, v = 0" {
    one 'Zr 0 0 10' | atoms-project -a 30 -p 0.5 -s 41 > o
    read -r s x y < <(pixels o 41 41 | moments 0.5 20 20)
    near "$x" -5 1e-6; near "$y" 0 1e-6
}

@test "an atom sums to Z^1.7; --relative-to and --per-area" {
    one 'Zr 1.3 -0.7 2' | atoms-project -a 17 -p 0.358 -s 48,37 > o
    read -r s _ < <(pixels o 48 37 | moments 1 0 0)
    near "$s" "$(awk 'BEGIN { print 40^1.7 }')" 1e-3
    one 'O 1.3 -0.7 2' | atoms-project -a 17 -p 0.358 -s 48,37 --relative-to Zr --per-area > o
    read -r s _ < <(pixels o 48 37 | moments 1 0 0)
    near "$(awk "BEGIN { print $s * 0.358^2 }")" "$(awk 'BEGIN { print 0.2^1.7 }')" 1e-6
}

@test "the Gaussian's profile is the closed form" {
    one 'Zr 0 0 0' | atoms-project -a 0 -p 0.4 -s 33 --sigma 0.8 --relative-to Zr > o
    v=$(pixels o 33 33 | awk '$1 == 19 && $2 == 15 { print $3 }')
    near "$v" "$(awk 'BEGIN { p = 0.4; s = 0.8; print p * p / (2 * 3.14159265358979 * s * s) * exp(-(9 + 1) * p * p / (2 * s * s)) }')" 2e-6
}

@test "an atom on the centre pixel is symmetric" {
    for k in gauss fe; do
        one 'Zr 0 0 0' | atoms-project -a 0 -p 0.4 -s 33 -k $k > o
        pixels o 33 33 | awk '{ v[$1, $2] = $3; if ($3 > m) m = $3 } END { for (x = 0; x < 33; x++) for (y = 0; y < 33; y++) {
            d = v[x, y] - v[32 - x, y]; e = v[x, y] - v[y, x]; if (d * d > 1e-14 * m * m || e * e > 1e-14 * m * m) exit 1 } }'
    done
}

@test "fe: an atom sums to f_e(0), Zr 12.1895, O 1.9897" {
    one 'Zr 0.13 0.2 0' | atoms-project -a 0 -p 0.3 -s 160 -k fe > o
    read -r s x y < <(pixels o 160 160 | moments 0.3 80 80)
    near "$s" 12.1895 0.02; near "$x" 0.13 0.002; near "$y" 0.2 0.002
    one 'O 0 0 0' | atoms-project -a 0 -p 0.3 -s 160 -k fe > o
    read -r s _ < <(pixels o 160 160 | moments 1 0 0)
    near "$s" 1.9897 0.005
}

@test "the rotation centre is taken off and its key goes" {
    one 'Zr 2 3 4' 'rotation_centre="2 3 4"' | atoms-project -a 40 -p 0.5 -s 21 > o
    read -r s x y < <(pixels o 21 21 | moments 0.5 10 10)
    near "$x" 0 1e-6; near "$y" 0 1e-6
    run -1 grep -a rotation_centre o
}

@test "three angles: psi turns about x first" {
    printf '90 0 90\n' > e
    one 'Zr 1 2 4' | atoms-project -a e -p 0.5 -s 41 > o
    # R = (Rz(90) Rx(90))^T takes (1, 2, 4) to (2, 4, 1)
    read -r s x y < <(pixels o 41 41 | moments 0.5 20 20)
    near "$x" 2 1e-6; near "$y" 4 1e-6
}

@test "bad input: one line and the status" {
    run -1 --separate-stderr atoms-project -a 0 -p 0.4 <(one 'Xx 0 0 0'); oneline; [[ $stderr == *"'Xx' is no element"* ]]
    run -1 --separate-stderr atoms-project -a 0 -p 0.4 -k fe <(one 'He 0 0 0'); oneline; [[ $stderr == *"use --kernel gauss"* ]]
    run -2 --separate-stderr atoms-project -a 5:0:9 -p 0.4 <(one 'Zr 0 0 0'); oneline; [[ $stderr == *"does not lead"* ]]
    run -2 --separate-stderr atoms-project -a 0 -p 4 <(one 'Zr 0 0 0'); oneline; [[ $stderr == *"quarter of the pixel"* ]]
    run -2 --separate-stderr atoms-project -a 0 -p 0.4 -s 1.5 <(one 'Zr 0 0 0'); oneline; [[ $stderr == *"whole numbers"* ]]
    run -1 --separate-stderr atoms-project -a 0 -p 0.4 <(one 'Zr 0 0 0' 'rotation_centre="1 2"'); oneline; [[ $stderr == *"three numbers"* ]]
}
