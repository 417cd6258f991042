load helpers

what() { awk -F'\t' -v q="$2" '$1 == q { print $2 }' "$1"; }

# edges FILE.ply: directed edges whose reverse is missing or that come twice
edges() {
    local n
    n=$(sed -n 's/^element face //p;/^end_header/q' "$1")
    tail -c $((13 * n)) "$1" | od -An -v -w13 -t u1 | awk '{
        for (k = 0; k < 3; k++) v[k] = $(4 * k + 2) + 256 * ($(4 * k + 3) + 256 * ($(4 * k + 4) + 256 * $(4 * k + 5)))
        for (k = 0; k < 3; k++) e[v[k] " " v[(k + 1) % 3]]++ }
        END { for (x in e) { split(x, a, " "); bad += e[x] != 1 || !((a[2] " " a[1]) in e) } print bad + 0 }'
}

@test "alpha-shape: a block of cubes, all of it ties" {
    crystal -s sc -a 3 --cells 4,5,6 | alpha-shape -w table > t
    near "$(what t volume)" $((27 * 3 * 4 * 5)) 1e-6
    near "$(what t area)" $((9 * 2 * (12 + 15 + 20))) 1e-6
    [ "$(what t atoms_on)" -eq $((120 - 2 * 3 * 4)) ]
    [ "$(what t atoms_inside)" -eq 120 ]
    [ "$(what t regions) $(what t surfaces) $(what t inner_surfaces)" = "1 1 0" ]
    [ "$(what t faces)" -eq $((2 * $(what t vertices) - 4)) ]
}

@test "alpha-shape: alpha is a radius, equality included" {
    # cubes of 3 have circumradius 2.598076
    crystal -s sc -a 3 --cells 3,3,3 > c
    alpha-shape -a 2.5982 -w table c > t
    near "$(what t volume)" 216 1e-6
    alpha-shape -a 2.5979 -w table c > t # flat ones on the cubes' faces are left
    near "$(what t volume)" 0 1e-4
    run --separate-stderr -0 alpha-shape -a 2 -w table c
    [[ "$stderr" == *"the region is empty"* ]]
    [[ "$output" == *"$(printf 'volume\t0\tA3')"* ]]
}

@test "alpha-shape: balls of the oxide lattice as measured elsewhere" {
    crystal -s fcc -a 5.092 -S R40 | alpha-shape -w table > t
    near "$(what t volume)" 248850 25
    crystal -s fcc -a 5.092 -S R20 | alpha-shape -w table > t
    near "$(what t volume)" 26340 5
}

@test "alpha-shape: the mesh is closed and turns outwards" {
    crystal -s fcc -a 5.092 -S R14 > b
    alpha-shape b -o b.ply
    [ "$(edges b.ply)" -eq 0 ]
    alpha-shape -w table b > t
    [ "$(sed -n 's/^element vertex //p;/^end_header/q' b.ply)" -eq "$(what t vertices)" ]
    [ "$(what t inner_surfaces)" -eq 0 ]
}

@test "alpha-shape: other programs read the mesh" {
    command -v admesh >/dev/null || skip "no admesh"
    crystal -s fcc --a 5.092 -S R15 | particle -J 0.1 >a
    alpha-shape a >a.ply
    alpha-shape -w table a >t
    stl a.ply >a.stl
    admesh a.stl >said
    grep -Eq 'Number of parts *: *1 ' said
    grep -Eq 'Total disconnected facets *: *0 ' said
    near "$(sed -n 's/.*Volume *: *\([-0-9.]*\).*/\1/p' said)" "$(awk -F'\t' '$1 == "volume" { print $2 }' t)" 0.1
}

@test "alpha-shape: tetrahedra that meet in an edge or a point are two surfaces" {
    # regular, edge 3, R = 1.837; those between them have R > 2.1
    h=2.121320343559643
    printf '6\nProperties=species:S:1:pos:R:3\n' > edge
    printf 'Zr %s\n' '-1.5 0 0' '1.5 0 0' "0 -1.5 -$h" "0 1.5 -$h" "0 -1.5 $h" "0 1.5 $h" >> edge
    printf '7\nProperties=species:S:1:pos:R:3\nZr 0 0 0\n' > point
    awk -v h=$h 'BEGIN { for (s = -1; s < 2; s += 2) printf "Zr %.15g %.15g 0\nZr %.15g 0 %.15g\nZr 0 %.15g %.15g\n", s * h, s * h, s * h, s * h, s * h, s * h }' >> point
    for f in edge point; do
        alpha-shape -a 1.9 $f -o $f.ply
        [ "$(edges $f.ply)" -eq 0 ]
        alpha-shape -a 1.9 -w table $f > t
        near "$(what t volume)" 6.363961030678928 1e-9
        near "$(what t area)" 31.176914536239792 1e-9
        [ "$(what t regions) $(what t surfaces) $(what t inner_surfaces) $(what t vertices)" = "2 2 0 8" ]
    done
}

@test "alpha-shape: a cavity is filled, or is an inner surface" {
    crystal -s fcc -a 5.092 -S R30 > all
    particle --pore 0,0,0,10.01 all > hollow
    alpha-shape -w table all > a
    alpha-shape -w table hollow > h
    alpha-shape -w table --no-fill hollow > n
    near "$(what h volume)" "$(what a volume)" 1e-3
    [ "$(what h inner_surfaces)" -eq 0 ]
    [ "$(what n inner_surfaces)" -eq 1 ]
    [ "$(what n surfaces)" -eq 2 ]
    # beyond the cavity's tetrahedra with R > 4.5 there are none in it
    atleast "$(awk "BEGIN { print $(what h volume) - $(what n volume) }")" 4000
    atleast "$(what n area)" "$(what h area)"
}

@test "alpha-shape: regions apart, and the largest" {
    crystal -s fcc -a 4 -S R9 > a
    crystal -s fcc -a 4 -S R6 | awk 'NR > 2 { $2 += 40 } { print }' > b
    { echo $(($(head -1 a) + $(head -1 b))); sed -n 2p a; tail -n +3 -q a b; } > ab
    for f in a b ab; do alpha-shape -w table $f > t.$f; done
    near "$(what t.ab volume)" "$(awk "BEGIN { printf \"%.10g\", $(what t.a volume) + $(what t.b volume) }")" 1e-3
    [ "$(what t.ab regions)" -eq 2 ]
    near "$(what t.ab volume:2)" "$(what t.b volume)" 1e-6
    alpha-shape --regions largest -w inside ab > in
    [ "$(head -1 in)" -eq "$(head -1 a)" ]
    alpha-shape --select 'x > 20' -w table ab > t
    near "$(what t volume)" "$(what t.b volume)" 1e-6
}

@test "alpha-shape: oxygen is no part of the region but may be inside" {
    crystal -s c-zro2 -S R14 > zro2
    crystal -s c-zro2 -S R14 | atoms-select 'species == "Zr"' > zr
    alpha-shape -w table zr > a
    alpha-shape -w table zro2 > b
    near "$(what b volume)" "$(what a volume)" 1e-9
    alpha-shape -w atoms zro2 > all
    [ "$(head -1 all)" -eq "$(head -1 zro2)" ]
    [ "$(values all surface | awk '{ n += $1 } END { print n }')" -eq "$(what a atoms_on)" ]
    alpha-shape -w inside zro2 > in
    # every O has four Zr around it, whose tetrahedron holds it
    crystal -s c-zro2 -S R14 | atoms-select 'species == "O" && near(0,0,0,8)' > deep
    [ "$(atoms-select -c 'species == "O" && near(0,0,0,8)' in)" -eq "$(head -1 deep)" ]
    atmost "$(atoms-select -c 'species == "O"' in)" "$(atoms-select -c 'species == "O"' zro2)"
    alpha-shape --species O -w on zro2 > on
    [ "$(atoms-select -c 'species == "Zr"' on)" -eq 0 ]
    alpha-shape -w on zro2 > on
    [ "$(atoms-select -c 'species == "O"' on)" -eq 0 ]
}

@test "alpha-shape: neither order nor rotation matters" {
    crystal -s fcc -a 5.092 -S R16 | particle -J 0.16 > a
    particle -r 37,53,-71 a > r
    { head -2 a; tail -n +3 a | sort -k 3; } > s
    for f in a r s; do alpha-shape -w table $f > t.$f; done
    for f in r s; do
        near "$(what t.$f volume)" "$(what t.a volume)" 1e-6
        near "$(what t.$f area)" "$(what t.a area)" 1e-6
        [ "$(what t.$f faces)" -eq "$(what t.a faces)" ]
    done
}

head5() { printf '%d\nProperties=species:S:1:pos:R:3:phase:S:1\n' "$1"; }

@test "alpha-shape: planes, lines, pairs, twins, far atoms" {
    { head5 9; awk 'BEGIN { for (i = 0; i < 9; i++) print "Zr", 3.1 * (i % 3), 2.7 * int(i / 3), 1 + i % 3, "a" }'; } > plane
    run -1 alpha-shape plane
    [[ "$output" == "alpha-shape: the 9 atoms lie in one plane"* ]]
    { head5 7; awk 'BEGIN { for (i = 0; i < 7; i++) print "Zr", i * 1.3, i * 0.7, i * 2.1, "a" }'; } > line
    run -1 alpha-shape line
    [[ "$output" == *"in one plane"* ]]
    { head5 2; printf 'Zr 0 0 0 a\nZr 1 1 1 a\n'; } > two
    run -1 alpha-shape two
    [[ "$output" == *"2 atoms; a triangulation needs at least 5"* ]]
    { head5 6; printf 'Zr %s a\n' '0 0 0' '3 0 0' '0 3 0' '0 0 3' '3 3 3' '3 0.005 0'; } > twin
    run -1 alpha-shape twin
    [[ "$output" == *"atoms 1 and 5 (from 0) lie closer than 0.01 angstrom"* ]]
    run --separate-stderr -0 alpha-shape --allow-duplicates -w table twin
    [[ "$stderr" == *"1 atoms at the place of another dropped"* ]]
    crystal -s sc -a 3 --cells 3,3,3 > c
    { echo 28; sed -n 2p c; tail -n +3 c; echo 'Zr 1e5 2e4 -7e3'; } > far
    alpha-shape -w table far > t
    near "$(what t volume)" 216 1e-5
    sed -i 's/1e5/1e9/' far
    run -1 alpha-shape far
    [[ "$output" == *"1e+09 angstrom apart"* ]]
}

@test "alpha-shape: empty selections and labels that do not exist" {
    crystal -s sc -a 3 --cells 3,3,3 > c
    run -1 alpha-shape --select 'x > 100' c
    [ "$output" = "alpha-shape: --select 'x > 100': no atom is selected" ]
    run -2 alpha-shape --select 'phase == "core"' c
    [[ "$output" == *"no column 'phase'"* ]]
    run -1 alpha-shape --species Hf c
    [[ "$output" == *"--species: no atom is of 'Hf'"* ]]
    run -2 alpha-shape --write ply c
    [[ "$output" == *"--write"* ]]
}
