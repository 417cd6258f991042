#!/usr/bin/env bats
# ptm: lattices, strains, jitter, other programs' templates by hand
load helpers

# type FILE N: every atom has this ptm_type
type_is() { [ "$(values "$1" ptm_type | sort -u)" = "$2" ]; }
# most FILE COLUMN [K]: largest absolute value
most() { values "$@" | awk '{ v = $1 < 0 ? -$1 : $1 } v > m || v != v { m = v } END { print m + 0 }'; }
# mean FILE COLUMN [K]
mean() { values "$@" | awk '$1 == $1 && $1 != "nan" { s += $1; n++ } END { print s / n }'; }

@test "ptm: perfect lattices have rmsd 0 and their neighbour distance" {
    crystal --structure fcc --a 4.666 --cells 3,3,3 | ptm > l.xyz
    type_is l.xyz 1
    atmost "$(most l.xyz ptm_rmsd)" 1e-9
    near "$(mean l.xyz ptm_dist)" 3.2993602 1e-6
    crystal --structure hcp --a 3.2 --c 5.2255772 --cells 3,3,3 | ptm > l.xyz
    type_is l.xyz 2
    atmost "$(most l.xyz ptm_rmsd)" 1e-6
    near "$(mean l.xyz ptm_dist)" 3.2 1e-6
    crystal --structure bcc --a 3.61 --cells 3,3,3 | ptm > l.xyz
    type_is l.xyz 3
    atmost "$(most l.xyz ptm_rmsd)" 1e-9
    near "$(mean l.xyz ptm_dist)" 3.33363 2e-5 # (8 sqrt(3)/2 + 6) a / 14
    crystal --structure sc --a 3.1 --cells 3,3,3 | ptm --structures sc > l.xyz
    type_is l.xyz 5
    near "$(mean l.xyz ptm_dist)" 3.1 1e-9
    crystal --structure hcp-zr --cells 3,3,3 | ptm > l.xyz # c/a 1.593
    near "$(mean l.xyz ptm_rmsd)" 0.0112 2e-4
}

@test "ptm: a periodic cell of one atom is its own neighbour" {
    printf '1\nLattice="0 2.3 2.3 2.3 0 2.3 2.3 2.3 0" Properties=species:S:1:pos:R:3 pbc="T T T"\nZr 5 5 5\n' | ptm > l.xyz
    type_is l.xyz 1
    near "$(mean l.xyz ptm_dist)" 3.25269 1e-5
    printf '1\nLattice="0 2.3 2.3 2.3 0 2.3 2.3 2.3 0" Properties=species:S:1:pos:R:3 pbc="T F T"\nZr 5 5 5\n' | ptm > l.xyz
    type_is l.xyz 0
    [ "$(values l.xyz ptm_rmsd)" = nan ]
}

@test "ptm: rmsd of each ideal neighbourhood to each template" {
    # environments as balls of 13 atoms; the published table, both methods
    crystal --structure fcc --a 1.4142135623731 --size R1.05 > fcc.xyz
    crystal --structure hcp --a 1 --c 1.6329931618555 --size R1.9 > hcp.xyz
    # the neighbours at (0,0,a) a little farther, so that the twelve nearest are the 8 + 4 of the table
    crystal --structure bcc --a 1 --size R1.05 | particle --strain 0,0,1e-7 > bcc.xyz
    awk 'BEGIN { g = (1 + sqrt(5)) / 2; print "13\nProperties=species:S:1:pos:R:3\nZr 0 0 0"
        for (s = -1; s <= 1; s += 2) for (t = -1; t <= 1; t += 2) {
            printf "Zr 0 %d %.17g\nZr %d %.17g 0\nZr %.17g 0 %d\n", s, t * g, s, t * g, t * g, s } }' > ico.xyz
    # value FILE TYPE METHOD: rmsd of the atom at the origin
    value() { ptm -r 0.6 -s "$2" -m "$3" "$1" | awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1e-9 { print $6 }'; }
    while read -r env template want; do
        near "$(value $env.xyz $template search)" "$want" 1e-4
        near "$(value $env.xyz $template graph)" "$want" 2e-2
    done <<'EOF'
fcc hcp 0.2607
fcc ico 0.2207
fcc fcc 0
hcp fcc 0.2607
hcp ico 0.2437
hcp hcp 0
ico fcc 0.2207
ico hcp 0.2437
ico ico 0
bcc fcc 0.1453
bcc bcc 0
EOF
}

@test "ptm: decahedral axis" {
    awk 'BEGIN { t = atan2(0, -1) / 180; print "13\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 0 0 2.9\nZr 0 0 -2.9"
        for (k = 0; k < 5; k++) for (s = -1; s <= 1; s += 2)
            printf "Zr %.17g %.17g %.17g\n", 2.9 * sqrt(0.75) * cos(72 * k * t + 0.3), 2.9 * sqrt(0.75) * sin(72 * k * t + 0.3), 1.45 * s }' |
        ptm -s fcc,hcp,bcc,ico,sc,dec > d.xyz
    [ "$(values d.xyz ptm_type | head -n 1)" = 6 ]
    near "$(values d.xyz ptm_dist | head -n 1)" 2.9 1e-9
}

@test "ptm: jitter of s bonds gives the rmsd of its 32 degrees of freedom, by graphs as by the search" {
    # 13 x 3 coordinates less 3 of the place, 3 of the turn, 1 of the scale: median of chi, 31.34 of 32
    for s in 0.02 0.05; do
        crystal --structure fcc --a 4.66690476 --cells 6,6,6 | particle --jitter "$(awk "BEGIN { print 3.3 * $s }")" > j.xyz
        median=$(ptm -r 1 -s fcc j.xyz | awk 'NR > 2 { print $6 }' | sort -g | sed -n 432p)
        near "$median" "$(awk "BEGIN { print $s * sqrt(31.34 / 13) }")" "$(awk "BEGIN { print 0.03 * $s }")"
    done
    crystal --structure bcc --a 3.61 --cells 3,3,3 | particle --jitter 0.16 > j.xyz
    crystal --structure hcp-zr --cells 3,3,2 | particle --jitter 0.2 > h.xyz
    crystal --structure fcc-zr --size R9 | particle --jitter 0.2 > f.xyz
    for f in j h f; do
        cmp <(ptm $f.xyz | awk 'NR > 2 { print $5, substr($6, 1, 8), substr($7, 1, 8) }') <(ptm -m search $f.xyz | awk 'NR > 2 { print $5, substr($6, 1, 8), substr($7, 1, 8) }')
    done
}

@test "ptm: orientation and deformation turn with the crystal" {
    # R = (Rz(20) Ry(-35) Rx(10))^T as particle turns; the block is at the identity before
    crystal --structure fcc --a 4.666 --size R8 | particle --rotate 20,-35,10 | ptm > r.xyz
    awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1e-9 { for (i = 8; i <= 20; i++) printf "%s ", $i; print "" }' r.xyz > centre
    read -r w x y z f11 f12 f13 f21 f22 f23 f31 f32 f33 < centre
    awk 'BEGIN { d = atan2(0, -1) / 180; cp = cos(20 * d); sp = sin(20 * d); ct = cos(-35 * d); st = sin(-35 * d); cs = cos(10 * d); ss = sin(10 * d)
        # row 1 of R is column 1 of Rz Ry Rx, and so on
        print cp * ct, sp * ct, -st
        print cp * st * ss - sp * cs, sp * st * ss + cp * cs, ct * ss
        print cp * st * cs + sp * ss, sp * st * cs - cp * ss, ct * cs }' > R
    # undo the choice among the 24 turns: every entry of F is one of R's rows, up to order and sign of the columns
    awk -v f="$f11 $f12 $f13 $f21 $f22 $f23 $f31 $f32 $f33" 'function abs(x) { return x < 0 ? -x : x }
        { for (k = 1; k <= 3; k++) R[NR, k] = $k }
        END { split(f, F, " "); for (c = 1; c <= 3; c++) { ok = 0
            for (k = 1; k <= 3; k++) for (s = -1; s <= 1; s += 2) if (abs(F[c] - s * R[1, k]) + abs(F[c + 3] - s * R[2, k]) + abs(F[c + 6] - s * R[3, k]) < 1e-5) ok = 1
            if (!ok) exit 1 } }' R
    near "$(awk "BEGIN { print ($w) ^ 2 + ($x) ^ 2 + ($y) ^ 2 + ($z) ^ 2 }")" 1 1e-9
    near "$f12" "$(awk "BEGIN { print 2 * ($x * $y - $w * $z) }")" 1e-5
    near "$f31" "$(awk "BEGIN { print 2 * ($x * $z - $w * $y) }")" 1e-5
    # the least turn of all: below 62.8 degrees
    atleast "$w" 0.8535
}

@test "ptm: deformation of a strained crystal is the strain, at unit mean distance" {
    crystal --structure bcc --a 3.61 --size R9 | particle --strain 0.01,-0.02,0.005,0.003,-0.004,0.006 | ptm > s.xyz
    awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1e-9 { d = $7 / (3.61 * (8 * sqrt(3) / 2 + 6) / 14)
        printf "%.10f %.10f %.10f %.10f %.10f %.10f\n", $12 * d - 1, $16 * d - 1, $20 * d - 1, $17 * d, $14 * d, $13 * d }' s.xyz > got
    read -r a b c d e f < got
    near "$a" 0.01 1e-9
    near "$b" -0.02 1e-9
    near "$c" 0.005 1e-9
    near "$d" 0.003 1e-9
    near "$e" -0.004 1e-9
    near "$f" 0.006 1e-9
}

@test "ptm: any order of the atoms, any place, O left out" {
    crystal --structure c-zro2 --size 24 | particle --jitter 0.1 > a.xyz
    ptm a.xyz > b.xyz
    [ "$(awk 'NR > 2 && $1 == "O"' b.xyz | awk '{ print $5, $6 }' | sort -u)" = "0 nan" ]
    { head -n 2 a.xyz; tail -n +3 a.xyz | awk '{ printf "%s %.17g %.17g %.17g\n", $1, $2 - 1000, $3 + 256, $4 }' | tac; } | ptm > c.xyz
    diff <(tail -n +3 b.xyz | awk '{ print $5, $6 == "nan" ? $6 : sprintf("%.6f", $6) }' | sort) <(tail -n +3 c.xyz | awk '{ print $5, $6 == "nan" ? $6 : sprintf("%.6f", $6) }' | sort)
    ptm -j 1 a.xyz > one
    ptm -j 4 a.xyz | cmp - one
}

@test "ptm: planes, lines, few atoms and far ones are other" {
    printf '2\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 0 0 3\n' | ptm > t.xyz
    type_is t.xyz 0
    awk 'BEGIN { print "400\nProperties=species:S:1:pos:R:3"; for (i = 0; i < 20; i++) for (j = 0; j < 20; j++) print "Zr", 3 * i, 3 * j, 7 }' | ptm -s fcc,hcp,bcc,ico,sc,dec > t.xyz
    type_is t.xyz 0
    awk 'BEGIN { print "99\nProperties=species:S:1:pos:R:3"; for (i = 0; i < 99; i++) print "Zr", 3 * i, 2 * i, i }' | ptm -s fcc,sc > t.xyz
    type_is t.xyz 0
    { echo 15; crystal --structure fcc-zr --size R3.5 | sed -n '2,$p'; echo "Zr 1e9 0 0"; echo "Zr -1e200 5 0"; } | ptm > t.xyz
    [ "$(values t.xyz ptm_type | sort | uniq -c | tr -s ' \n' ' ')" = " 14 0 1 1 " ]
    printf '0\nProperties=species:S:1:pos:R:3\n' | ptm > t.xyz
    [ "$(head -n 1 t.xyz)" = 0 ]
}

@test "ptm: refuses duplicates, unknown templates, absent species" {
    run -1 --separate-stderr ptm <<< $'2\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 0 0 0.001'
    oneline
    run -2 --separate-stderr ptm --structures fcc,fct "$data/ptm.in"
    [ "$stderr" = "ptm: --structures: 'fct' is none of fcc hcp bcc ico sc dec" ]
    run -2 --separate-stderr ptm --structures '' "$data/ptm.in"
    run -1 --separate-stderr ptm --species Hf "$data/ptm.in"
    oneline
}
