load helpers

# all FILE COLUMN VALUE TOL: every atom has this value
all() { while read -r v; do near "$v" "$3" "$4" || return 1; done < <(values "$1" "$2" | sort -u); }

# lattice Q4 Q6 BOO NEIGHBOURS CUTOFF CRYSTAL...: every atom of a periodic block has these
lattice() {
    local q4=$1 q6=$2 b=$3 nn=$4 cutoff=$5
    shift 5
    crystal "$@" | boo --cutoff "$cutoff" > l.xyz
    all l.xyz q4bar "$q4" 1e-6 && all l.xyz q6bar "$q6" 1e-6 && all l.xyz boo "$b" 1e-5 && all l.xyz boo_nn "$nn" 0
}

@test "boo: the lattices have their published values" {
    lattice 0.1909407 0.5745243 1 12 4.5 --structure fcc --a 5.092 --cells 4,4,4
    lattice 0.0972222 0.4847617 0.81664 12 4 --structure hcp --a 3.2 --c 5.2255772 --cells 4,4,3
    lattice 0.0363696 0.5106882 0.84566 14 4.3 --structure bcc --a 3.6 --cells 4,4,4
    lattice 0.5091751 0.6285394 1.33609 8 3.3 --structure bcc --a 3.6 --cells 4,4,4
    lattice 0.7637626 0.3535534 1.39015 6 4 --structure sc --a 3.1 --cells 4,4,4
    lattice 0.5091751 0.6285394 1.33609 4 3 --structure diamond --a 5.43 --cells 3,3,3
    crystal --structure hcp-zr --cells 4,4,3 | boo > l.xyz # c/a 1.593
    all l.xyz q4bar 0.0859 2e-4
    all l.xyz q6bar 0.4817 2e-4
    all l.xyz boo 0.808 5e-4
}

@test "boo: the middle of an open block, turned and moved; plain q is the same there" {
    crystal --structure fcc --a 5.092 --size R14 --orient 33,-71,12 | boo --local > b.xyz
    awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1 { print $5, $6, $7, $8, $9, $10, $11 }' b.xyz > centre
    read -r q4 q6 b ordered p4 p6 nn < centre
    near "$q4" 0.19094065395649333 2e-12
    near "$q6" 0.57452425971406984 2e-12
    near "$b" 1 2e-12
    near "$p4" "$q4" 2e-12
    near "$p6" "$q6" 2e-12
    [ "$ordered $nn" = "1 12" ]
}

@test "boo: an icosahedron has plain q4 = 0, q6 = 0.6633250" {
    awk 'BEGIN { g = (1 + sqrt(5)) / 2; print "13\nProperties=species:S:1:pos:R:3\nZr 0 0 0"
        for (s = -1; s <= 1; s += 2) for (t = -1; t <= 1; t += 2) {
            printf "Zr 0 %d %.17g\nZr %d %.17g 0\nZr %.17g 0 %d\n", s, t * g, s, t * g, t * g, s } }' > ico.xyz
    boo --local --cutoff 1.95 ico.xyz > q.xyz
    near "$(values q.xyz q4 | head -n 1)" 0 1e-12
    near "$(values q.xyz q6 | head -n 1)" 0.6633249581 1e-10
    [ "$(values q.xyz boo_nn | head -n 1)" = 12 ]
}

@test "boo: jitter of 0.05 to 0.35 angstrom in c-ZrO2" {
    for want in 0.05:0.993 0.10:0.969 0.16:0.918 0.25:0.786 0.35:0.625; do
        crystal --structure fcc --a 5.092 --cells 8,8,8 | particle --jitter "${want%:*}" | boo > j.xyz
        near "$(values j.xyz boo | awk '{ s += $1 } END { print s / NR }')" "${want#*:}" 0.01
    done
    share=$(values j.xyz ordered | awk '{ s += 1 - $1 } END { print s / NR }')
    near "$share" 0.03 0.015
}

@test "boo: the order of the atoms does not matter" {
    crystal --structure fcc --a 5.092 --size R12 | particle --jitter 0.3 > a.xyz
    { head -n 2 a.xyz; tail -n +3 a.xyz | tac; } > back.xyz
    boo a.xyz > qa.xyz
    boo back.xyz > qb.xyz
    paste <(values qa.xyz q6bar) <(values qb.xyz q6bar | tac) | while read -r p q; do near "$p" "$q" 2e-12 || exit 1; done
}

@test "boo: a periodic block opened, and one atom alone" {
    crystal --structure fcc --a 5.092 --cells 3,3,3 > p.xyz
    boo p.xyz > periodic.xyz
    boo --open p.xyz > open.xyz
    [ "$(values periodic.xyz boo_nn | sort -u)" = 12 ]
    [ "$(values open.xyz boo_nn | sort -n | head -n 1)" = 3 ]
    printf '2\nProperties=species:S:1:pos:R:3\nZr 1 2 3\nZr 1 2 50\n' | boo > two.xyz
    [ "$(tail -n 1 two.xyz)" = "Zr 1 2 50 0 0 0 0 0" ]
    printf '1\nProperties=species:S:1:pos:R:3\nZr 1 2 3\n' | boo | tail -n 1 > one
    [ "$(cat one)" = "Zr 1 2 3 0 0 0 0 0" ]
    printf '0\nProperties=species:S:1:pos:R:3\n' | boo > none.xyz
    [ "$(head -n 1 none.xyz)" = 0 ]
}

@test "boo: O beside a metal is left out unless named" {
    crystal --structure c-zro2 --cells 3,3,3 > z.xyz
    boo z.xyz > q.xyz
    [ "$(awk '$1 == "O" { print $5, $6, $7, $8, $9 }' q.xyz | sort -u)" = "nan nan nan -1 -1" ]
    [ "$(awk '$1 == "Zr" { print $9 }' q.xyz | sort -u)" = 12 ]
    boo --species Zr,O --cutoff 2.4 z.xyz > q.xyz
    [ "$(awk '$1 == "O" { print $9 }' q.xyz | sort -u)" = 4 ]
}

@test "boo: other degrees" {
    crystal --structure fcc --a 5.092 --cells 3,3,3 | boo --l 8,2,0 > q.xyz
    all q.xyz q0bar 1 1e-12
    all q.xyz q2bar 0 1e-12
    # the addition theorem: q_8^2 = mean of P_8(cos) over pairs of the twelve
    want=$(awk 'BEGIN { for (a = 0; a < 3; a++) for (s = -1; s <= 1; s += 2) for (t = -1; t <= 1; t += 2) {
            n++; u[n, a] = 0; u[n, (a + 1) % 3] = s; u[n, (a + 2) % 3] = t }
        for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) {
            c = (u[i, 0] * u[j, 0] + u[i, 1] * u[j, 1] + u[i, 2] * u[j, 2]) / 2; b = 1; p = c
            for (k = 1; k < 8; k++) { x = ((2 * k + 1) * c * p - k * b) / (k + 1); b = p; p = x }
            sum += p }
        printf "%.12f", sqrt(sum) / n }')
    near "$(values q.xyz q8bar | head -n 1)" "$want" 1e-10
    [ -z "$(values q.xyz boo)" ]
}

@test "boo: one plane, one line, a threshold" {
    awk 'BEGIN { print "25\nProperties=species:S:1:pos:R:3"; for (i = 0; i < 25; i++) print "Zr", 3 * (i % 5), 3 * int(i / 5), 7 }' > plane.xyz
    boo --threshold 1.2 plane.xyz > q.xyz
    [ "$(values q.xyz boo_nn | sort -n | tail -n 1)" = 8 ]
    values q.xyz boo > b
    values q.xyz ordered > o
    paste b o | awk '($1 >= 1.2) != $2 { exit 1 }'
    crystal --structure fcc --a 5.092 --cells 4,4,4 | particle --jitter 0.2 | boo --threshold 0.86 > q.xyz
    values q.xyz boo > b
    values q.xyz ordered > o
    paste b o | awk '($1 >= 0.86) != $2 { bad = 1 } { n[$2]++ } END { exit bad || n[0] < 20 || n[1] < 20 }'
    awk 'BEGIN { print "5\nProperties=species:S:1:pos:R:3"; for (i = 0; i < 5; i++) print "Zr", 0, 0, 3 * i }' | boo > line.xyz
    all line.xyz q4bar 1 1e-12 # P_l(1) = 1 for each neighbour
}

@test "boo: what is refused" {
    printf '3\nProperties=species:S:1:pos:R:3\nZr 1 2 3\nZr 4 2 3\nZr 1 2 3.001\n' > twice.xyz
    run -1 boo twice.xyz
    [[ "$output" == *"atoms 0 and 2 (from 0) lie closer than 0.01 angstrom"* ]]
    run -0 --separate-stderr boo --allow-duplicates twice.xyz
    [[ "$stderr" == *"warning: 1 atoms at the place of another dropped"* ]]
    [[ "$output" == *"Zr 1 2 3.001 nan nan nan -1 -1" ]]
    run -1 bash -c "crystal --structure fcc --a 5.092 --cells 1,1,1 | boo"
    [[ "$output" == *"cutoff 4.5 angstrom in a periodic box 5.092 wide"* ]]
    run -2 boo --l 4.5 twice.xyz
    [[ "$output" == *"--l 4.5: want whole numbers"* ]]
    run -2 boo --cutoff 0 twice.xyz
    run -1 boo --species Hf twice.xyz
    [[ "$output" == *"Hf"* ]]
}

@test "boo: LAMMPS, plain q4 and q6 of 15,360 atoms" {
    command -v lmp > /dev/null || skip "no lmp (Debian package lammps)"
    crystal --structure fcc --a 5.092 --cells 15,16,16 | particle --jitter 0.5 > in.xyz
    awk 'NR == 1 { n = $1 } NR == 2 { gsub(/[^0-9. ]/, " "); printf "atoms\n\n%d atoms\n1 atom types\n0 %s xlo xhi\n0 %s ylo yhi\n0 %s zlo zhi\n\nMasses\n\n1 91.2\n\nAtoms\n\n", n, $1, $5, $9 }
        NR > 2 { print NR - 2, 1, $2, $3, $4 }' in.xyz > in.data
    cat > in.lmp << 'END'
units metal
atom_style atomic
read_data in.data
pair_style zero 4.5
pair_coeff * *
compute q all orientorder/atom degrees 2 4 6 nnn NULL cutoff 4.5
dump d all custom 1 out.dump id c_q[1] c_q[2]
dump_modify d sort id format float %.12g
run 0
END
    OMP_NUM_THREADS=1 lmp -in in.lmp -log none > lmp.log
    boo --local in.xyz > out.xyz
    paste <(tail -n 15360 out.dump) <(values out.xyz q4) <(values out.xyz q6) | awk '
        { for (k = 2; k <= 3; k++) { d = $k - $(k + 2); if (d < 0) d = -d; if (!(d <= 1e-6)) bad++; if (d > most) most = d } }
        END { print NR, bad + 0, most; exit !(NR == 15360 && !bad && most > 0) }'
}
