load helpers

# ball N R SIZE: N atoms at random in a ball of R angstrom (a fixed sequence)
ball() {
    awk -v n="$1" -v r="$2" 'function u() { s = (s * 16807) % 2147483647; return 2 * s / 2147483647 - 1 }
        BEGIN { s = 12345; print n; print "Properties=species:S:1:pos:R:3"
            while (m < n) { x = u(); y = u(); z = u(); if (x * x + y * y + z * z < 1) { print "Zr", r * x, r * y, r * z; m++ } } }'
}

# off REPORT TRUTH: r.m.s. of dx less a cos + b sin, of dy less a constant
off() {
    paste "$1" "$2" | awk -F'\t' '/^#/ { for (i = 1; i <= NF; i++) { if ($i == "dx_px" && !p) p = i; if ($i == "dx") t = i; if ($i == "dy_px" && !q) q = i; if ($i == "dy") v = i }; next }
        { n++; c[n] = cos($2 * 0.01745329252); s[n] = sin($2 * 0.01745329252); x[n] = $p - $t; y[n] = $q - $v
          cc += c[n] * c[n]; ss += s[n] * s[n]; cs += c[n] * s[n]; xc += x[n] * c[n]; xs += x[n] * s[n]; my += y[n] }
        END { d = cc * ss - cs * cs; a = (xc * ss - xs * cs) / d; b = (xs * cc - xc * cs) / d
          for (i = 1; i <= n; i++) { ex += (x[i] - a * c[i] - b * s[i])^2; ey += (y[i] - my / n)^2 }
          print sqrt(ex / n), sqrt(ey / n) }'
}

series() { # N FIELD-RADIUS (px): 51 tilts of 400 atoms in a ball of 38 px
    ball 400 38 > atoms
    atoms-project -a -75:3:75 -p 1 -s 128 --sigma 1.5 --relative-to Zr atoms > clean
}

@test "shifts of +-5 pixels without noise are found to 0.01 pixels, one interpolation" {
    series
    tilt-jitter -f 1 -s 5 -d 0 -b 0 --truth t clean > i
    tilt-align --report r i > o
    read -r x y < <(off r t-shifts.tsv)
    atmost "$x" 0.01; atmost "$y" 0.01
    tilt-align --dy com --report r i > o
    read -r x y < <(off r t-shifts.tsv)
    atmost "$y" 0.01
    tilt-align --interp cubic i > o2
    tilt-align --dy com --report again o2 > o3    # what is left after moving them
    column again dx_px | awk '$1 * $1 > 1e-4 { exit 1 }'
    column again dy_px | awk '$1 * $1 > 1e-4 { exit 1 }'
    tilt-align --dx cc --report r i > o  # drifts, but is no nonsense
    read -r x y < <(off r t-shifts.tsv); atmost "$x" 8
}

@test "noise of 5 % of the maximum, a mask of radius 52: 0.1 along, 0.3 across" {
    series
    high=$(tail -c $((128 * 128 * 51 * 4)) clean | od -An -v -tf4 -w4 | awk '$1 > m { m = $1 } END { print m }')
    tilt-jitter -f 1 -s 5 -d 0 -b 0 --axis-offset 0 --truth t clean |
        add-noise --read-noise "$(awk -v m="$high" 'BEGIN { print 0.05 * m }')" --offset 0 > i
    { printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 128 128\nencoding: ascii\n\n'
      awk 'BEGIN { for (y = -64; y < 64; y++) for (x = -64; x < 64; x++) print x * x + y * y <= 52 * 52 ? 1 : 0 }'; } > m
    background-subtract -q --method const --mask m i > s
    tilt-align -q --report r s > o
    read -r x y < <(off r t-shifts.tsv)
    atmost "$x" 0.3; atmost "$y" 0.1
}

@test "a tilt axis turned by 1.3 degrees is found to 0.05, with its sign, and taken off" {
    ball 60 14 > atoms
    awk 'BEGIN { r = 0.017453292519943295; a = 1.3 * r                 # R^T = Ry(t) Rz(-a) = Rz(f) Ry(g) Rx(p)
        for (t = -70; t <= 70; t += 10) { c = cos(t * r); s = sin(t * r)
            m11 = c * cos(a); m21 = -sin(a); m31 = -s * cos(a); m32 = -s * sin(a); m33 = c
            print atan2(m21, m11) / r, atan2(-m31, sqrt(m11 * m11 + m21 * m21)) / r, atan2(m32, m33) / r } }' > a.txt
    atoms-project -a a.txt -p 1 -s 48 --sigma 1.5 --relative-to Zr atoms > turned
    atoms-project -a -70:10:70 -p 1 -s 48 --sigma 1.5 --relative-to Zr atoms > straight
    sed '1,/^$/s/^euler_angles:=.*/tilt_angles:=-70 -60 -50 -40 -30 -20 -10 0 10 20 30 40 50 60 70/' turned > i
    tilt-jitter -f 1 -s 3 -d 0 -b 0 i > j
    tilt-align --tilt-axis auto --report r j > o
    near "$(column r axis | head -1)" 1.3 0.05
    tilt-align straight > want
    vol-project --help > /dev/null
    paste <(tail -c $((48 * 48 * 15 * 4)) o | od -An -v -tf4 -w4) <(tail -c $((48 * 48 * 15 * 4)) want | od -An -v -tf4 -w4) |
        awk '{ d += ($1 - $2)^2; s += $2^2 } END { if (!(d < 1e-3 * s)) { print d / s; exit 1 } }'
    tilt-align --tilt-axis 1.3 --report r2 j > o2
    near "$(column r2 dx_px | head -1)" "$(column r dx_px | head -1)" 0.05
    tilt-align --apply r j > o3; cmp <(tail -c $((48 * 48 * 15 * 4)) o) <(tail -c $((48 * 48 * 15 * 4)) o3)
}

@test "three angles for each image: shifts to 0.05 pixels, 0.02 with --against" {
    ball 60 14 > atoms
    awk 'BEGIN { srand(4); for (t = -75; t <= 75; t += 5) print 2 * rand() - 1, t, 2 * rand() - 1 }' > a.txt
    atoms-project -a a.txt -p 1 -s 48 --sigma 1.05 --relative-to Zr atoms > clean
    tilt-jitter -f 1 -s 1 -d 0 -b 0 --truth t clean > i
    tilt-align -q --report r i > o
    read -r x y < <(off r t-shifts.tsv); atmost "$x" 0.05; atmost "$y" 0.05
    tilt-align -q -j 1 --against --report r i > o
    read -r x y < <(off r t-shifts.tsv); atmost "$x" 0.02; atmost "$y" 0.02
    # they tell how the axis lies: it is not taken off a second time
    run -1 --separate-stderr tilt-align --tilt-axis auto i
    oneline; [[ $stderr == *"image 0 has phi and psi besides its tilt"* ]]
    awk -F'\t' -v OFS='\t' '!/^#/ { $5 = 1.3 } 1' r > turned
    run -1 --separate-stderr tilt-align --apply turned i
    oneline; [[ $stderr == *"want a tilt axis of 0"* ]]
}

@test "--against brings noisy shifts from the centre of mass's 0.4 to below 0.08 pixels" {
    ball 60 14 > atoms
    atoms-project -a -75:5:75 -p 1 -s 48 --sigma 1.05 --relative-to Zr atoms > clean
    high=$(tail -c $((48 * 48 * 31 * 4)) clean | od -An -v -tf4 -w4 | awk '$1 > m { m = $1 } END { print m }')
    tilt-jitter -f 1 -s 1 -d 0 -b 0 --axis-offset 1.2 --truth t clean |
        add-noise --read-noise "$(awk -v m="$high" 'BEGIN { print 0.1 * m }')" --offset 0 > i
    tilt-align -q --report r0 i > o
    tilt-align -q -j 1 --against --report r i > o2
    read -r x0 y0 < <(off r0 t-shifts.tsv)
    read -r x y < <(off r t-shifts.tsv)
    atleast "$x0" 0.15; atmost "$x" 0.08; atmost "$y" 0.06
    tilt-align -q --apply r i > o3; cmp <(tail -c $((48 * 48 * 31 * 4)) o2) <(tail -c $((48 * 48 * 31 * 4)) o3)
    tilt-align -q -j 1 --against --groups 1 --rounds 2 --report r i > o4
    read -r x y < <(off r t-shifts.tsv); atmost "$x" "$x0"
}

@test "--against leaves clean and aligned images where they are" {
    ball 60 14 > atoms
    atoms-project -a -75:5:75 -p 1 -s 48 --sigma 1.05 --relative-to Zr atoms > i
    tilt-align -q -j 1 --against --report r i > o
    sed 's/dx_px/dx/; s/dy_px/dy/' r | awk -F'\t' -v OFS='\t' '/^#/ { print; next } { $3 = $4 = 0; print }' > zero
    read -r x y < <(off r zero)
    atmost "$x" 0.01; atmost "$y" 0.01
}

@test "bad input: a blank image, no angles, tables that do not fit" {
    t=$data/tilts.nrrd
    { sed '/^$/q' "$t"; head -c $(($(tail -c +1 "$t" | wc -c) - $(sed '/^$/q' "$t" | wc -c))) /dev/zero; } > blank
    run -1 --separate-stderr tilt-align blank; oneline; [[ $stderr == *"image 0: the pixels' sum is 0"* ]]
    sed '1,/^$/{/^tilt_angles/d}' "$t" > none
    run -1 --separate-stderr tilt-align none; oneline
    tilt-align --report r "$t" > o
    head -4 r > short
    run -1 --separate-stderr tilt-align --apply short "$t"; oneline; [[ $stderr == *"3 rows for 7 images"* ]]
    awk -F'\t' -v OFS='\t' 'NR == 3 { $3 = "nan" } 1' r > bad
    run -1 --separate-stderr tilt-align --apply bad "$t"; oneline; [[ $stderr == *"row 2: dx_px is nan"* ]]
    awk 'NR == 2 { next } 1; NR == 3 { print }' r > twice
    run -1 --separate-stderr tilt-align --apply twice "$t"; oneline; [[ $stderr == *"in the order of"* ]]
    cut -f1,2 r > less
    run -1 --separate-stderr tilt-align --apply less "$t"; oneline; [[ $stderr == *"no column dx_px"* ]]
    run -2 --separate-stderr tilt-align --tilt-axis 91 "$t"; oneline
    run -2 --separate-stderr tilt-align --apply r --against "$t"; oneline
    tilt-select --keep 3 "$t" > one
    tilt-align --report r one > o; near "$(column r score)" 1 0
    run -1 --separate-stderr tilt-align --against one; oneline; [[ $stderr == *"at least 5"* ]]
}

@test "an image of another sum is told, an edited table moves the images" {
    ball 60 12 > atoms
    atoms-project -a -60:20:60 -p 1 -s 64 --sigma 1.5 --relative-to Zr atoms > i
    tilt-align --report r i > o
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } { $3 += 1.5; $4 -= 2 } 1' r > edited
    tilt-align --apply edited i > moved
    tilt-align --report r2 moved > o
    column r2 dx_px | awk '($1 + 1.5)^2 > 1e-6 { exit 1 }'
    column r2 dy_px | awk '($1 - 2)^2 > 1e-6 { exit 1 }'
    awk 'NR < 20' atoms | sed '1s/.*/17/' > fewer
    atoms-project -a 60 -p 1 -s 64 --sigma 1.5 --relative-to Zr fewer > half
    { head -c "-$((64 * 64 * 4))" i; tail -c $((64 * 64 * 4)) half; } > dim
    run -0 --separate-stderr tilt-align dim -o o; oneline; [[ $stderr == *"image 6, -"* ]]
}

# slice NOISE SHIFT: section 9's slice: 20 Gaussians of sigma 1.05 px, 7 px apart, within 0.36 N, 51 tilts; truth to t
slice() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 64 1 51\nencoding: ascii\ntilt_angles:='
    awk 'BEGIN { for (a = -75; a < 75; a += 3) printf "%d ", a; print "75\n" }'
    awk -v noise="$1" -v move="$2" 'BEGIN { srand(7); pi = atan2(0, -1); r = 0.36 * 64; q = 1.05; print "#tilt\tangle\tdx\tdy" > "t"
        while (n < 20) { x = (2 * rand() - 1) * r; z = (2 * rand() - 1) * r; if (x * x + z * z > r * r) continue
            for (i = 0; i < n; i++) if ((x - X[i])^2 + (z - Z[i])^2 < 49) break
            if (i == n) { X[n] = x; Z[n++] = z } }
        for (k = 0; k < 51; k++) { a = (3 * k - 75) * pi / 180; d[k] = move * (2 * rand() - 1); print k "\t" 3 * k - 75 "\t" d[k] "\t0" > "t"
            for (j = 0; j < 64; j++) { v = 0; for (i = 0; i < 20; i++) { s = j - 32 - d[k] - X[i] * cos(a) + Z[i] * sin(a); v += q * sqrt(2 * pi) * exp(-s * s / (2 * q * q)) }
                p[k, j] = v; if (v > m) m = v } }
        for (k = 0; k < 51; k++) for (j = 0; j < 64; j++) printf "%.7f\n", p[k, j] + noise * m * sqrt(-2 * log(1 - rand())) * cos(2 * pi * rand()) }'
}

@test "--against on a slice with noise of 5 %: the displacements left after 1, 2 and all rounds" {
    slice 0.05 2 > i # reference: 0.475 px, then 0.121, 0.063, 0.056, 0.055; 1.5 times that
    tilt-align -q --dy com --report r i > o
    read -r x y < <(off r t); atleast "$x" 0.4
    for limit in "2 0.182" "3 0.095" "10 0.055"; do # the last round only measures
        tilt-align -q -j 1 --dy com --against --rounds "${limit% *}" --report r i > o
        read -r x y < <(off r t); atmost "$x" "${limit#* }"
    done
    atmost "$(column r left_out_r1 | awk '{ s += $1 } END { print s / NR }')" 0.266 # 1.5 times 0.1775
    slice 0 2 > i
    tilt-align -q -j 1 --dy com --against --report r i > o
    read -r x y < <(off r t); atmost "$x" 0.0045 # 1.5 times 0.003
}
