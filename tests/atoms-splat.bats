load helpers

# header FILE KEY; samples FILE: one a line, x fastest
header() { sed -n "s/^$2: //p;/^\$/q" "$1"; }
samples() {
    local n
    n=$(header "$1" sizes | awk '{ print $1 * $2 * $3 }')
    tail -c $((4 * n)) "$1" | od -An -v -w4 -t f4 | tr -d ' '
}
# at FILE X Y Z: the sample at that place (angstrom)
at() {
    local o s n
    read -r -a n <<< "$(header "$1" sizes)"
    o=$(header "$1" 'space origin' | tr -d '()' | tr ',' ' ')
    s=$(header "$1" 'space directions' | tr -d '()' | tr ',' ' ' | awk '{ print $1 }')
    samples "$1" | awk -v p="$2 $3 $4" -v o="$o" -v s="$s" -v nx="${n[0]}" -v ny="${n[1]}" 'BEGIN { split(p, a, " "); split(o, b, " ")
        for (k = 1; k <= 3; k++) i[k] = int((a[k] - b[k]) / s + 0.5); want = i[1] + nx * (i[2] + ny * i[3]) } NR == want + 1'
}

@test "atoms-splat: a constant stays what it is, the rest is undefined" {
    crystal -s fcc -a 4 -S R12 > a
    atoms-splat --column 7.25 a > v.nrrd
    [ "$(samples v.nrrd | sort | uniq -c | awk '{ print $2 }' | tr '\n' ' ')" = "7.25 nan " ]
    # a sample counts 1 A^3; the mask is the alpha region
    inside=$(samples v.nrrd | grep -c 7.25)
    near "$inside" "$(alpha-shape -w table a | awk '$1 == "volume" { print $2 }')" 120
    atoms-splat --column 7.25 --no-mask --outside -1 a > v.nrrd
    [ "$(samples v.nrrd | sort | uniq -c | awk '{ print $2 }' | tr '\n' ' ')" = "-1 7.25 " ]
    [ "$(at v.nrrd 14 0 0)" = 7.25 ]
}

@test "atoms-splat: a step is smoothed as measured elsewhere" {
    crystal -s fcc -a 3 -S 33 | particle -r 0,0,0 > a
    # v = 1 for x > 0, 1/2 in the plane itself
    atoms-splat --column '(x > 0.01) + 0.5 * (x > -0.01 && x < 0.01)' a > v.nrrd
    while read -r x want phi; do
        got=$(at v.nrrd "$x" 0 0)
        near "$got" "$phi" 0.015
        near "$got" "$want" 0.0015
    done <<'END'
-3 0.076 0.067
-1 0.317 0.309
0 0.500 0.5
1 0.683 0.691
3 0.924 0.933
END
}

@test "atoms-splat: three atoms by awk, grid and cut" {
    printf '3\nProperties=species:S:1:pos:R:3:q:R:1\nZr 0.3 -0.2 0.1 5\nZr 2.1 1.4 -0.7 -3\nZr 9 0 0 nan\n' > a
    atoms-splat --column q --no-mask --sigma 1.3 --grid 0.5 a > v.nrrd
    [ "$(header v.nrrd sizes)" = "35 21 20" ]
    [ "$(header v.nrrd 'space origin')" = "(-4,-4.5,-5)" ]
    want=$(awk 'BEGIN { a = exp(-((1 - .3) ^ 2 + (1.5 + .2) ^ 2 + .1 ^ 2) / 3.38); b = exp(-(1.1 ^ 2 + .1 ^ 2 + .7 ^ 2) / 3.38)
        print (5 * a - 3 * b) / (a + b) }')
    near "$(at v.nrrd 1 1.5 0)" "$want" 1e-5
    # 4.9 A from the second the weight is 8e-4
    [ "$(at v.nrrd 7 1.5 -0.5)" = nan ]
    near "$(at v.nrrd 6 1.5 -0.5)" -3 1e-3
    atoms-splat --density --sigma 1.3 --grid 0.5 --no-mask a > d.nrrd
    # the three atoms less what lies outside the box, 4 A off
    near "$(samples d.nrrd | awk '{ s += $1 } END { print s / 8 }')" 2.97 0.03
    near "$(at d.nrrd 9 0 0)" "$(awk 'BEGIN { print (2 * atan2(0, -1) * 1.69) ^ -1.5 }')" 2e-4
}

@test "atoms-splat: the density of a crystal" {
    crystal -s fcc -a 4.1 -S R16 | atoms-splat --density --outside 0 > v.nrrd
    near "$(at v.nrrd 0 0 0)" "$(awk 'BEGIN { print 4 / 4.1 ^ 3 }')" 1e-4
    near "$(at v.nrrd 2 1 -3)" "$(awk 'BEGIN { print 4 / 4.1 ^ 3 }')" 2e-4
    vol-info v.nrrd | grep -q 1.0
    aet-history v.nrrd | tail -1 | grep -q "^atoms-splat .*--density"
}

@test "atoms-splat: what is refused" {
    printf '3\nProperties=species:S:1:pos:R:3:q:R:1\nZr 0.3 -0.2 0.1 nan\nZr 2.1 1.4 -0.7 nan\nZr 9 0 0 1\n' > a
    run -2 atoms-splat a
    [[ "$output" == *"want --column or --density"* ]]
    run -2 atoms-splat --column rho a
    [[ "$output" == *"no column 'rho'"* ]]
    run -1 atoms-splat --column q --select 'x < 5' a
    [[ "$output" == *"a: no atom has a value"* ]]
    run -1 atoms-splat --column q a
    [[ "$output" == *"3 atoms; a triangulation needs at least 5"* ]]
    run -2 atoms-splat --column q --outside zero a
    [[ "$output" == *"--outside 'zero': want nan or a number"* ]]
    sed -i 's/^Zr 9/Zr 9e7/' a
    run -1 atoms-splat --column q --no-mask --grid 0.01 a
    [[ "$output" == *"voxels of 0.01 angstrom; drop those far away or take a larger --grid"* ]]
}
