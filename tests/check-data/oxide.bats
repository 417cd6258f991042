# The degree of oxidation against the oxygen atoms planted in the phantoms.
# shellcheck shell=bash
load ../helpers

setup() {
    [ -d "$DATA/phantom" ] || skip "no DATA"
}

# planted ATOMS OXYGEN: the atoms of ATOMS (columns phase, oxidation, ntet, nox
# of oxfill) as "phase degree ntet nox planted", planted the oxygen atoms of
# OXYGEN whose four nearest atoms it is among
planted() {
    paste -d' ' <(tail -n +3 "$1" | awk '{ print "Zr", $2, $3, $4 }') <(values "$1" phase) <(values "$1" oxidation) \
        <(values "$1" ntet) <(values "$1" nox) >rows
    awk 'function cell(v) { return int(v / 5 + 1000) }
        BEGIN { n = 0 }
        NR == FNR { x[n] = $2; y[n] = $3; z[n] = $4; rest[n] = $5 " " $6 " " $7 " " $8
            c = cell($2) "," cell($3) "," cell($4); in_cell[c] = in_cell[c] " " n++; next }
        FNR > 2 { split("", best); split("", who)
            for (k = 1; k <= 4; k++) best[k] = 1e9
            for (i = -1; i <= 1; i++) for (j = -1; j <= 1; j++) for (l = -1; l <= 1; l++) {
                m = split(in_cell[(cell($2) + i) "," (cell($3) + j) "," (cell($4) + l)], a, " ")
                for (q = 1; q <= m; q++) {
                    d = (x[a[q]] - $2)^2 + (y[a[q]] - $3)^2 + (z[a[q]] - $4)^2
                    for (k = 4; k > 0 && d < best[k]; k--) if (k < 4) { best[k + 1] = best[k]; who[k + 1] = who[k] }
                    if (k < 4) { best[k + 1] = d; who[k + 1] = a[q] } } }
            for (k = 1; k <= 4; k++) if (best[k] < 9) p[who[k]]++ }
        END { for (i = 0; i < n; i++) print rest[i], p[i] + 0 }' rows "$2"
}

# confusion WHAT TABLE: by phase, the mean degree, planted and found, and how
# many atoms have more than half of their sites filled, planted and found
confusion() {
    awk '$2 != "nan" { n[$1]++; found[$1] += $2; planted[$1] += $5 / $3 > 1 ? 1 : $5 / $3
            t[$1, ($5 / $3 > 0.5) ($2 > 0.5)]++ }
        END { for (g in n) printf "%s %d %.3f %.3f %d %d %d %d\n", g, n[g], planted[g] / n[g], found[g] / n[g],
            t[g, "00"], t[g, "01"], t[g, "10"], t[g, "11"] }' "$2" | sort >confused
    while read -r g n p f a b c d; do
        echo "# $1 $g: $n atoms, degree planted $p, found $f; oxidised neither $a, found alone $b, planted alone $c, both $d" >&3
    done <confused
}

field() { awk -v g="$1" -v k="$2" '$1 == g { print $k }' confused; }

@test "oxfill: where the planted oxygen is, degree by phase" {
    for name in small full; do
        oxfill --add "$DATA/phantom/$name/atoms.xyz" >filled
        atoms-select 'species == "O"' filled >o
        atoms-compare -q --tolerance 0.6 --start 0,0,0 o "$DATA/phantom/$name/oxygen.xyz" >table
        what() { awk -F'\t' -v q="$1" '$1 == q { print $2 }' table; }
        echo "# oxfill $name: $(what matched) of $(what reference) planted oxygen atoms at filled sites, rmsd $(what rmsd) pm; $(what spurious) sites filled that hold none" >&3
        [ "$(what missing)" -eq 0 ]
        atoms-select 'species == "Zr"' filled >zr
        planted zr "$DATA/phantom/$name/oxygen.xyz" >rows5
        confusion "$name" rows5
        # every oxidised atom is found; what the rule adds lies in the disordered parts and at the metal
        for g in core c-oxide a-oxide; do atmost "$(field $g 7)" "$(awk "BEGIN { print 0.002 * $(field $g 2) }")"; done
        atmost "$(field core 4)" 0.6
        atleast "$(field c-oxide 4)" 0.85
    done
}

@test "oxfill: degree by phase of traced atoms" {
    background-subtract -q "$DATA/phantom/small/aligned.nrrd" |
        resire -q --accelerate os -n 15 | peak-find -q | kmeans-trace -q --species Zr >atoms.xyz
    atoms-compare -q --tolerance 0.9 --matched m atoms.xyz "$DATA/phantom/small/atoms.xyz" >/dev/null
    # phases of the true atoms
    values "$DATA/phantom/small/atoms.xyz" phase >phases
    oxfill atoms.xyz >z
    paste -d' ' <(tail -n +3 z | awk '{ print $1, $2, $3, $4 }') <(values z oxidation) <(values z ntet) <(values z nox) >r
    awk 'FILENAME == "phases" { p[FNR - 1] = $1; next } FILENAME == "m" { if (!/^#/) g[$1] = p[$2]; next }
        { $0 = $0; print $1, $2, $3, $4, (FNR - 1) in g ? g[FNR - 1] : "-", $5, $6, $7 }' phases m r >labelled
    { wc -l <labelled; echo 'Properties=species:S:1:pos:R:3:phase:S:1:oxidation:R:1:ntet:I:1:nox:I:1'; cat labelled; } >traced
    planted traced "$DATA/phantom/small/oxygen.xyz" >rows5
    confusion "traced small" rows5
    atmost "$(field core 4)" 0.65
    atleast "$(field c-oxide 4)" 0.85
}
