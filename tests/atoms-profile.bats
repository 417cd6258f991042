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
    # one atom alone in its bin weighs a fiftieth of the others
    awk 'BEGIN { for (x = 0.5; x < 60; x += 1) for (k = 0; k < (x == 20.5 ? 1 : 50); k++) print x, 0.002 + 0.013 * exp(-x / 7.3) + 0.003 * (x == 20.5) }' | atoms > a
    atoms-profile --y q --bin 1 --range 0,60 --fit a > f
    near "$(what f l)" 7.3 0.02
    near "$(what f y0)" 0.002 1e-5
    atoms-profile --y q --bin 1 --range 0,60 a | awk -F'\t' '/^#/ { next } { print $1, $2 }' | atoms > even
    atoms-profile --y q --bin 1 --range 0,60 --fit even > f
    atleast "$(what f l)" 7.5
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

# a block of 30 x 30 x 60 A with a place X for each "x y z" of stdin
block() {
    crystal -s sc -a 3 -S 31,31,61 --species Zr | awk 'NR > 2' >block
    awk '{ print "X", $1, $2, $3 }' >places
    { echo $(($(wc -l <block) + $(wc -l <places))); echo 'Properties=species:S:1:pos:R:3'; cat block places; }
}

@test "atoms-profile: volumes of shells in a block, from its surface and from a half of it" {
    printf '%s\n' '0 0 -29' '14.9 0 0' '1 2 3' '0 0 40' | block >b
    run --separate-stderr -0 atoms-profile -v --density 'species == "X"' b
    [[ "$stderr" == *"3 of 4 are in the region"* ]]
    atoms-profile --density 'species == "X"' b >p
    [ "$(head -1 p)" = "$(printf '#distance (A)\tdensity (1/A3)\terror (1/A3)\tcount\tvolume (A3)')" ]
    # depth u to u + 2: box of edges less 2 u less that of edges less 2 u + 4
    paste <(column p distance) <(column p volume) | awk '
        function box(u) { return u > 15 ? 0 : (30 - 2 * u)^2 * (60 - 2 * u) }
        { u = -$1 - 1; want = box(u) - box(u + 2); if (($2 - want)^2 > 1e-12 * want^2) { print; bad++ } n++ } END { exit bad || n != 8 }'
    [ "$(column p count | tr '\n' ' ')" = "0 1 0 0 0 0 0 2 " ]
    near "$(column p error | tail -1)" "$(awk 'BEGIN { print sqrt(2) / (30^2 * 60 - 26^2 * 56) }')" 1e-10
    # the half below z = 0: above it the distance is z
    atoms-profile --density 'species == "X"' --from 'z < 0.1' --bin 5 b >p
    [ "$(awk -F'\t' '!/^#/ && $1 > 0 && $5 != 4500' p | wc -l)" -eq 0 ]
    [ "$(awk -F'\t' '!/^#/ && $4 > 0 { print $1, $4 }' p)" = "$(printf -- '-2.5 1\n2.5 2')" ]
    # another grid, a range
    atoms-profile --density 'species == "X"' --from 'z < 0.1' --bin 4 --range 1,29 --grid 1 b >p
    [ "$(column p volume | sort -u)" = 3600 ]
    [ "$(column p count | tr '\n' ' ')" = "1 0 0 0 0 0 0 " ]
}

@test "atoms-profile: places at random have a flat density, planted ones their exponential" {
    awk 'BEGIN { srand(7); for (i = 0; i < 27000; i++) print 30 * rand() - 15, 30 * rand() - 15, 60 * rand() - 30 }' | block >b
    atoms-profile --density 'species == "X"' --from 'z < 0.1' b >p
    awk -F'\t' '!/^#/ { n++; s += (($2 - 0.5) / $3)^2; if (($2 - 0.5)^2 > 16 * $3^2) bad++ } END { exit bad || n < 20 || s > 2 * n }' p
    # 0.05 + 1.2 exp(-z / 6) per cubic angstrom, above z = 0
    awk 'BEGIN { srand(3); for (i = 0; i < 33750; i++) { z = 30 * rand(); if (1.25 * rand() < 0.05 + 1.2 * exp(-z / 6)) print 30 * rand() - 15, 30 * rand() - 15, z } }' |
        block >b
    atoms-profile --density 'species == "X"' --from 'z < 0.1' --bin 1 --range 0,30 --fit b >f
    near "$(what f l)" 6 0.3
    near "$(what f A)" 1.2 0.04
    near "$(what f y0)" 0.05 0.01
}

@test "atoms-profile: a vacancy lies where void-find says, the ball's density is the crystal's" {
    crystal -s fcc -a 5.092 -S R24 | atoms-select --invert 'near(0,0,10.184,1) || near(0,0,0,1)' >ball
    void-find --write centres --surface drop ball | atoms-profile --density 'void_class == "vacancy"' --from 'near(0,0,0,7.3)' --bin 1 >p
    # the core's surface has its top, a face of atoms, at z = 5.092
    [ "$(awk -F'\t' '!/^#/ && $4 > 0 { print $1, $4 }' p)" = "$(printf -- '-5.5 1\n5.5 1')" ]
    crystal -s fcc -a 5.092 -S R24 | atoms-profile --density 'species == "Zr"' --from 'near(0,0,0,9)' --bin 4 >p
    near "$(awk -F'\t' '!/^#/ && $1 < 12 { n += $4; v += $5 } END { print n / v }' p)" 0.0303 0.0006
}

@test "atoms-profile: what is refused" {
    printf '%s\n' '1 1' '2 2' '3 nan' | atoms > a
    run -2 atoms-profile a
    [[ "$output" == *"want --y or --density"* ]]
    run -2 atoms-profile --y q --density q a
    [[ "$output" == *"want --y or --density"* ]]
    run -2 atoms-profile --density q --x q a
    [[ "$output" == *"leave --x and --select out"* ]]
    run -2 atoms-profile --y q --from 'q > 1' a
    [[ "$output" == *"--from is for --density"* ]]
    run -1 atoms-profile --density q a
    [[ "$output" == *"5"* ]]
    crystal -s fcc-zr -S R9 >ball
    run -1 atoms-profile --density 1 --from 'x > 100' ball
    [[ "$output" == *"no atom is selected"* ]]
    run -1 atoms-profile --density 1 --alpha 1 ball
    [[ "$output" == *"the region is empty"* ]]
    run -1 atoms-profile --density 1 --grid 0.001 ball
    [[ "$output" == *"larger --grid"* ]]
    run -1 atoms-profile --density 1 --bin 1e-9 ball
    [[ "$output" == *"too many"* ]]
    run -2 atoms-profile --y rho a
    [[ "$output" == *"no column 'rho'"* ]]
    run -1 atoms-profile --y q --select 'distance > 2.5' a
    [[ "$output" == *"a: no atom has both values"* ]]
    run -1 atoms-profile --y q --width a
    [[ "$output" == *"a width wants at least 8"* ]]
    run -1 atoms-profile --y q --fit a
    [[ "$output" == *"an exponential wants at least 4"* ]]
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
