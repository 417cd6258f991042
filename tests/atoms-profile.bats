load helpers

# "x y" rows of stdin as atoms with columns distance and q
atoms() {
    awk '{ r[++n] = "Zr 0 0 0 " $1 " " $2 } END { print n; print "Properties=species:S:1:pos:R:3:distance:R:1:q:R:1"
        for (i = 1; i <= n; i++) print r[i] }'
}
what() { awk -F'\t' -v q="$2" '$1 == q { print $2 }' "$1"; }

@test "atoms-profile: means, spreads and counts by hand" {
    printf '%s\n' '-3 1' '-1.5 2' '-1.1 4' '-1 7' '0.9 nan' '4.9 5' '5 6' 'nan 3' | atoms > a
    atoms-profile --y q a > p
    [ "$(head -1 p)" = "$(printf '#distance\tmean\tstd\tsem\tcount')" ]
    [ "$(column p count | tr '\n' ' ')" = "3 1 0 1 1 " ]
    [ "$(column p distance | tr '\n' ' ')" = "-2 0 2 4 6 " ]
    near "$(column p mean | head -1)" 2.3333333333333333 1e-15
    near "$(column p std | head -1)" 1.5275252316519468 1e-15
    near "$(column p sem | head -1)" 0.8819171036881969 1e-15
    [ "$(column p mean | sed -n 3p)" = nan ]
    # 5 is the edge between the last two bins, -1 of the first two
    [ "$(column p mean | tail -2 | tr '\n' ' ')" = "5 6 " ]
    run --separate-stderr -0 atoms-profile -v --y q a
    [[ "$stderr" == *"2 atoms without a value are left out"* ]]
}

@test "atoms-profile: ranges, expressions, selections" {
    seq -10 10 | awk '{ print $1, 3 * $1 + 1 }' | atoms > a
    atoms-profile --y 'q * 2' --x 'distance / 2' --bin 1.5 --range -3,3 a > p
    [ "$(column p 'distance / 2' | tr '\n' ' ')" = "-2.25 -0.75 0.75 2.25 " ]
    # -3 -2.5 -2 and so on; the last bin has its upper end too
    [ "$(column p count | tr '\n' ' ')" = "3 3 3 4 " ]
    [ "$(column p mean | tr '\n' ' ')" = "-28 -10 8 29 " ]
    atoms-profile --y q --select 'distance > 7' a > p
    [ "$(column p count | tr '\n' ' ')" = "2 1 " ]
}

@test "atoms-profile: the width of a straight ramp and of an error function" {
    # 0.04 to x = -5, 0.03 from x = 5 on: 10 to 90 % are 8 A
    awk 'BEGIN { for (x = -20; x < 20; x += 0.05) print x, (x < -5 ? 0.04 : (x > 5 ? 0.03 : 0.035 - 0.001 * x)) }' | atoms > a
    atoms-profile --y q --bin 0.5 --width a > w
    near "$(what w low)" 0.04 1e-9
    near "$(what w high)" 0.03 1e-9
    near "$(what w x50)" 0 0.03
    near "$(what w width)" 8 0.02
    # cumulative Gaussian, sigma 2: 2 x 1.2816 sigma
    awk 'BEGIN { p = 0; for (x = -20; x < 20; x += 0.01) { p += 0.01 * exp(-x * x / 8) / sqrt(8 * atan2(0, -1)); print x, p } }' | atoms > a
    atoms-profile --y q --bin 0.25 --width a > w
    near "$(what w width)" 5.126 0.02
    near "$(what w x10)" -2.563 0.01
}

@test "atoms-profile: an exponential is found" {
    awk 'BEGIN { for (x = 0.5; x < 60; x += 1) print x, 0.002 + 0.013 * exp(-x / 7.3) }' | atoms > a
    atoms-profile --y q --bin 1 --range 0,60 --fit a > f
    near "$(what f y0)" 0.002 1e-8
    near "$(what f A)" 0.013 1e-6
    near "$(what f l)" 7.3 1e-4
    awk 'BEGIN { for (x = -30.5; x < 60; x += 1) print x, 5 - 0.3 * exp(-x / 19) }' | atoms > a
    atoms-profile --y q --bin 1 --range -31,60 --fit a > f
    near "$(what f l)" 19 1e-3
    near "$(what f A)" -0.3 1e-4
}

@test "atoms-profile: concentric metal and oxide have their densities" {
    crystal -s fcc -a 4.666 -S R16 > core
    crystal -s fcc -a 5.092 -S R34 | atoms-select --invert 'near(0,0,0,18.2)' | sed 's/^Zr/Hf/' > shell
    { echo $(($(head -1 core) + $(head -1 shell))); sed -n 2p core; tail -n +3 -q core shell; } |
        voronoi-rho --voids keep | surface-distance --from 'species == "Zr"' > d
    atoms-profile --y rho d > p
    [ "$(values d distance | awk '$1 < -5' | wc -l)" -gt 50 ]
    paste <(column p distance) <(column p mean) | awk '$2 != "nan" {
        if ($1 < -5) { d = $2 / (4 / 4.666 ^ 3) - 1; n++ } else if ($1 > 8.6) { d = $2 / (4 / 5.092 ^ 3) - 1; m++ } else next
        if (d * d > 1e-4) { print; bad++ } } END { exit bad || n < 2 || m < 2 }'
}

@test "atoms-profile: what is refused" {
    printf '%s\n' '1 1' '2 2' '3 nan' | atoms > a
    run -2 atoms-profile a
    [[ "$output" == *"--y"* ]]
    run -2 atoms-profile --y rho a
    [[ "$output" == *"no column 'rho'"* ]]
    run -1 atoms-profile --y q --select 'distance > 2.5' a
    [[ "$output" == *"a: no atom has both values"* ]]
    run -1 atoms-profile --y q --width a
    [[ "$output" == *"--width wants at least 8"* ]]
    run -1 atoms-profile --y q --fit a
    [[ "$output" == *"--fit wants at least 4"* ]]
    run -2 atoms-profile --y q --fit --width a
    [[ "$output" == *"want one of them"* ]]
    run -2 atoms-profile --y q --bin 1e-12 a
    [[ "$output" == *"too many bins"* ]]
    run -2 atoms-profile --y q --range 3,1 a
    [[ "$output" == *"LO below HI"* ]]
    awk 'BEGIN { for (x = 0; x < 30; x++) print x, 5 }' | atoms > flat
    run -1 atoms-profile --y q --width flat
    [[ "$output" == *"the profile has no step from 5 to 5"* ]]
}
