load helpers

# a block of cubes of edge 3 from 0 to 12, then the points of stdin as O
block() {
    awk 'BEGIN { for (z = 0; z < 5; z++) for (y = 0; y < 5; y++) for (x = 0; x < 5; x++) print "Zr", 3 * x, 3 * y, 3 * z }
        { print "O", $0 }' > rows
    { wc -l < rows; echo 'Properties=species:S:1:pos:R:3'; cat rows; }
}

@test "surface-distance: faces, edges and corners of a cube, inside and out" {
    printf '%s\n' '6 6.5 15.25' '6 -3 -4' '-2 -3 -6' '14 18 21' '5.5 6 7' '1.25 6 5' '6 6 12.5' '-0.5 12.5 13' | block |
        surface-distance > d
    # the last is a corner: sqrt(0.5) and 1
    values d distance | tail -8 > got
    printf '%s\n' 3.25 5 7 11 -5 -1.25 0.5 1.2247448713915890 > want
    paste got want | awk '{ d = $1 - $2; if (d * d > 1e-18) { print; bad++ } } END { exit bad }'
    # lattice: the outer layer at 0, then -3, the middle at -6
    values d distance | head -125 | sort -g | uniq -c | awk '{ print $1, $2 }' > levels
    [ "$(tr '\n' ' ' < levels)" = "1 -6 26 -3 98 0 " ]
}

@test "surface-distance: from a plane and a ball of lattice points, by awk" {
    crystal -s fcc -a 4 -S R24 > a
    surface-distance --from 'x < 0.1 && near(0,0,0,24.1)' a > d
    # the selection's face is x = 0, where it is 12 A or more from the edge
    atoms-select 'x > 0.1 && near(0,0,0,10)' d > near
    [ "$(head -1 near)" -gt 50 ]
    paste <(values near pos 0) <(values near distance) | awk '{ d = $1 - $2; if (d * d > 1e-16) bad++ } END { exit bad }'
    surface-distance a > d
    # from the outside the region lies within the ball
    paste <(values d pos 0) <(values d pos 1) <(values d pos 2) <(values d distance) |
        awk '{ r = sqrt($1 ^ 2 + $2 ^ 2 + $3 ^ 2); if (-$4 > 24 - r + 1e-9 || -$4 < 24 - r - 4) bad++ } END { exit bad }'
}

@test "surface-distance: brute force over the triangles of the mesh" {
    crystal -s fcc -a 5.092 -S R9 | particle -J 0.3 > a
    particle -J 4 --seed 3 a | sed 's/^Zr/X/' > b
    { echo $(($(head -1 a) + $(head -1 b))); sed -n 2p a; tail -n +3 -q a b; } > ab
    surface-distance --from 'species == "Zr"' ab > d
    alpha-shape a -o a.ply
    nv=$(sed -n 's/^element vertex //p;/^end_header/q' a.ply) nf=$(sed -n 's/^element face //p;/^end_header/q' a.ply)
    tail -c $((24 * nv + 13 * nf)) a.ply > body
    head -c $((24 * nv)) body | od -An -v -w24 -t f8 > v
    tail -c $((13 * nf)) body | od -An -v -w13 -t u1 | awk '{ print $2 + 256 * $3, $6 + 256 * $7, $10 + 256 * $11 }' > f
    paste <(values d pos 0) <(values d pos 1) <(values d pos 2) <(values d distance) | awk 'NR % 7 == 0' > p
    # many points on every triangle: never nearer, and nearly as near
    awk 'BEGIN { m = 0 } FILENAME == "v" { n = FNR - 1; x[n] = $1; y[n] = $2; z[n] = $3; next }
        FILENAME == "f" { for (i = 0; i <= 24; i++) for (j = 0; i + j <= 24; j++) { s = i / 24; t = j / 24; r = 1 - s - t
            X[m] = r * x[$1] + s * x[$2] + t * x[$3]; Y[m] = r * y[$1] + s * y[$2] + t * y[$3]; Z[m++] = r * z[$1] + s * z[$2] + t * z[$3] }; next }
        { best = 1e9; for (i = 0; i < m; i++) { q = ($1 - X[i]) ^ 2 + ($2 - Y[i]) ^ 2 + ($3 - Z[i]) ^ 2; if (q < best) best = q }
            d = $4 < 0 ? -$4 : $4; e = sqrt(best) - d; if (e < -1e-9 || e > 0.12 || (d > 1 && e > 0.012)) { print $0, sqrt(best); bad++ } }
        END { exit bad }' v f p
}

@test "surface-distance: atoms deep inside a piece that is left out are outside" {
    crystal -s fcc -a 4.6 -S R24 > a
    crystal -s fcc -a 4.6 -S R27 > b
    { echo $(($(head -1 a) + $(head -1 b))); echo 'Properties=species:S:1:pos:R:3'
        tail -n +3 a | cut -d' ' -f1-4; tail -n +3 b | awk '{ print $1, $2 + 70, $3, $4 }'; } > two
    surface-distance --regions largest two > d
    # the nearest face of the ball at 70 is 70 - 27 from the origin, less a layer
    paste <(values d pos 0) <(values d pos 1) <(values d pos 2) <(values d distance) | awk -v n="$(head -1 a)" '
        NR <= n && $4 < 19 { bad++ }
        NR <= n { r = sqrt(($1 - 70) ^ 2 + $2 ^ 2 + $3 ^ 2); if ($4 < r - 27 || $4 > r - 22) bad++ }
        NR > n && $4 > 0 { bad++ } END { exit bad }'
    alpha-shape --regions largest --write table two > t
    [ "$(awk '$1 == "atoms_inside" { print $2 }' t)" = "$(head -1 b)" ]
}

@test "surface-distance: holes, pieces and columns" {
    crystal -s fcc -a 5.092 -S R24 | particle --pore 0,0,0,10.01 > hollow
    echo 'O 0 0 0' >> hollow
    sed -i "1s/.*/$(($(head -1 hollow) + 1))/" hollow
    surface-distance hollow > filled
    surface-distance --no-fill hollow > open
    atmost "$(values filled distance | tail -1)" -18
    near "$(values open distance | tail -1)" 9.4 1.5
    surface-distance -c depth hollow | sed 's/depth/distance/g' > renamed
    diff <(values renamed distance) <(values filled distance)
    crystal -s fcc -a 4 -S R9 > a
    crystal -s fcc -a 4 -S R6 | awk 'NR > 2 { $2 += 40 } { print }' > b
    { echo $(($(head -1 a) + $(head -1 b))); sed -n 2p a; tail -n +3 -q a b; } > ab
    surface-distance ab > all
    surface-distance --regions largest ab > one
    [ "$(atoms-select -c 'distance > 0' all)" -eq 0 ]
    [ "$(atoms-select -c 'distance > 20' one)" -eq "$(head -1 b)" ]
}

@test "surface-distance: neither order nor rotation matters; frames are alone" {
    crystal -s fcc -a 5.092 -S R14 | particle -J 0.16 > a
    particle -r 37,53,-71 a | surface-distance > r
    { head -2 a; tail -n +3 a | tac; } | surface-distance > t
    surface-distance a > d
    for f in r t; do
        values $f distance > got
        [ $f = r ] || { tac got > x; mv x got; }
        paste got <(values d distance) | awk '{ d = $1 - $2; if (d * d > 1e-14) bad++ } END { exit bad }'
    done
    { cat a; printf '0\nProperties=species:S:1:pos:R:3\n'; cat a; } | surface-distance > three
    [ "$(grep -c distance:R:1 three)" -eq 3 ]
    diff <(tail -n "$(head -1 a)" three) <(tail -n +3 d)
}

@test "surface-distance: selections that are empty, or make no region" {
    crystal -s fcc -a 4 -S R9 > a
    run --separate-stderr -1 surface-distance --from 'x > 100' a
    oneline
    [ -z "$output" ]
    [ "$stderr" = "surface-distance: --from 'x > 100': no atom is selected, so there is no surface" ]
    run -2 surface-distance --from 'phase == "core"' a
    [[ "$output" == *"no column 'phase'"* ]]
    run -1 surface-distance --from 'near(0,0,0,2.9)' --alpha 1 a
    [[ "$output" == *"the region is empty: no circumradius is at most 1 angstrom"* ]]
    run -1 surface-distance --from 'row < 2' a
    [[ "$output" == *"2 atoms; a triangulation needs at least 5"* ]]
    run -1 surface-distance --from 'z > -0.1 && z < 0.1' a
    [[ "$output" == *"in one plane"* ]]
    { echo $(($(head -1 a) + 1)); sed -n 2p a; tail -n +3 a; tail -1 a; } > twin
    run -1 surface-distance twin
    [[ "$output" == *"lie closer than 0.01 angstrom"* ]]
    { echo $(($(head -1 a) + 1)); sed -n 2p a; tail -n +3 a; echo 'Zr 4000 300 100'; } > far
    surface-distance far > d
    near "$(values d distance | tail -1)" 4003 9
}

@test "surface-distance: without a cavity, --no-fill, which takes all atoms, changes nothing" {
    crystal --structure fcc --a 4.2 --size R28 | particle --jitter 0.1 >ball.xyz
    surface-distance ball.xyz >some.xyz
    surface-distance --no-fill ball.xyz >all.xyz
    paste <(values some.xyz distance) <(values all.xyz distance) | awk '
        { d = $1 - $2; if (d < 0) d = -d; if (d > 1e-9) { print; bad = 1 } on += $1 == 0 }
        END { exit bad || NR < 4000 || on < 500 }'
}
