load helpers

# phases FILE: "count phase" pairs on one line
phases() { values "$1" "${2:-phase}" | sort | uniq -c | awk '{ printf "%s %s ", $1, $2 }'; }

@test "phase-label: bonds of 3.39 and 3.41 angstrom" {
    for want in 4.794:core 4.822:c-oxide; do
        crystal --structure fcc --a "${want%:*}" --cells 3,3,3 | boo | phase-label > l.xyz
        [ "$(phases l.xyz)" = "108 ${want#*:} " ]
    done
    crystal --structure fcc --a 4.822 --cells 3,3,3 | boo | phase-label --bond 3.42 > l.xyz
    [ "$(phases l.xyz)" = "108 core " ]
    boo --cutoff 9 "$data/atoms.xyz" | phase-label --threshold 10 > l.xyz
    [ "$(phases l.xyz)" = "32 a-oxide " ]
}

@test "phase-label: an fcc core in cubic oxide, with jitter" {
    crystal --structure fcc-zr --size R12 > core.xyz
    crystal --structure fcc --a 5.092 --size R24 > oxide.xyz
    particle --join oxide.xyz --dmin 2.8 core.xyz | particle --jitter 0.1 > p.xyz
    boo p.xyz | phase-label -v > l.xyz 2> log
    # atoms deeper than 3 angstrom below the core's surface, and beyond 4.5 outside
    awk 'NR == 2 { match($0, /Properties=[^ ]+/); m = split(substr($0, RSTART + 11, RLENGTH - 11), f, ":"); at = 1
            for (i = 1; i <= m; i += 3) { if (f[i] == "phase") c = at; at += f[i + 2] } }
        NR > 2 { r = sqrt($2 ^ 2 + $3 ^ 2 + $4 ^ 2); if (r < 9) { n++; hit += $c == "core" }; if (r > 16.5 && $c == "core") bad++ }
        END { print hit / n, bad + 0 }' l.xyz > score
    read -r share bad < score
    atleast "$share" 0.97
    [ "$bad" -eq 0 ]
    grep -q 'core, .* c-oxide, .* a-oxide' log
}

@test "phase-label: pieces of core, the largest and those large enough" {
    crystal --structure fcc-zr --size R11 > a.xyz
    crystal --structure fcc-zr --size R9 | awk 'NR > 2 { $2 += 40 } { print }' > b.xyz
    particle --join b.xyz a.xyz | boo --threshold 0 > two.xyz
    na=$(head -n 1 a.xyz) nb=$(head -n 1 b.xyz)
    phase-label --bond 4.6 two.xyz > l.xyz
    [ "$(phases l.xyz)" = "$nb c-oxide $na core " ]
    phase-label --bond 4.6 --keep 2 two.xyz > l.xyz
    [ "$(phases l.xyz)" = "$((na + nb)) core " ]
    phase-label --bond 4.6 --keep 2 --min-core $((nb + 1)) two.xyz > l.xyz
    [ "$(phases l.xyz)" = "$nb c-oxide $na core " ]
    phase-label --bond 4.6 --keep 2 --min-core "$nb" two.xyz > l.xyz
    [ "$(phases l.xyz)" = "$((na + nb)) core " ]
    phase-label --bond 4.6 --min-core 1000 two.xyz > l.xyz # no core is no error
    [ "$(phases l.xyz)" = "$((na + nb)) c-oxide " ]
}

# four atoms 3 angstrom apart along x with boo, rho and ptm_type
chain() {
    awk -v rows="$1" 'BEGIN { n = split(rows, r, ";"); print n; print "Properties=species:S:1:pos:R:3:boo:R:1:rho:R:1:ptm_type:I:1"
        for (i = 1; i <= n; i++) print "Zr", 3 * i, 0, 0, r[i] }'
}

@test "phase-label: the mean density of the neighbourhood, NaN left out" {
    chain '1 0.040 1;1 0.0301 1;1 nan 0;1 0.0355 2' > c.xyz
    # means: 0.03505, 0.03505, 0.0328, 0.0355
    phase-label --by rho --min-core 1 --keep 9 c.xyz > l.xyz
    [ "$(values l.xyz phase | tr '\n' ' ')" = "core core c-oxide core " ]
    phase-label --by rho --min-core 1 c.xyz > l.xyz
    [ "$(values l.xyz phase | tr '\n' ' ')" = "core core c-oxide c-oxide " ]
    phase-label --by rho --min-core 1 --keep 9 --rho 0.0352 --column p c.xyz > l.xyz
    [ "$(values l.xyz p | tr '\n' ' ')" = "c-oxide c-oxide c-oxide core " ]
    chain '1 0.05 1;1 0.05 0;1 0.05 3;1 0.05 4' > t.xyz
    phase-label --by rho --ptm --min-core 1 --keep 9 t.xyz > l.xyz
    [ "$(values l.xyz phase | tr '\n' ' ')" = "core c-oxide core c-oxide " ]
}

@test "phase-label: lonely crystalline atoms, few atoms, other species" {
    rows=$(awk 'BEGIN { for (i = 0; i < 20; i++) printf "%s%s", i ? ";" : "", (i % 10 == 5 ? "1 1 1" : "0 1 1") }')
    chain "$rows" > c.xyz
    phase-label c.xyz > l.xyz
    [ "$(phases l.xyz)" = "18 a-oxide 2 c-oxide " ]
    phase-label --isolate c.xyz > l.xyz
    [ "$(phases l.xyz)" = "20 a-oxide " ]
    crystal --structure fcc --a 5.092 --size R12 | boo > b.xyz
    phase-label --isolate b.xyz > l.xyz
    [ "$(phases l.xyz)" = "$(head -n 1 b.xyz) c-oxide " ]
    crystal --structure c-zro2 --cells 3,3,3 | boo | phase-label > z.xyz
    [ "$(phases z.xyz)" = "216 - 108 c-oxide " ]
    printf '1\nProperties=species:S:1:pos:R:3:boo:R:1\nZr 1 2 3 0.7\n' | phase-label > one.xyz
    [ "$(phases one.xyz)" = "1 c-oxide " ]
}

@test "phase-label: what is refused" {
    printf '2\nProperties=species:S:1:pos:R:3\nZr 1 2 3\nZr 4 2 3\n' > none.xyz
    run -1 phase-label none.xyz
    [[ "$output" == *"no column 'boo'; the file has species pos; the filter boo makes it"* ]]
    boo none.xyz > b.xyz
    run -1 phase-label --by rho b.xyz
    [[ "$output" == *"no column 'rho'"*"the filter voronoi-rho makes it"* ]]
    run -1 phase-label --ptm b.xyz
    [[ "$output" == *"no column 'ptm_type'"*"the filter ptm makes it"* ]]
    run -2 phase-label --column 'a b' b.xyz
    run -2 phase-label --keep 0 b.xyz
    awk 'NR > 3 { print "Zr 1 2 3 1 1 1 1 0"; next } { print }' b.xyz > twice.xyz
    run -1 phase-label twice.xyz
    [[ "$output" == *"atoms 0 and 1"* ]]
}
