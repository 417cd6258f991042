load helpers

@test "bonds: fcc has 6 bonds an atom, of one length" {
    crystal --structure fcc --a 5.092 --cells 4,4,4 > f.xyz
    bonds f.xyz > t
    [ "$(column t bonds)" = 1536 ]
    near "$(column t mean)" 3.600587730 1e-9
    near "$(column t std)" 0 1e-9
    near "$(column t shortest)" 3.600587730 1e-9
    near "$(column t longest)" 3.600587730 1e-9
    bonds --cutoff 5.2 f.xyz > t
    [ "$(column t bonds)" = $((256 * 9)) ]
    near "$(column t mean)" "$(awk 'BEGIN { print (12 * 5.092 / sqrt(2) + 6 * 5.092) / 18 }')" 1e-5
    # strictly shorter: the cutoff itself is none
    printf '2\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 3.25 0 0\n' > two.xyz
    [ "$(bonds --cutoff 3.25 two.xyz | cut -f 2 | tail -n 1)" = 0 ]
    [ "$(bonds --cutoff 3.2501 two.xyz | cut -f 2 | tail -n 1)" = 1 ]
}

@test "bonds: jitter shifts the mean by 2 s^2 / d, not the mode" {
    crystal --structure fcc --a 5.092 --size R25 | particle --jitter 0.16 > j.xyz
    bonds j.xyz > t
    near "$(column t mean)" 3.6148 0.005 # 10600 bonds of std 0.229: 0.0022
    near "$(column t mode)" 3.614 0.02
    near "$(column t std)" 0.226 0.01 # sqrt(2) 0.16
    near "$(column t shortest)" 2.68 0.2
}

@test "bonds: the statistics are those of the list, and of the histogram" {
    bonds --by phase "$data/atoms.xyz" > t
    bonds --by phase --write list "$data/atoms.xyz" > l
    awk -F'\t' 'NR > 1 { a = $4 "-" $5; b = $5 "-" $4; n[a]++; s[a] += $3; q[a] += $3 * $3; if (a != b) { n[b]++; s[b] += $3; q[b] += $3 * $3 } }
        END { for (p in n) printf "%s\t%d\t%.9f\t%.9f\n", p, n[p], s[p] / n[p], (n[p] > 1 ? sqrt((q[p] - s[p] ^ 2 / n[p]) / (n[p] - 1)) : -1) }' l > sums
    rows=0
    while IFS=$'\t' read -r pair n mean std _; do
        IFS=$'\t' read -r _ n2 mean2 std2 < <(awk -F'\t' -v p="$pair" '$1 == p' sums)
        [ "$n" = "$n2" ]
        near "$mean" "$mean2" 1e-8
        [ "$n" -eq 1 ] || near "$std" "$std2" 1e-6
        rows=$((rows + 1))
    done < <(tail -n +2 t)
    [ "$rows" -ge 3 ]
    [ "$(awk -F'\t' 'NR > 1 { s += $2 } END { print s }' t)" -eq "$(($(wc -l < l) - 1))" ]
    awk -F'\t' 'NR > 1 && $1 >= $2 { bad = 1 } END { exit bad }' l
    bonds --by phase --write histogram "$data/atoms.xyz" > h
    [ "$(awk -F'\t' 'NR > 1 { for (i = 2; i <= NF; i++) s += $i } END { print s }' h)" -eq "$(($(wc -l < l) - 1))" ]
    bonds --by phase --between core,a-oxide --write list "$data/atoms.xyz" > b
    [ "$(tail -n +2 b)" = "$(awk -F'\t' 'NR > 1 && ($4 == "core" && $5 == "a-oxide" || $5 == "core" && $4 == "a-oxide")' l)" ]
    bonds --by phase --between core,core "$data/atoms.xyz" > c
    [ "$(tail -n +2 c)" = "$(grep '^core-core' t)" ]
}

@test "bonds: the mean, shortest and longest of each atom" {
    printf '4\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 3 0 0\nZr 0 4 0\nZr 20 0 0\n' > q.xyz
    bonds --write atoms q.xyz > a.xyz
    [ "$(values a.xyz bond_n | tr '\n' ' ')" = "2 1 1 0 " ]
    [ "$(values a.xyz bond_mean | tr '\n' ' ')" = "3.5 3 4 nan " ]
    [ "$(values a.xyz bond_min | tr '\n' ' ')" = "3 3 4 nan " ]
    [ "$(values a.xyz bond_max | tr '\n' ' ')" = "4 3 4 nan " ]
}

@test "bonds: faces of Voronoi cells" {
    # bcc: 8 nearest (hexagons) and 6 next (squares) share faces; fcc: 12; the 6 next of fcc touch in a point
    crystal --structure bcc --a 3.6 --cells 4,4,4 > b.xyz
    [ "$(bonds --topological --cutoff 5.5 b.xyz | cut -f 2 | tail -n 1)" = $((128 * 7)) ]
    [ "$(bonds --topological --cutoff 3.3 b.xyz | cut -f 2 | tail -n 1)" = $((128 * 4)) ]
    crystal --structure fcc --a 5.092 --cells 3,3,3 > f.xyz
    [ "$(bonds --topological --cutoff 5.5 f.xyz | cut -f 2 | tail -n 1)" = $((108 * 6)) ]
    # the square's share of the truncated octahedron: 1 / (1 + 2 sqrt(3)) of 6 in all, 0.0373
    [ "$(bonds --topological --cutoff 5.5 --face-area 0.04 b.xyz | cut -f 2 | tail -n 1)" = $((128 * 4)) ]
}

@test "bonds: open and periodic faces, O left out" {
    crystal --structure c-zro2 --cells 3,3,3 > z.xyz
    [ "$(bonds z.xyz | cut -f 2 | tail -n 1)" = $((108 * 6)) ]
    atmost "$(bonds --open z.xyz | cut -f 2 | tail -n 1)" $((108 * 6 - 100))
    bonds --species Zr,O --by species --cutoff 2.4 z.xyz > t
    [ "$(awk -F'\t' 'NR > 1 { print $1, $2 }' t)" = "Zr-O 864" ]
    near "$(column t mean)" "$(awk 'BEGIN { printf "%.9f", 5.092 * sqrt(3) / 4 }')" 1e-6
}

@test "bonds: what is refused" {
    head='Properties=species:S:1:pos:R:3'
    printf '3\n%s\nZr 1 2 3\nZr 4 2 3\nZr 1 2 3.001\n' "$head" > twice.xyz
    run -1 bonds twice.xyz
    [[ "$output" == *"atoms 0 and 2"* ]]
    run -1 bonds --select 'x > 100' twice.xyz
    [[ "$output" == *"no atoms are selected"* ]]
    run -1 bonds --by phase --between core,metal "$data/atoms.xyz"
    [[ "$output" == *"no atom has phase 'metal'"* ]]
    run -1 bonds --by phse "$data/atoms.xyz"
    [[ "$output" == *"no column 'phse'"* ]]
    run -2 bonds --between core,core "$data/atoms.xyz"
    run -2 bonds --by phase --between core "$data/atoms.xyz"
    printf '2\n%s\nZr 0 0 0\nZr 9 0 0\n' "$head" > apart.xyz
    [ "$(bonds apart.xyz | tail -n 1)" = "$(printf 'all\t0\tnan\tnan\tnan\tnan\tnan')" ]
    run -1 bonds --topological apart.xyz
    awk -v h="$head" 'BEGIN { print "25\n" h; for (i = 0; i < 25; i++) print "Zr", 3 * (i % 5), 3 * int(i / 5), 7 }' > plane.xyz
    [ "$(bonds --cutoff 3.5 plane.xyz | cut -f 2 | tail -n 1)" = 40 ]
    run -1 bonds --topological plane.xyz
    [[ "$output" == *"plane"* ]]
}
