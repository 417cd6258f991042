#!/usr/bin/env bats
# grains: bicrystals, sizes, adoption
load helpers

# bicrystal ANGLE: two halves of a ball, the upper turned by ANGLE about z, columns ptm and boo
bicrystal() {
    crystal --structure fcc-zr --size R17 | particle --cut slab=0,0,1,-0.5,40 --rotate "$1,0,0" > up.xyz
    crystal --structure fcc-zr --size R17 | particle --cut slab=0,0,1,-40,-0.5 --join up.xyz --dmin 2.5 | particle --jitter 0.05 | boo | ptm > bi.xyz
}

@test "grains: boundaries of 6 and 15 degrees part two grains, 3 degrees do not" {
    for case in 3:1 6:2 15:2; do
        bicrystal "${case%:*}"
        grains --report rep.tsv bi.xyz > g.xyz
        [ "$(column rep.tsv grain | wc -l)" = "${case#*:}" ]
        if [ "${case#*:}" = 2 ]; then
            near "$(column rep.tsv touching | head -n 1 | sed 's/.*://')" "${case%:*}" 0.8
            # no atom of the upper half in the lower grain, a layer off the boundary
            [ "$(awk 'NR > 2 && $NF >= 0 && $4 * $4 > 9 { print ($4 > 0), $NF }' g.xyz | sort -u | wc -l)" = 2 ]
        fi
    done
    bicrystal 6
    [ "$(grains --misorientation 7 bi.xyz | awk 'NR > 2 { print $NF }' | sort -u | tail -n 1)" = 0 ]
    # turned as a whole: the same grains
    particle --rotate 31,-47,12 bi.xyz | boo | ptm | grains > t.xyz
    cmp <(grains bi.xyz | awk 'NR > 2 { print $NF }') <(awk 'NR > 2 { print $NF }' t.xyz)
}

@test "grains: both sublattices of hcp are one grain, its report" {
    crystal --structure hcp-zr --size R14 | particle --rotate 20,30,40 --jitter 0.05 | ptm | grains --report rep.tsv > g.xyz
    [ "$(column rep.tsv grain)" = 0 ]
    [ "$(column rep.tsv type)" = hcp ]
    near "$(column rep.tsv ptm_dist)" 3.205 0.01
    atmost "$(column rep.tsv spread)" 2
    atleast "$(column rep.tsv spread)" 0.2
    # Q z is the hexagonal axis turned by (Rz(20) Ry(30) Rx(40))^T: the third row of Rz Ry Rx ... its third column
    awk -F'\t' 'NR == 2 { w = $5; x = $6; y = $7; z = $8; d = atan2(0, -1) / 180
        c = 2 * (x * z + w * y) * -sin(30 * d) + 2 * (y * z - w * x) * cos(30 * d) * sin(40 * d) + (1 - 2 * (x * x + y * y)) * cos(30 * d) * cos(40 * d)
        print c < 0 ? -c : c }' rep.tsv > cosine
    near "$(cat cosine)" 1 2e-5
}

@test "grains: by size, none below --min-size, -1 for what has no template" {
    crystal --structure fcc-zr --size R12 | particle --cut slab=1,0,0,-30,30 > a.xyz
    crystal --structure bcc-zr --size R15 | awk 'NR <= 2 { print; next } { print $1, $2 + 60, $3, $4 }' > b.xyz
    particle --join b.xyz a.xyz | boo | ptm > two.xyz
    grains two.xyz > g.xyz
    [ "$(awk 'NR > 2 && $2 > 30 && $NF >= 0 { print $NF }' g.xyz | sort -u)" = 0 ]
    [ "$(awk 'NR > 2 && $2 < 30 && $NF >= 0 { print $NF }' g.xyz | sort -u)" = 1 ]
    grains --report rep.tsv two.xyz > g.xyz
    n=$(column rep.tsv matched | tail -n 1)
    [ "$(grains --min-size "$n" two.xyz | awk 'NR > 2 { print $NF }' | sort -gu | tr '\n' ' ')" = "0 1 " ]
    [ "$(grains --min-size $((n + 1)) two.xyz | awk 'NR > 2 { print $NF }' | sort -gu | tr '\n' ' ')" = "-1 0 " ]
    [ "$(grains --no-adopt two.xyz | awk 'NR > 2 && $NF >= 0' | wc -l)" -lt "$(awk 'NR > 2 && $NF >= 0' g.xyz | wc -l)" ]
    # without adoption: exactly the atoms with a template
    [ "$(grains --no-adopt two.xyz | awk 'NR > 2 && $NF >= 0' | wc -l)" = "$(values two.xyz ptm_type | grep -vc '^0')" ]
}

@test "grains: adoption fills the place of a vacancy's neighbours" {
    crystal --structure fcc-zr --cells 5,5,5 | particle --remove 200 | boo --cutoff 4 | ptm > v.xyz
    [ "$(values v.xyz ptm_type | grep -c '^0')" = 12 ]
    [ "$(grains --no-adopt v.xyz | awk 'NR > 2 && $NF < 0' | wc -l)" = 12 ]
    [ "$(grains --adopt --cutoff 4 v.xyz | awk 'NR > 2 && $NF < 0' | wc -l)" = 0 ]
    [ "$(grains --threshold 1.1 --cutoff 4 v.xyz | awk 'NR > 2 && $NF < 0' | wc -l)" = 12 ]
}

@test "grains: what it refuses, and what is empty" {
    run -1 --separate-stderr grains "$data/atoms.xyz"
    [[ $stderr == *"no column 'ptm_type'"*"run ptm first" ]]
    oneline
    run -1 --separate-stderr grains --adopt "$data/grains.in"
    oneline
    run -2 --separate-stderr grains --adopt --no-adopt "$data/grains.in"
    run -1 --separate-stderr grains --species Hf "$data/grains.in"
    oneline
    awk 'NR == 1 { print 2 } NR > 1 && NR < 5' "$data/grains.in" > few.xyz
    [ "$(grains --report rep.tsv few.xyz | awk 'NR > 2 { print $NF }' | sort -u)" = -1 ]
    [ "$(wc -l < rep.tsv)" = 1 ]
    awk 'NR == 1 { print 0 } NR == 2' "$data/grains.in" | grains > none.xyz
    [ "$(head -n 1 none.xyz)" = 0 ]
}
