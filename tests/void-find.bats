load helpers

ball() { crystal -s fcc --a 5.092 -S R"$1"; }
# the voids that do not touch the outside
inner() { awk -F'\t' '/^#/ || $8 == 0' "$1"; }
summed() { # summed FILE CLASS COLUMN, phase all
    awk -F'\t' -v c="$2" -v want="$3" '/^#/ { sub(/^#/, ""); for (i = 1; i <= NF; i++) { sub(/ \(.*/, "", $i); if ($i == want) k = i }; next }
        $1 == c && $2 == "all" { print $k }' "$1"
}

@test "void-find: a vacancy has 5 a^3 / 6, 12 atoms, and one is missing" {
    ball 30 > whole.xyz
    particle --pore 0,0,0,0.1 whole.xyz > ball.xyz
    void-find whole.xyz > whole
    void-find ball.xyz > voids
    [ "$(wc -l < voids)" -eq $(($(wc -l < whole) + 1)) ]
    inner voids > v
    [ "$(wc -l < v)" -eq 2 ]
    [ "$(column v class)" = vacancy ]
    near "$(column v volume)" "$(awk 'BEGIN { print 5 * 5.092^3 / 6 }')" 0.05
    # a cuboctahedron of edge d = a / sqrt 2: area (6 + 2 sqrt 3) d^2
    near "$(column v area)" "$(awk 'BEGIN { print (6 + 2 * sqrt(3)) * 5.092^2 / 2 }')" 0.01
    near "$(column v rmax)" "$(awk 'BEGIN { print 5.092 / sqrt(2) }')" 0.001
    [ "$(column v atoms)" -eq 12 ]
    near "$(column v missing)" 1 0.05
    for x in x y z; do near "$(column v $x)" 0 1e-4; done
    # second moment of a cuboctahedron: equal half axes
    near "$(column v a)" "$(column v c)" 1e-3
}

@test "void-find: cavities, with and without filling" {
    ball 30 > ball.xyz
    for want in "6 1210 19" "8 2971 55" "10 6513 135"; do
        read -r r volume atoms <<< "$want"
        particle --pore 0,0,0,"$r" ball.xyz > hollow.xyz
        void-find hollow.xyz > voids
        inner voids > v
        [ "$(wc -l < v)" -eq 2 ]
        near "$(column v volume)" "$volume" 1
        near "$(column v missing)" "$atoms" 0.3
        [ "$(column v openings)" -eq 0 ]
    done
    void-find --no-fill hollow.xyz > voids
    awk -F'\t' '!/^#/ && $4 > 100 { exit 1 }' voids
}

@test "void-find: false vacancies of a perfect ball, literal, dropped, corrected" {
    for want in "20 24 0.065" "30 48 0.052" "40 96 0.041"; do
        read -r r n porosity <<< "$want"
        ball "$r" | void-find -s sum > v
        near "$(summed sum counted count)" "$n" "$(awk -v n="$n" 'BEGIN { print n / 10 }')"
        near "$(summed sum all porosity)" "$porosity" 0.003
        [ "$(summed sum all count_drop)" -eq 0 ]
        near "$(summed sum all porosity_corrected)" 0 0.0025
        # every atom its own volume: the corrected region is that of the atoms
        near "$(summed sum region volume_corrected)" "$(awk -v n="$(summed sum region count)" 'BEGIN { print n * 5.092^3 / 4 }')" \
            "$(awk -v n="$(summed sum region count)" 'BEGIN { print n * 5.092^3 / 400 }')"
    done
    ball 20 | void-find --surface drop > v
    [ "$(wc -l < v)" -eq 1 ]
}

@test "void-find: sums agree, by class and by phase" {
    phantom -q --diameter 30 --core none --disorder 0.4 --porosity 0.12 > p.xyz
    void-find --minor -c 10,100,4500 -s sum p.xyz > v
    near "$(column v volume | awk '{ s += $1 } END { print s }')" "$(summed sum all volume)" 0.02
    near "$(summed sum all porosity)" "$(awk "BEGIN { print $(summed sum all volume) / $(summed sum region volume) }")" 1e-5
    awk -F'\t' '!/^#/ && $1 != "region" && $1 != "all" && $1 != "counted" { s[$1, $2 == "all"] += $4; n[$1, $2 == "all"] += $3; c[$1] }
        $1 == "counted" { want = $3 } $2 == "all" && $1 ~ /vacancy|nano-pore|^pore/ { got += $3 }
        END { if (got != want || !got) exit 1; for (k in c) if (n[k, 0] != n[k, 1] || (s[k, 0] - s[k, 1])^2 > 1e-4) exit 1 }' sum
    # atoms of the phases sum up, and the phase has its 80 %
    awk -F'\t' '/^#/ { for (i = 1; i <= NF; i++) { if ($i ~ /^n_/) name[i] = substr($i, 3); if ($i == "atoms") at = i }; next }
        { s = 0; p = "between"; for (i in name) { s += $i; if ($i >= 0.8 * $at) p = name[i] }; if (s != $at || p != $3) exit 1 }' v
    void-find --purity 0.5 p.xyz | awk -F'\t' '$3 == "between" { n++ } END { print n + 0 }' > half
    void-find --purity 1 p.xyz | awk -F'\t' '$3 == "between" { n++ } END { print n + 0 }' > full
    [ "$(cat half)" -lt "$(cat full)" ]
}

@test "void-find: volumes do not follow the order or the direction of the atoms" {
    ball 20 | particle -n 20 -J 0.1 > a.xyz
    void-find a.xyz > a
    { head -n 2 a.xyz; tail -n +3 a.xyz | tac; } | particle --rotate 31,47,-13 | void-find > b
    [ "$(wc -l < a)" -gt 10 ]
    paste <(column a volume) <(column b volume) | awk '($1 - $2)^2 > 1e-4 { exit 1 }'
    paste <(column a length) <(column b length) | awk '($1 - $2)^2 > 1e-4 { exit 1 }'
    paste <(column a missing) <(column b missing) | awk '($1 - $2)^2 > 1e-5 { exit 1 }'
}

@test "void-find: shape and openings of a tunnel and a dent" {
    crystal -s fcc --a 5.092 -S 42 > block.xyz
    awk 'NR < 3 { if (NR == 2) print; next } $2^2 + $3^2 >= 36' block.xyz > body
    { wc -l < <(tail -n +2 body); cat body; } > tunnel.xyz
    void-find --alpha 8 tunnel.xyz > v
    head -n 2 v > tunnel
    [ "$(column tunnel openings)" -eq 2 ]
    near "$(column tunnel uz)" 1 1e-3
    near "$(column tunnel length)" 40.7 1
    near "$(column tunnel a)" "$(awk 'BEGIN { print 40.7 * sqrt(5. / 12) }')" 0.3
    atleast "$(column tunnel ratio)" 5
    awk 'NR < 3 { if (NR == 2) print; next } $2^2 + $3^2 >= 36 || $4 < 0' block.xyz > body
    { wc -l < <(tail -n +2 body); cat body; } > dent.xyz
    void-find --alpha 8 --surface drop dent.xyz > v       # drops the small ones alone
    [ "$(wc -l < v)" -eq 2 ]
    cp v dent
    [ "$(column dent class)" = nano-pore ]
    [ "$(column dent openings)" -eq 1 ]
    [ "$(column dent surface)" -eq 1 ]
    atmost "$(column dent contact)" "$(awk "BEGIN { print 0.6 * $(column tunnel contact) }")"
}

@test "void-find: classes, alpha and edges" {
    ball 24 | particle --remove 1000,1200,1400 > a.xyz
    void-find a.xyz > v
    n=$(wc -l < v)
    [ "$(void-find -c 45,100,4500 a.xyz | awk -F'\t' '$2 == "nano-pore" { n++ } END { print n }')" -eq \
        "$(awk -F'\t' '!/^#/ && $4 > 100 { n++ } END { print n }' v)" ]
    void-find --join edge a.xyz > e
    [ "$(wc -l < e)" -lt "$n" ]
    awk -F'\t' '!/^#/ && $8 != 0 { exit 1 }' e
    # in a dent as well, where the outside is not that of the hull
    ball 24 | particle --pore 0,0,21,12 | void-find --minor --join edge > e
    awk -F'\t' '!/^#/ && $8 != 0 { exit 1 }' e
    [ "$(void-find -r 2.2 -c 1,125,4500 a.xyz | wc -l)" -gt 1 ]
    # the sphere in a vacancy has a radius of a / sqrt 2 = 3.6006
    particle --pore 0,0,0,0.1 <(ball 16) > one.xyz
    [ "$(inner <(void-find -r 3.59 one.xyz) | wc -l)" -eq 2 ]
    [ "$(inner <(void-find -r 3.61 one.xyz) | wc -l)" -eq 1 ]
    inner <(void-find -c 45,109.5,4500 one.xyz) > v      # 110.02
    [ "$(column v class)" = nano-pore ]
    inner <(void-find -c 45,110.5,4500 one.xyz) > v
    [ "$(column v class)" = vacancy ]
    run -2 void-find -c 45,20,4500 a.xyz
    [[ "$output" == *"--classes"* ]]
    run -1 void-find --label nothing a.xyz
    [[ "$output" == *"no column 'nothing'"* ]]
    run -1 void-find --alpha 0.5 a.xyz
    [[ "$output" == *"are the coordinates in angstrom"* ]]
}

@test "void-find: vacancies of neighbours join, through faces or edges alone" {
    # two atoms in a row: 198.0 by faces (measured by another program)
    ball 24 > whole.xyz
    awk 'NR > 2 && $2^2 + $3^2 + $4^2 < 0.01 || ($2 - 2.546)^2 + ($3 - 2.546)^2 + $4^2 < 0.01 && NR > 2 { next } { print }' whole.xyz > body
    { tail -n +3 body | wc -l; tail -n +2 body; } > two.xyz
    void-find two.xyz > all
    inner all > v
    near "$(column v volume)" 198.0 0.1
    [ "$(column v class)" = nano-pore ]
    # a apart along x: two cuboctahedra with a square face between, no void shared; by hand 2 x 110.02
    awk 'NR > 2 && $2^2 + $3^2 + $4^2 < 0.01 || ($2 - 5.092)^2 + $3^2 + $4^2 < 0.01 && NR > 2 { next } { print }' whole.xyz > body
    { tail -n +3 body | wc -l; tail -n +2 body; } > apart.xyz
    void-find apart.xyz > all
    inner all > v
    [ "$(column v volume | awk '{ s += $1 } END { printf "%.1f", s }')" = 220.0 ]
    # third neighbours share an edge: its two atoms are marked with the first
    awk 'NR > 2 && $2^2 + $3^2 + $4^2 < 0.01 || ($2 - 5.092)^2 + ($3 - 2.546)^2 + ($4 - 2.546)^2 < 0.01 && NR > 2 { next } { print }' whole.xyz > body
    { tail -n +3 body | wc -l; tail -n +2 body; } > third.xyz
    void-find --surface drop --write atoms third.xyz > marked
    [ "$(values marked void | grep -c '^0$')" -eq 12 ]
    [ "$(values marked void | grep -c '^1$')" -eq 10 ]
}

@test "void-find: a mesh for each void listed, atoms are marked" {
    ball 20 | particle --pore 0,0,0,6 -n 5 > a.xyz
    void-find -m all.ply --mesh-each one --atoms b.xyz a.xyz > v
    [ "$(ls one-*.ply | wc -l)" -eq "$(column v id | wc -l)" ]
    near "$(values b.xyz void | grep -c '^0$')" "$(column v atoms | head -n 1)" 0
    [ "$(values b.xyz void | sort -g | tail -n 1)" -le "$(column v id | tail -n 1)" ]
    # closed surfaces of the volume and area of the table
    while IFS=$'\t' read -r id volume area; do
        mesh-smooth -n 0 -r r "one-$id.ply" >/dev/null
        near "$(column r volume | head -n 1)" "$volume" 1e-3
        near "$(column r area | head -n 1)" "$area" 1e-3
        [ "$(column r open_edges | head -n 1)" -eq 0 ]
    done < <(paste <(column v id) <(column v volume) <(column v area))
    mesh-smooth -n 0 -r r all.ply >/dev/null
    near "$(column r volume | head -n 1)" "$(column v volume | awk '{ s += $1 } END { print s }')" 0.01
    # another program
    command -v admesh >/dev/null || return 0
    stl one-0.ply >v.stl
    admesh v.stl >said
    grep -Eq 'Total disconnected facets *: *0 ' said
    near "$(sed -n 's/.*Volume *: *\([-0-9.]*\).*/\1/p' said)" "$(column v volume | head -n 1)" 0.1
}

@test "void-find: atoms and centres instead of the table" {
    phantom -q --diameter 30 --core none --disorder 0.4 --porosity 0.12 >p
    void-find --atoms a p >t
    void-find --write atoms p >b
    cmp <(tail -n +3 a) <(tail -n +3 b)
    void-find --write centres p | tail -n +3 >c
    n=$(wc -l <p)
    cmp <(head -$((n - 2)) c | awk '{ print $1, $2, $3, $4, $7 }') <(tail -n +3 b | awk '{ print $1, $2, $3, $4, $7 }')
    # id, class, phase, volume and place of the table
    tail -n +$((n - 1)) c | awk '{ printf "%d %s %s %.4f %.4f %.4f %.4f\n", $7, $8, $5, $9, $2, $3, $4 }' >x
    awk -F'\t' '!/^#/ { print $1, $2, $3, $4, $12, $13, $14 }' t | cmp - x
    [ "$(wc -l <x)" -gt 3 ]
    # phases that are numbers have no word for between
    void-find --label grain --write centres p | atoms-select --count 'species == "X" && phase == "-"' >k
    [ "$(cat k)" -gt 3 ]
}

@test "void-find: bad atoms are one line and exit 1" {
    head='Properties=species:S:1:pos:R:3'
    printf '6\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 3 3 0\nZr 6 0 0\nZr 6 3 0\n' "$head" > plane
    printf '6\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\nZr 1e9 3 0\n' "$head" > far
    printf '5\n%s\nZr 0 0 0\nZr nan 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\n' "$head" > nan
    printf '5\n%s\nZr 0 0 0\nZr inf 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\n' "$head" > inf
    printf '9\n%s\nZr 0 0 0\nZr 3 0 0\n' "$head" > cut
    printf '4\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 0 0 3\n' "$head" > four
    printf '0\n%s\n' "$head" > none
    printf '6\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\nZr 3 3 3.001\n' "$head" > twice
    for bad in plane far nan inf cut four none twice; do
        run -1 --separate-stderr void-find $bad
        oneline
        [ -z "$output" ]
    done
}

@test "void-find: --error, a vacancy between displaced atoms as measured over 60 seeds" {
    ball 20 | particle --pore 0,0,0,0.1 > ball.xyz
    while read -r sigma mean std; do
        void-find --error "$sigma" --draws 60 ball.xyz > voids
        inner voids > v
        near "$(column v volume)" 110.02 0.05
        near "$(column v volume_mean)" "$mean" "$(awk "BEGIN { print 0.5 * $std }")"
        near "$(column v volume_std)" "$std" "$(awk "BEGIN { print 0.15 * $std }")"
    done <<< "0.05 109.6 1.5
0.10 108.6 3.5
0.16 101.7 12.7"
    # the other columns stay; nothing random but the seed
    cut -f 1-28 voids | cmp - <(void-find ball.xyz)
    void-find -j 1 --error 0.16 --draws 60 ball.xyz | cmp - voids
    run -1 cmp -s voids <(void-find --seed 2 --error 0.16 --draws 60 ball.xyz)
    run -2 void-find --error 0.1 --draws 1 ball.xyz
    # a pore and a vacancy that share atoms keep their own volumes
    ball 26 | particle --pore 7.638,2.546,5.092,4 | particle --pore 0,0,0,0.1 > two.xyz
    void-find --surface drop --error 0.01 --draws 8 two.xyz > voids
    inner voids | awk -F'\t' '!/^#/ { n++; d = $(NF - 1) / $4 - 1; if (d * d > 1e-5) exit 1 } END { exit n != 2 }'
    # closer, a hair joins them: the vacancy is then as large as both
    ball 26 | particle --pore 7.638,2.546,0,4 | particle --pore 0,0,0,0.1 > two.xyz
    void-find --surface drop --error 0.01 --draws 20 two.xyz > voids
    inner voids | awk -F'\t' '$2 == "vacancy" { exit !($(NF - 1) > 300 && $NF > 200) }'
}
