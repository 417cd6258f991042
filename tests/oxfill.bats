load helpers

# degree, sites, filled sites of the atoms at least 10 angstrom from the surface of a ball of radius 30
bulk() { # bulk LATTICE_CONSTANT JITTER
    crystal -s fcc --a "$1" -S R30 | particle -J "$2" | oxfill > ball.xyz
    atoms-select 'sqrt(x*x+y*y+z*z) < 20' ball.xyz > inner.xyz
    for c in oxidation ntet nox; do atoms-hist -c $c --by species inner.xyz | column /dev/stdin mean; done | xargs
}

@test "oxfill: bulk of oxide and metal, displaced atoms: the table of degrees" {
    while read -r a s degree ntet nox; do
        read -r d t o <<< "$(bulk "$a" "$s")"
        near "$d" "$degree" 0.02
        near "$t" "$ntet" "$(awk "BEGIN { print 0.04 * $ntet * ($s > 0) + 1e-9 }")"
        near "$o" "$nox" "$(awk "BEGIN { print 0.1 * (1 + $nox) * ($s > 0) }")"
    done <<< "5.092 0 1 8 8
5.092 0.05 0.995 8.04 8.00
5.092 0.10 0.977 8.36 8.17
5.092 0.16 0.915 10.89 9.98
4.666 0 0 8 0
4.666 0.10 0.093 8.64 0.84
4.666 0.16 0.227 11.47 2.69
4.525 0.16 0.079 12.0 0.99"
}

@test "oxfill: the oxygen of cubic ZrO2 comes back where it was" {
    crystal -s c-zro2 -S R16 > full.xyz
    atoms-select 'species == "Zr"' full.xyz | oxfill --add > filled.xyz
    atoms-select 'species == "O"' filled.xyz > o.xyz
    n=$(head -n 1 o.xyz)
    [ "$n" -gt 500 ]
    atoms-select 'species == "O"' full.xyz > truth.xyz
    atoms-compare -q o.xyz truth.xyz > table
    [ "$(column table value | sed -n 3p)" -gt $((n * 95 / 100)) ]
    near "$(awk '$1 == "rmsd" { print $2 }' table)" 0 1e-3
    # each place of the lattice that has its four Zr: at (1/4, 1/4, 1/4) of cells
    awk 'NR > 2 { for (k = 2; k < 5; k++) { f = ($k / 5.092 - 0.25) * 2; d = f - sprintf("%.0f", f); if (d * d > 1e-10) exit 1 } }' o.xyz
    [ "$(values filled.xyz ntet | tail -n 1)" -eq -1 ]
    [ "$(values filled.xyz oxidation | tail -n 1)" = nan ]
}

@test "oxfill: places in a regular tetrahedron and in another" {
    printf '5\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 3.6 0 0\nZr 0 3.6 0\nZr 0 0 3.6\nZr -3 -3 -3\n' > corner.xyz
    at() { oxfill --add -d 1 --site "$1" corner.xyz | atoms-select 'species == "O" && x > 0 && y > 0 && z > 0' > o; values o pos 0; }
    near "$(at centroid)" 0.9 1e-9
    # radius of the inscribed sphere: a / (3 + sqrt 3)
    near "$(at incentre)" "$(awk 'BEGIN { print 3.6 / (3 + sqrt(3)) }')" 1e-5
    near "$(at circumcentre)" 0.9 1e-9      # 1.8 each lies outside: the centroid
    crystal -s fcc --a 5.092 -S R9 | oxfill --add --site circumcentre > a
    crystal -s fcc --a 5.092 -S R9 | oxfill --add > b
    paste <(values a pos 0) <(values b pos 0) | awk '($1 - $2)^2 > 1e-8 { exit 1 }'
}

@test "oxfill: sites around a vacancy hold nothing" {
    crystal -s fcc --a 5.092 -S R16 | particle --pore 0,0,0,0.1 > v.xyz
    oxfill --add v.xyz | atoms-select 'species == "O" && sqrt(x*x+y*y+z*z) < 2.5' > o
    [ "$(head -n 1 o)" -eq 0 ]
    oxfill --add -r 4 v.xyz | atoms-select 'species == "O" && sqrt(x*x+y*y+z*z) < 2.5' > o
    [ "$(head -n 1 o)" -gt 0 ]
    # the 12 neighbours keep 6 of their 8 tetrahedra
    oxfill v.xyz | atoms-select 'sqrt(x*x+y*y+z*z) < 4' > ring
    [ "$(head -n 1 ring)" -eq 12 ]
    [ "$(values ring nox | sort -u)" = 6 ]
}

@test "oxfill: thresholds, denominator, atoms without a site" {
    crystal -s fcc --a 5.092 -S R14 > a.xyz
    centre() { oxfill "$@" a.xyz | atoms-select 'sqrt(x*x+y*y+z*z) < 0.1'; }
    centre -m 5.49 > c
    [ "$(values c oxidation)" = 1 ]
    centre -m 5.51 > c      # a^3 / 24 = 5.501
    [ "$(values c oxidation)" = 0 ]
    centre -e 3.61 > c
    [ "$(values c ntet)" = 8 ]
    centre -e 3.59 > c      # a / sqrt 2 = 3.6006
    [ "$(values c ntet)" = 0 ]
    [ "$(values c oxidation)" = nan ]
    centre -e 3.59 --nan0 > c
    [ "$(values c oxidation)" = 0 ]
    centre -d 0.325 > c     # quarters of octahedra, 0.32289, come in
    [ "$(values c ntet)" -gt 8 ]
    [ "$(values c oxidation)" = 1 ]
    centre -d 0.325 --denominator 8 > c
    [ "$(values c oxidation)" = 1 ]
    centre -d 0.32 > c
    [ "$(values c ntet)" = 8 ]
    oxfill --denominator 8 a.xyz > o
    paste <(values o oxidation) <(values o nox) <(values o ntet) | awk '$3 > 0 && ($1 - $2 / 8)^2 > 1e-12 { exit 1 }'
}

@test "oxfill: report and sweep say what the columns say" {
    phantom -q --diameter 30 --disorder 0.4 --porosity 0.12 > p.xyz
    oxfill --add --report r p.xyz > o.xyz
    atoms-select 'species == "Zr"' o.xyz > zr.xyz
    near "$(column r degree | head -n 1)" "$(values zr.xyz oxidation | awk '$1 != "nan" { s += $1; n++ } END { print s / n }')" 1e-5
    near "$(column r o_per_cation | head -n 1)" "$(awk "BEGIN { print $(values o.xyz species | grep -c O) / $(values o.xyz species | grep -c Zr) }")" 1e-5
    awk -F'\t' '/^#/ { next } $2 == "all" { n = $3; x = $7 * n; next } { m += $3; y += $7 * $3 } END { exit !(n == m && (x - y)^2 < 1e-4 * x) }' r
    oxfill --sweep p.xyz > s
    [ "$(column s degree | wc -l)" -eq 60 ]
    awk -F'\t' '$1 == 0.255 && $2 == 4.68 && $3 == 0 { print $4 }' s > at
    near "$(cat at)" "$(column r degree | head -n 1)" 1e-5
    # more volume needed, less oxygen; more distortion let in, more sites
    awk -F'\t' '/^#/ { next } $1 == d && $3 == e && $7 > nox { exit 1 } { d = $1; e = $3; nox = $7 }' s
    [ "$(awk -F'\t' '$2 == 4.68 && $3 == 0 { print $6 }' s | sort -c -g && echo sorted)" = sorted ]
    run -1 bash -o pipefail -c "cat p.xyz p.xyz | oxfill --sweep > two"
    run -2 oxfill --sweep --add p.xyz
}

@test "oxfill: the band of --error" {
    crystal -s fcc --a 4.666 -S R14 > a.xyz
    oxfill --error 0.16 --draws 40 a.xyz | atoms-select 'sqrt(x*x+y*y+z*z) < 7' > e
    [ "$(values e oxidation | sort -u)" = 0 ]
    # mean 0.227, std 0.145 of such a displaced crystal
    mean() { values e "$1" | awk '{ s += $1 } END { print s / NR }'; }
    near "$(mean oxidation_lo)" 0.08 0.04
    near "$(mean oxidation_hi)" 0.37 0.06
    oxfill --error 0.16 --draws 40 a.xyz | cmp - <(oxfill -j 1 --error 0.16 --draws 40 a.xyz)
    run -1 cmp -s <(oxfill --error 0.16 --no-history a.xyz) <(oxfill --seed 2 --error 0.16 --no-history a.xyz)
    oxfill --error 1e-4 a.xyz | atoms-select 'sqrt(x*x+y*y+z*z) < 7' > e
    near "$(mean oxidation_hi)" 0 1e-12
}

@test "oxfill: the ideal interface of metal and oxide has 4 of 8 sites" {
    # (111) of the metal and (002) of the oxide lie across z, [110] along x;
    # the wedge of 70.529 - 54.736 degrees between metal (11-1) and oxide
    # (111) is closed by bending; in that plane both get bonds of 3.45
    n=0,0.81649658,0.57735027
    flat() { awk -v e="$1" 'BEGIN { printf "%.9g,%.9g,%.9g,%.9g,0,0", e, e / 3, 2 * e / 3, -sqrt(2) / 3 * e }'; }
    crystal -s fcc-zr -S 90 --orient zone=1,1,1/1,-1,0 | particle -c slab=0,0,1,1,45 |
        particle --bend 15.7931726,0.5 > turned.xyz
    # the wedge is closed: layers 2.694 apart along the oxide's (111)
    awk 'NR > 2 { d = ($3 * 0.81649658 + $4 * 0.57735027) / (4.666 / sqrt(3)); d -= sprintf("%.0f", d); if (d * d > 1e-9) exit 1 }' turned.xyz
    particle --strain "$(flat "$(awk 'BEGIN { print 3.45 / (4.666 / sqrt(2)) - 1 }')")" turned.xyz |
        particle -c slab=$n,1,12 > metal.xyz
    crystal -s c-zro2 -S 70 --orient zone=0,0,1/1,1,0 | atoms-select 'species == "Zr"' |
        particle --strain "$(flat "$(awk 'BEGIN { print 3.45 / (5.092 / sqrt(2)) - 1 }')")" |
        particle -c slab=$n,-13,0.5 > oxide.xyz
    particle --join metal.xyz oxide.xyz | oxfill > joined.xyz
    part() { # atoms well inside the metal, between these layers
        atoms-select "abs(x) < 12 && sqrt(x*x + (y+14.4)*(y+14.4) + (z-20.4)*(z-20.4)) < 12 && plane(0,0.81649658,0.57735027,$1,$2)" joined.xyz
    }
    part 4 9 > m
    part -9 -1 > o
    part -1 1 > i
    [ "$(head -n 1 m)" -gt 20 ]
    [ "$(head -n 1 o)" -gt 20 ]
    [ "$(head -n 1 i)" -gt 10 ]
    [ "$(values m nox | sort -u)" = 0 ]
    [ "$(values o nox | sort -u)" = 8 ]
    [ "$(values i nox | sort -u)" = 4 ]
    [ "$(values i ntet | sort -u)" = 8 ]
}

@test "oxfill: other species" {
    crystal -s c-zro2 -S R10 | particle --swap Zr,Hf,0.5 > a.xyz
    oxfill -c Zr,Hf --add a.xyz > b 2> err
    grep -q 'O atoms of the input' err
    oxfill -c Zr --species all --report r a.xyz > c
    [ "$(column r n | head -n 1)" -eq "$(values a.xyz species | grep -c Zr)" ]
    paste <(values c species) <(values c nox) | awk '($1 != "Zr") != ($2 == -1) { exit 1 }'
    paste <(values b nox) <(values c nox) | awk '$2 >= 0 && $1 != $2 { exit 1 }'
    run -1 oxfill -c Ti a.xyz
    [[ "$output" == *"no atom is of 'Ti'"* ]]
}

@test "oxfill: bad atoms are one line and exit 1, none pass" {
    head='Properties=species:S:1:pos:R:3'
    printf '6\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 3 3 0\nZr 6 0 0\nZr 6 3 0\n' "$head" > plane
    printf '6\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\nZr 1e9 3 0\n' "$head" > far
    printf '5\n%s\nZr 0 0 0\nZr nan 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\n' "$head" > nan
    printf '5\n%s\nZr 0 0 0\nZr inf 0 0\nZr 0 3 0\nZr 0 0 3\nZr 3 3 3\n' "$head" > inf
    printf '9\n%s\nZr 0 0 0\nZr 3 0 0\n' "$head" > cut
    printf '4\n%s\nZr 0 0 0\nZr 3 0 0\nZr 0 3 0\nZr 0 0 3\n' "$head" > four
    for bad in plane far nan inf cut four; do
        run -1 --separate-stderr oxfill $bad
        oneline
        [ -z "$output" ]
    done
    printf '0\n%s\n' "$head" | oxfill | head -n 1 | grep -qx 0
}
