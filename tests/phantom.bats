load helpers

param() { awk -F'\t' -v name="$2" '$1 == name { print $2 }' "$1-params.tsv"; }

@test "phantom: five seeds of 40 angstrom have the statistics asked for" {
    for seed in 1 2 3 4 5; do
        phantom -d 40 --seed $seed -T t > atoms
        atleast "$(param t disordered)" 0.28
        atmost "$(param t disordered)" 0.36
        atleast "$(param t porosity)" 0.14
        atmost "$(param t porosity)" 0.20
        atleast "$(param t o_per_zr)" 0.9
        atmost "$(param t o_per_zr)" 1.4
        atleast "$(param t vacancies)" 1
        atleast "$(param t nano_pores)" 1
        [ "$(values atoms grain | sort -u | tr '\n' ' ')" = "-1 0 1 2 3 " ]
        [ "$(values atoms phase | sort -u | tr '\n' ' ')" = "a-oxide c-oxide core " ]
    done
}

@test "phantom: no two Zr nearer than dmin, no two O nearer than 2, by brute force" {
    phantom -d 30 -O --dmin 2.7 > atoms
    awk 'NR > 2 { n++; s[n] = $1; x[n] = $2; y[n] = $3; z[n] = $4
            for (i = 1; i < n; i++) if (s[i] == s[n]) {
                d = (x[i]-x[n])^2 + (y[i]-y[n])^2 + (z[i]-z[n])^2
                if (d < (s[n] == "O" ? 4 : 7.29)) exit 1 } }' atoms
    [ "$(values atoms species | grep -c O)" -gt 100 ]
}

@test "phantom: --core none has no core, --with-oxygen appends --truth's oxygen" {
    phantom -d 30 --core none -O -T t > atoms
    run -1 grep -c core <(values atoms phase)
    o=$(param t o_atoms)
    [ "$(head -n 1 t-oxygen.xyz)" -eq "$o" ]
    cmp <(tail -n "$o" atoms) <(tail -n "$o" t-oxygen.xyz)
    [ "$(head -n 1 atoms)" -eq $((o + $(param t zr_atoms))) ]
}

@test "phantom: the truth lists planted voids, largest pore first" {
    phantom -d 40 -T t > atoms
    [ "$(column t-voids.tsv kind | head -n 1)" = large-pore ]
    [ "$(column t-voids.tsv kind | grep -c vacancy)" -ge 4 ]
    atleast "$(column t-voids.tsv volume | head -n 1)" 125
    # a planted vacancy of known group has the volume of one or two atoms and more
    awk -F'\t' '$1 == "vacancy1" && $6 != "nan" { n++; if ($6 < 20 || $5 != 1) exit 1 } END { exit !n }' t-voids.tsv
}

@test "phantom: same seed, same bytes for any number of threads; another seed, another particle" {
    phantom -d 30 -O -j 1 --seed 3 > a
    phantom -d 30 -O -j 3 --seed 3 > b
    cmp a b
    phantom -d 30 -O --seed 4 > c
    run -1 cmp -s a c
}

@test "phantom: the core's diameter, and sizes that cannot be" {
    phantom -d 50 > atoms
    # facets at 0.38 R +- 10 %: the farthest corner lies within 2 x 0.38 R
    awk 'NR > 2 && $5 == "core" { n++; x += $2; y += $3; z += $4; X[n] = $2; Y[n] = $3; Z[n] = $4 }
        END { for (i = 1; i <= n; i++) { r = sqrt((X[i]-x/n)^2 + (Y[i]-y/n)^2 + (Z[i]-z/n)^2); if (r > m) m = r }
            exit !(m > 0.38 * 25 * 0.8 && m < 0.38 * 25 * 2) }' atoms
    run -2 phantom -d 24
    [[ "$output" == *"25"* ]]
}

@test "phantom: a share that cannot be met is warned of" {
    run --separate-stderr phantom -d 25 --disorder 0.8 -o atoms
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"disordered share"*"instead of 0.8"* ]]
    oneline
    run --separate-stderr phantom -d 30 -o atoms
    [ -z "$stderr" ]
}
