load helpers

# of the atoms within R of the middle: mean FILE COLUMN R, sd FILE COLUMN R
inner() { atoms-select "near(0,0,0,$3)" "$1" > inner.xyz; values inner.xyz "$2"; }
mean() { inner "$@" | awk '{ s += $1 } END { printf "%.12g", s / NR }'; }
sd() { inner "$@" | awk '{ s += $1; q += $1 * $1 } END { printf "%.12g", sqrt(q / NR - s * s / NR / NR) }'; }
# the one row of FILE at the origin, columns as they are
centre() { atoms-select 'near(0,0,0,0.01)' "$1" > c.xyz; values c.xyz "$2" "${3:-0}"; }
index() { atoms-select 'near(0,0,0,0.01)' "$1" > c.xyz; for k in 0 1 2 3; do values c.xyz voronoi_index $k; done | tr '\n' ' '; }

@test "voronoi-rho: fcc has 4/a^3, twelve four-edged faces" {
    crystal -s fcc -a 5.092 -S R14 | voronoi-rho > v
    near "$(centre v voronoi_volume)" "$(awk 'BEGIN { printf "%.12g", 5.092 ^ 3 / 4 }')" 1e-6
    near "$(centre v rho)" 0.0302967 1e-7
    [ "$(centre v cn) $(centre v nface) $(centre v vflag)" = "12 12 0" ]
    [ "$(index v)" = "0 12 0 0 " ]
}

@test "voronoi-rho: bcc has six squares and eight hexagons, hcp its density" {
    crystal -s bcc -a 3.609 -S R12 | voronoi-rho > v
    near "$(centre v rho)" "$(awk 'BEGIN { printf "%.12g", 2 / 3.609 ^ 3 }')" 1e-8
    [ "$(centre v cn) $(centre v nface)" = "14 14" ]
    [ "$(index v)" = "0 6 0 8 " ]
    # a square has 3.73 % of the area
    crystal -s bcc -a 3.609 -S R12 | voronoi-rho --face-area 0.038 > v
    [ "$(centre v cn)" -eq 8 ]
    crystal -s bcc -a 3.609 -S R12 | voronoi-rho --face-area 0.037 > v
    [ "$(centre v cn)" -eq 14 ]
    crystal -s hcp-zr -S R14 | voronoi-rho > v
    near "$(mean v rho 4)" 0.042954 1e-6
}

@test "voronoi-rho: with jitter the table's means and spreads" {
    while read -r a s rho spread cn; do
        crystal -s fcc -a "$a" -S R42 | particle -J "$s" | voronoi-rho > v
        near "$(mean v rho 33)" "$rho" "$(awk "BEGIN { print 0.003 * $rho }")"
        near "$(sd v rho 33)" "$spread" "$(awk "BEGIN { print 0.06 * $spread }")"
        near "$(mean v cn 33)" "$cn" 0.03
    done <<'END'
5.092 0.16 0.03034 0.00117 12.00
4.666 0.25 0.03952 0.00273 12.24
END
}

@test "voronoi-rho: beside a vacancy the weight restores the density" {
    crystal -s fcc -a 5.092 -S R16 | particle --remove 0 > all
    row=$(atoms-select 'near(0,0,0,0.01)' all | tail -1)
    { echo $(($(head -1 all) - 1)); sed -n 2p all; tail -n +3 all | grep -vxF "$row"; } > one
    for rule in weight exclude keep; do
        voronoi-rho --voids $rule one > v
        atoms-select 'near(0,0,0,3.7)' v > shell
        [ "$(head -1 shell)" -eq 12 ]
        [ "$(values shell vflag | sort -u)" -eq 3 ]
        values shell voronoi_volume > volume
        while read -r x; do near "$x" 35.7575 1e-3; done < volume
        case $rule in
        weight) while read -r x; do near "$x" 0.0302 0.0001; done < <(values shell rho) ;;
        exclude) [ "$(values shell rho | sort -u)" = nan ] ;;
        keep) near "$(values shell rho | head -1)" "$(awk 'BEGIN { printf "%.12g", 1 / 35.7575 }')" 1e-6 ;;
        esac
    done
}

@test "voronoi-rho: unbounded cells are nan with a flag" {
    crystal -s fcc -a 4.1 -S R11 | particle -J 0.1 > a
    voronoi-rho --voids keep a > v
    alpha-shape -a 100000 -w atoms a > hull
    paste <(values v vflag) <(values hull surface) <(values v voronoi_volume) <(values v cn) <(values v nface) <(values v rho) > t
    # the hull's atoms, and no others, have no end
    [ "$(awk '($1 == 1) != ($2 == 1)' t | wc -l)" -eq 0 ]
    [ "$(awk '$1 == 1 && ($3 $4 $5 $6) != "nannannannan"' t | wc -l)" -eq 0 ]
    [ "$(awk '$1 != 1 && ($3 == "nan" || $4 == "nan" || $5 == "nan")' t | wc -l)" -eq 0 ]
    [ "$(awk '$1 == 2 && $6 != "nan"' t | wc -l)" -eq 0 ]
    [ "$(awk '$1 == 1' t | wc -l)" -gt 20 ]
    [ "$(awk '$1 == 2' t | wc -l)" -gt 20 ]
    voronoi-rho a > w
    [ "$(values w rho | grep -c nan)" -eq 0 ]
}

# 150 atoms, none nearer than 1.2 A, in a skew cell
cell() {
    awk 'BEGIN { seed = 7; for (n = 0; n < 150;) {
        for (k = 0; k < 3; k++) { seed = (seed * 16807) % 2147483647; f[k] = seed / 2147483647 }
        x = 14 * f[0] + 3 * f[1]; y = 13 * f[1] + 2 * f[2]; z = 15 * f[2]; ok = 1
        for (i = 0; i < n && ok; i++) for (s = 0; s < 27 && ok; s++) {
            a = s % 3 - 1; b = int(s / 3) % 3 - 1; c = int(s / 9) - 1
            u = X[i] - x + 14 * a + 3 * b; v = Y[i] - y + 13 * b + 2 * c; w = Z[i] - z + 15 * c
            if (u * u + v * v + w * w < 1.44) ok = 0 }
        if (ok) { X[n] = x; Y[n] = y; Z[n++] = z } }
        for (i = 0; i < n; i++) printf "%.15g %.15g %.15g\n", X[i], Y[i], Z[i] }' > xyz
}

@test "voronoi-rho: the cells of a periodic box fill it, as those of 27 copies do" {
    cell
    { echo 150; echo 'Lattice="14 0 0 3 13 0 0 2 15" Properties=species:S:1:pos:R:3 pbc="T T T"'; sed 's/^/Zr /' xyz; } > box
    { echo 4050; echo 'Properties=species:S:1:pos:R:3'; awk '{ for (s = 0; s < 27; s++) { t = (s + 13) % 27
        a = t % 3 - 1; b = int(t / 3) % 3 - 1; c = int(t / 9) - 1
        printf "%d Zr %.15g %.15g %.15g\n", s, $1 + 14 * a + 3 * b, $2 + 13 * b + 2 * c, $3 + 15 * c } }' xyz | sort -s -n -k 1,1 | cut -d ' ' -f 2-; } > copies
    voronoi-rho --voids keep -r 100 --alpha 9 --radius 9 box > b
    voronoi-rho --voids keep -r 100 --alpha 9 --radius 9 copies > c
    near "$(values b voronoi_volume | awk '{ s += $1 } END { printf "%.14g", s }')" 2730 3e-9
    [ "$(values b vflag | sort -u)" -eq 0 ]
    paste <(values b voronoi_volume) <(values c voronoi_volume | head -150) | awk '{ d = $1 - $2; if (d * d > 1e-18) bad++ } END { exit bad }'
    for f in cn nface; do diff <(values b $f) <(values c $f | head -150); done
    for k in 0 1 2 3; do diff <(values b voronoi_index $k) <(values c voronoi_index $k | head -150); done
}

@test "voronoi-rho: one cell of a crystal, periodic; a slab has unbounded faces" {
    crystal -s fcc -a 4.1 --cells 1,1,1 | voronoi-rho > v
    while read -r x; do near "$x" 17.23025 1e-6; done < <(values v voronoi_volume)
    [ "$(values v cn | sort -u)" -eq 12 ]
    crystal -s fcc -a 4.1 --cells 3,3,4 | sed '2s/pbc="T T T"/pbc="T T F"/' | particle -J 0.1 > slab
    grep -q 'pbc="T T F"' slab
    voronoi-rho slab > v
    atoms-select 'vflag == 0' v > in
    [ "$(head -1 in)" -gt 40 ]
    [ "$(atoms-select -c 'vflag == 1 && isnan(voronoi_volume)' v)" -ge 3 ]
    [ "$(atoms-select -c '(z < 1 || z > 13) && (vflag == 1 || vflag == 2)' v)" -eq 36 ]
    [ "$(atoms-select -c 'z > 3 && z < 11 && vflag != 0' v)" -eq 0 ]
}

@test "voronoi-rho: the faces add up to the cell, and face each other" {
    crystal -s fcc -a 4.1 -S R10 | particle -J 0.2 > a
    voronoi-rho --face-area 0 --faces f.tsv a > v
    awk -F'\t' 'NR > 1 { V[$2] += $4 * $5 / 6 } END { for (i in V) printf "%d %.12g\n", i, V[i] }' f.tsv | sort -n > sums
    values v voronoi_volume | awk '$1 != "nan" { print NR - 1, $1 }' > want
    paste sums want | awk '{ d = $2 - $4; if ($1 != $3 || d * d > 1e-14 * $2 * $2) bad++ } END { exit bad + (NR < 100) }'
    voronoi-rho --faces f.tsv a > v
    awk -F'\t' 'NR > 1 && $6 { b[$2 " " $3] = 1 } END { for (p in b) { split(p, q, " "); n += !((q[2] " " q[1]) in b) } exit n > 0 }' f.tsv
    [ "$(awk -F'\t' 'NR > 1' f.tsv | cut -f 6 | awk '{ s += $1 } END { print s }')" -eq "$(values v cn | awk '$1 != "nan" { s += $1 } END { print s }')" ]
    voronoi-rho --one-sided a > o
    atleast "$(values o cn | awk '$1 != "nan" { s += $1 } END { print s }')" "$(($(values v cn | awk '$1 != "nan" { s += $1 } END { print s }') + 1))"
}

@test "voronoi-rho: oxygen and frames pass, empty frames too" {
    crystal -s c-zro2 -S R11 > zro2
    atoms-select 'species == "Zr"' zro2 > zr
    voronoi-rho zro2 > a
    voronoi-rho zr > b
    [ "$(head -1 a)" -eq "$(head -1 zro2)" ]
    [ "$(atoms-select -c 'species == "O" && isnan(rho) && vflag == -1' a)" -eq "$(atoms-select -c 'species == "O"' zro2)" ]
    diff <(paste <(values a species) <(values a rho) | awk '$1 == "Zr" { print $2 }') <(values b rho)
    { cat zr; printf '0\nProperties=species:S:1:pos:R:3\n'; cat zr; } | voronoi-rho > three
    [ "$(grep -c voronoi_index:I:4 three)" -eq 3 ]
    voronoi-rho --species O zro2 > o
    [ "$(atoms-select -c 'species == "Zr" && vflag >= 0' o)" -eq 0 ]
}

@test "voronoi-rho: planes, pairs, twins, far atoms, flat boxes" {
    printf '6\nProperties=species:S:1:pos:R:3\n' > h
    { cat h; printf 'Zr %s 2.5\n' '0 0' '3 0' '0 3' '3 3' '6 0' '6 3'; } > plane
    run -1 voronoi-rho plane
    [[ "$output" == "voronoi-rho: the 6 atoms lie in one plane"* ]]
    { cat h; printf 'Zr %s\n' '0 0 0' '3 1 0' '6 2 0' '9 3 0' '12 4 0' '15 5 0'; } > line
    run -1 voronoi-rho line
    printf '2\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 3 0 0\n' > two
    run -1 voronoi-rho two
    [[ "$output" == *"2 atoms; a triangulation needs at least 5"* ]]
    crystal -s fcc -a 4.1 -S R8 > b
    n=$(head -1 b)
    { echo $((n + 1)); sed -n 2p b; tail -n +3 b; sed -n 9p b; } > twin
    run -1 voronoi-rho twin
    [[ "$output" == *"atoms 6 and $n (from 0) lie closer"* ]]
    run --separate-stderr -0 voronoi-rho --allow-duplicates twin
    [ "$(tail -1 <<< "$output" | awk '{ print $5 }')" = nan ]
    { echo $((n + 1)); sed -n 2p b; tail -n +3 b; echo 'Zr 3000 200 100'; } > far
    voronoi-rho far > v
    near "$(centre v rho)" "$(awk 'BEGIN { printf "%.12g", 4 / 4.1 ^ 3 }')" 1e-6
    [ "$(tail -1 v | awk '{ print $5, $6, $9 }')" = "nan nan 1" ]
    sed '2s/^/Lattice="9 0 0 0 9 0 9 9 0" pbc="T T T" /; 2s/pbc="F F F"//' b > flat
    run -1 voronoi-rho flat
    [[ "$output" == *"the lattice has no volume"* ]]
}

@test "voronoi-rho: volumes and faces of voro++, where it is installed" {
    command -v voro++ > /dev/null || skip "no voro++"
    crystal -s fcc --a 4.4 -S R28 | particle -n 40 -J 0.2 > ball.xyz
    voronoi-rho -f 0 ball.xyz > cells.xyz
    awk 'NR > 2 { print NR - 3, $2, $3, $4 }' ball.xyz > points
    voro++ -c '%i %v %s' -33 33 -33 33 -33 33 points
    sort -n points.vol > theirs
    paste -d ' ' <(values cells.xyz voronoi_volume) <(values cells.xyz nface) <(values cells.xyz vflag) theirs |
        awk '$3 == 0 || $3 == 3 { n++; d = $1 - $5; if (d < 0) d = -d; if (d > far) far = d; other += $2 != $6 }
        END { print n, far, other + 0 }' > table
    read -r n far other < table
    atleast "$n" 2500
    atmost "$far" 1e-4
    [ "$other" -eq 0 ]
}
