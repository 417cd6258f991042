load helpers

# rows "value [value [group]]" from stdin as atoms with columns a, b, g
atoms() {
    awk '{ row[NR] = "Zr " NR " 0 0 " $1 " " ($2 == "" ? 0 : $2) " " ($3 == "" ? "-" : $3) }
        END { print NR; print "Properties=species:S:1:pos:R:3:a:R:1:b:R:1:g:S:1"; for (i = 1; i <= NR; i++) print row[i] }'
}

sum() { awk '{ s += $1 } END { print s }'; }

@test "atoms-hist: counts sum to n, shares and the integral of density to 1" {
    awk 'BEGIN { srand(3); for (i = 0; i < 777; i++) print rand() + rand() + rand() }' | atoms > u
    atoms-hist --column a u > h
    [ "$(column h count | sum)" -eq 777 ]
    near "$(column h share | sum)" 1 1e-5
    # IQR of the sum of 3 uniforms 0.68, 777^(1/3) = 9.19: 0.148, and 0.1414 parts 0.1 from 0.2
    w=$(column h value | awk 'NR == 1 { a = $1 } NR == 2 { print $1 - a }')
    near "$w" 0.2 1e-9
    near "$(column h density | sum)" 5 1e-3
}

@test "atoms-hist: edges belong to the bin above, the end of --range to the last" {
    printf '%s\n' 0.1 0.2 0.29 0.3 0.3 0.4 0.5 0.51 | atoms > e
    atoms-hist --column a --bin 0.1 --range 0.1,0.5 e > h
    [ "$(column h count | tr '\n' ' ')" = "1 2 2 2 " ]
    atoms-hist --column a --bin 0.1 e > h
    [ "$(column h count | tr '\n' ' ')" = "1 2 2 1 2 " ]
    near "$(column h value | head -n 1)" 0.15 1e-12
}

@test "atoms-hist: group table against closed forms" {
    printf '%s\n' '2 0 p' '7 0 q' '4 0 p' '4 0 p' '4 0 p' '5 0 p' 'nan 0 q' '5 0 p' '7 0 p' '9 0 p' | atoms > g
    run --separate-stderr -0 atoms-hist --column a --by g g
    [ "$stderr" = "atoms-hist: warning: 1 of 10 atoms skipped: their value is not defined" ]
    printf '%s\n' "$output" > t
    [ "$(column t group | tr '\n' ' ')" = "p q " ]
    [ "$(column t n | tr '\n' ' ')" = "8 1 " ]
    near "$(column t mean | head -n 1)" 5 0
    near "$(column t std | head -n 1)" 2.1380899352993952 1e-14
    near "$(column t sem | head -n 1)" 0.7559289460184544 1e-14
    near "$(column t median | head -n 1)" 4.5 0
    near "$(column t share | head -n 1)" 0.888889 1e-6
    [ "$(column t std | tail -n 1)" = nan ]
}

@test "atoms-hist: groups of a histogram add up" {
    atoms-hist --column rho --by phase --bin 0.002 "$data/atoms.xyz" > h
    awk -F'\t' 'NR > 1 && $2 != $5 + $6 + $7 { bad = 1 } END { exit bad }' h
    [ "$(head -n 1 h | cut -f 5-)" = "$(printf 'a-oxide\tcore\tc-oxide')" ]
    [ "$(column h core | sum)" -eq "$(grep -c ' core ' "$data/atoms.xyz")" ]
}

@test "atoms-hist: a line has r = 1, a cube rank correlation 1" {
    awk 'BEGIN { for (x = -7; x <= 9; x += 2) print x, 2 * x + 1 }' | atoms > l
    atoms-hist --x a --y b --corr l > t
    near "$(column t r)" 1 1e-15
    awk 'BEGIN { for (x = -7; x <= 9; x += 2) print x, x * x * x }' | atoms > c
    atoms-hist --x a --y b --corr c > t
    near "$(column t rho_s)" 1 1e-15
    near "$(column t r)" 0.9038078997281562 1e-12
    atoms-hist --x a --y -b --corr c > t
    near "$(column t rho_s)" -1 1e-15
}

@test "atoms-hist: ranks with ties against scipy.stats.spearmanr" {
    printf '%s\n' '1 5' '2 6' '2 7' '3 7' '4 7' '5 1' '5 2' '6 9' | atoms > t
    atoms-hist --x a --y b --corr t > r
    near "$(column r rho_s)" 0.08642633970683909 1e-14
    near "$(column r r)" -0.14782809899727065 1e-14
    tac t | awk '/Prop/ { h = $0; next } /^8$/ { next } { r[++n] = $0 } END { print n; print h; for (i = 1; i <= n; i++) print r[i] }' > back
    atoms-hist --x a --y b --corr back > r2
    near "$(column r2 rho_s)" "$(column r rho_s)" 1e-15
}

@test "atoms-hist: 2-D bins hold what awk counts" {
    atoms-hist --x boo --y rho --bin 0.25,0.01 "$data/atoms.xyz" > h
    [ "$(head -n 1 h)" = "$(printf '#boo\trho\tcount\tshare\tdensity')" ]
    want=$(awk 'NR > 2 && $7 >= 0.75 && $8 >= 0.04' "$data/atoms.xyz" | wc -l)
    [ "$(awk '$1 > 0.75 && $2 > 0.04 { print $3 }' h)" -eq "$want" ]
    [ "$(column h count | sum)" -eq 32 ]
    near "$(awk 'NR > 1 { s += $5 * 0.25 * 0.01 } END { print s }' h)" 1 1e-4
}

@test "atoms-hist: whole numbers and a constant have bins of their own" {
    printf '%s\n' 1 2 2 3 3 3 12 | atoms > w
    atoms-hist --column a w > h
    [ "$(awk '$1 == 3 { print $2 }' h)" -eq 3 ]
    printf '%s\n' 0.35 0.35 0.35 | atoms > c
    atoms-hist --column a c > h
    [ "$(tail -n +2 h)" = "$(printf '0.35\t3\t1\t1')" ]
    run --separate-stderr -0 atoms-hist --x a --y x --corr c
    [[ "$stderr" == *"no correlation of 3 pairs"* ]]
    [[ "$output" == *"$(printf 'all\t3\tnan\tnan')" ]]
}

@test "atoms-hist: components, expressions, selections" {
    atoms-hist --column 'pos[2] - z' "$data/atoms.xyz" > h
    [ "$(tail -n +2 h)" = "$(printf '0\t32\t1\t1')" ]
    atoms-hist --column rho --by phase --select 'phase != "core"' "$data/atoms.xyz" > h
    [ "$(column h n | sum)" -eq "$(awk 'NR > 2 && $6 != "core"' "$data/atoms.xyz" | wc -l)" ]
}

@test "atoms-hist: what is refused" {
    run -2 atoms-hist "$data/atoms.xyz"
    [[ "$output" == *"want --column, or --x and --y"* ]]
    run -2 atoms-hist --column rhoo "$data/atoms.xyz"
    [[ "$output" == *"no column 'rhoo'; the file has species pos"* ]]
    run -1 atoms-hist --column rho --by rho "$data/atoms.xyz"
    [[ "$output" == *"--by rho: want a column of text or whole numbers"* ]]
    run -2 atoms-hist --column rho --bin 1e-12 "$data/atoms.xyz"
    [[ "$output" == *"too many bins"* ]]
    run -2 atoms-hist --column rho --range 1,0 "$data/atoms.xyz"
    [[ "$output" == *"1 is not below 0"* ]]
    printf 'nan\n' | atoms > n
    run -1 atoms-hist --column a n
    [[ "$output" == *"n: no atom has a value to count"* ]]
    run -2 atoms-hist --column a --corr n
    [[ "$output" == *"--corr wants --x and --y"* ]]
}
