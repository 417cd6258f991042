#!/usr/bin/env bats
load helpers

# what FILE QUANTITY: its value in the table
what() { awk -F'\t' -v q="$2" '$1 == q { print $2 }' "$1"; }

# models: ref.xyz of 5000 atoms, 18^3 lattice of 3.6 A with 0.3 A play; test.xyz
# the same with 0.16 A jitter per axis, 100 left out, 50 extra far away, shifted
models() {
    awk 'function u() { x = (x * 16807) % 2147483647; return x / 2147483647 }
        function g() { return sqrt(-2 * log(u())) * cos(6.283185307179586 * u()) }
        BEGIN { x = 90210; head = "\nProperties=species:S:1:pos:R:3:phase:S:1"
            print 5000 head > "ref.xyz"; print 4950 head > "test.xyz"
            for (i = 0; i < 5000; i++) {
                p[0] = 3.6 * (i % 18) - 31; p[1] = 3.6 * (int(i / 18) % 18) - 29; p[2] = 3.6 * int(i / 324) - 27
                for (a = 0; a < 3; a++) p[a] += 0.6 * u() - 0.3
                k = i % 3 ? "core" : "oxide"
                printf "Zr %.4f %.4f %.4f %s\n", p[0], p[1], p[2], k > "ref.xyz"
                if (i % 50 == 7) continue
                printf "Zr %.4f %.4f %.4f %s\n", p[0] - 0.3 + 0.16 * g(), p[1] + 0.2 + 0.16 * g(), p[2] - 0.1 + 0.16 * g(), (i % 100 ? k : "core") > "test.xyz" }
            for (i = 0; i < 50; i++) printf "Zr %.4f %.4f %.4f core\n", 100 + 4 * i, 0, 0 > "test.xyz" }'
}

@test "atoms-compare: jitter 0.16 A per axis, 2 % lost, 1 % extra, a shift" {
    models
    atoms-compare --hist h.tsv --matched m.tsv --missing miss.xyz --spurious extra.xyz test.xyz ref.xyz > out
    near "$(what out recall)" 0.98 0.0005
    near "$(what out precision)" 0.98990 0.0005
    near "$(what out rmsd)" 27.71 0.5 # 16 sqrt(3) pm
    near "$(what out shift_x)" 0.3 0.005
    near "$(what out shift_y)" -0.2 0.005
    near "$(what out shift_z)" 0.1 0.005
    near "$(what out std_y)" 16 0.5
    near "$(what out mean_z)" 0 0.01
    atmost "$(what out passes)" 3
    [ "$(what out missing)" -eq 100 ]
    [ "$(what out spurious)" -eq 50 ]
    near "$(what out percent_1.5)" 98 0.1
    [ "$(what out matched)" -eq "$(column h.tsv atoms | awk '{ s += $1 } END { print s }')" ]
    [ "$(column m.tsv dx | wc -l)" -eq 4900 ]
    [ "$(head -1 miss.xyz)" -eq 100 ]
    [ "$(values extra.xyz pos | head -1)" = 100 ]
}

@test "atoms-compare: counts for each pair of phases" {
    models
    atoms-compare --by phase test.xyz ref.xyz > out
    [ "$(what out confusion:core:oxide)" -eq 17 ] # i = 0, 300, 600 ... 4800
    [ "$(what out spurious:core)" -eq 50 ]
    [ "$(what out missing:oxide)" -eq 33 ] # i = 57, 207, ...
    [ "$(what out missing:core)" -eq 67 ]
    near "$(awk '$1 ~ /^confusion/ { n += $2 } END { print n }' out)" 4900 0
}

@test "atoms-compare: one to one, where two atoms share a neighbour" {
    printf '2\nProperties=species:S:1:pos:R:3\nA 0.5 0 0\nA -0.4 0 0\n' > a.xyz
    printf '1\nProperties=species:S:1:pos:R:3\nA 0 0 0\n' > b.xyz
    atoms-compare a.xyz b.xyz > out
    [ "$(what out matched)" -eq 1 ]
    [ "$(what out spurious)" -eq 1 ]
    [ "$(what out rmsd)" = nan ] # a variance needs two
    near "$(what out rmsd0)" 0 1e-9
    atoms-compare b.xyz a.xyz > out
    [ "$(what out matched)" -eq 1 ]
    [ "$(what out missing)" -eq 1 ]
}

@test "atoms-compare: two pairs by hand: variance with n - 1, bins of 0.02 A" {
    printf '2\nProperties=species:S:1:pos:R:3\nA 0.05 0 0\nA 8.95 0 0\n' > a.xyz
    printf '2\nProperties=species:S:1:pos:R:3\nA 0 0 0\nA 9 0 0\n' > b.xyz
    atoms-compare --hist h.tsv a.xyz b.xyz > out
    near "$(what out rmsd)" 7.07107 1e-4 # sqrt((5^2 + 5^2)/1)
    near "$(what out rmsd0)" 5 1e-4
    near "$(what out largest)" 5 1e-4
    [ "$(awk '!/^#/ && $2 { print $1, $2 }' h.tsv)" = "0.05 2" ]
}

@test "atoms-compare: rotation and scale come back with --fit" {
    models
    # 1.1 degrees about z, scale 1.004
    awk 'NR < 3 { print; next } { c = 1.004 * cos(0.0191986); s = 1.004 * sin(0.0191986)
        print $1, c * $2 - s * $3, s * $2 + c * $3, 1.004 * $4, $5 }' ref.xyz > turned.xyz
    atoms-compare --fit rigid turned.xyz ref.xyz > out
    near "$(what out rotation)" 1.1 0.001
    near "$(what out axis_z)" -1 1e-4
    atoms-compare --fit scale turned.xyz ref.xyz > out
    near "$(what out scale)" 0.996016 1e-6
    near "$(what out rmsd)" 0 0.01
    atoms-compare turned.xyz ref.xyz > out
    atleast "$(what out rmsd)" 30
}

@test "atoms-compare --mirror: says which of the 48 it was" {
    models
    # new axes z, -x, y of the reference: two swaps, one sign
    awk 'NR < 3 { print; next } { print $1, $4, -$2, $3 + 0.4, $5 }' ref.xyz > m.xyz
    atoms-compare --mirror m.xyz ref.xyz > out
    [ "$(what out matched)" -eq 5000 ]
    [ "$(what out axes)" = "-y z x" ]
    [ "$(what out handedness)" = changed ]
    near "$(what out rmsd)" 0 1e-6
    atoms-compare --mirror test.xyz ref.xyz > out
    [ "$(what out axes)" = "x y z" ]
    [ "$(what out handedness)" = kept ]
    atoms-compare --mirror -j 1 m.xyz ref.xyz > out1
    atoms-compare --mirror -j 3 m.xyz ref.xyz | cmp - out1
}

@test "atoms-compare: --start lays far models on each other" {
    models
    awk 'NR < 3 { print; next } { print $1, $2 + 32, $3 + 32.1, $4 + 31.9, $5 }' ref.xyz > far.xyz
    atoms-compare --start 32,32,32 ref.xyz far.xyz > out
    [ "$(what out matched)" -eq 5000 ]
    near "$(what out shift_z)" 31.9 1e-4
}

@test "atoms-compare: no match is no error" {
    printf '1\nProperties=species:S:1:pos:R:3\nA 50 0 0\n' > a.xyz
    run -0 --separate-stderr atoms-compare a.xyz "$data/atoms.xyz"
    oneline
    printf '%s\n' "$output" > out
    [ "$(what out recall)" = 0 ]
    [ "$(what out rmsd)" = nan ]
    printf '0\nProperties=species:S:1:pos:R:3\n' > none.xyz
    run -0 atoms-compare -q none.xyz "$data/atoms.xyz"
    run -0 atoms-compare -q "$data/atoms.xyz" none.xyz
    run -0 atoms-compare -q --mirror none.xyz none.xyz
}

@test "atoms-compare --script: atom-edit turns the first model into the second" {
    models
    atoms-compare --script s.txt test.xyz ref.xyz > /dev/null
    atom-edit --script s.txt test.xyz > made.xyz
    diff <(tail -n +3 made.xyz | awk '{ print $1, $2, $3, $4 }' | sort) \
        <(tail -n +3 ref.xyz | awk '{ print $1, $2 + 0, $3 + 0, $4 + 0 }' | sort)
}

@test "atoms-compare: bad use" {
    run -2 --separate-stderr atoms-compare "$data/atoms.xyz"
    [[ "$stderr" == *"want operands: A B"* ]]
    run -2 --separate-stderr atoms-compare --start 1,2 "$data/atoms.xyz" "$data/atoms.xyz"
    [[ "$stderr" == *"want three numbers"* ]]
    run -1 --separate-stderr atoms-compare --by grain "$data/atoms.xyz" "$data/atoms.xyz"
    [[ "$stderr" == *"no column 'grain'"* ]]
    run -1 --separate-stderr atoms-compare --by boo "$data/atoms.xyz" "$data/atoms.xyz"
    [[ "$stderr" == *"'boo' is not a text or an integer"* ]]
}

@test "atoms-compare: models whose origins are far apart, without --start" {
    crystal -s fcc-zr -S R12 -o a.xyz
    awk 'NR < 3 { print; next } { print $1, $2 + 7.3, $3 - 4.1, $4 + 2.9 }' a.xyz >b.xyz
    atoms-compare -q --tolerance 0.9 a.xyz b.xyz >table
    [ "$(awk -F'\t' '$1 == "missing" { print $2 }' table)" = 0 ]
    atmost "$(awk -F'\t' '$1 == "rmsd" { print $2 }' table)" 0.01
    atoms-compare -q --tolerance 0.9 --start 0,0,0 a.xyz b.xyz >table
    atleast "$(awk -F'\t' '$1 == "missing" { print $2 }' table)" 1
}
