#!/usr/bin/env bats
# plane-fit: exact planes, closed angles of lattices, planted bend and twist
load helpers

# family FILE K NAME: column NAME of the K-th family or plane
family() { awk -F'\t' -v k="$2" -v want="$3" 'NR == 1 { sub(/^#/, ""); for (i = 1; i <= NF; i++) { h = $i; sub(/ \(.*/, "", h); if (h == want) c = i } next } $2 == "-" && ++n == k { print $c }' "$1"; }

@test "plane-fit: exact planes give their normals and angle to 1e-9 degree" {
    awk 'BEGIN { print "50\nProperties=species:S:1:pos:R:3:side:I:1"; d = atan2(0, -1) / 180
        for (i = 0; i < 5; i++) for (j = 0; j < 5; j++) { printf "Zr %.17g %.17g %.17g 0\n", 3.1 * i, 2.7 * j, 1
            a = 37.5 * d; y = 2.7 * j; z = 20; printf "Zr %.17g %.17g %.17g 1\n", 3.1 * i, y * cos(a), z + y * sin(a) } }' > two.xyz
    plane-fit --select 'side == 0' --second 'side == 1' --view 1,0,0 two.xyz > p.tsv
    near "$(family p.tsv 2 angle)" 37.5 1e-9
    near "$(family p.tsv 2 viewed)" 37.5 1e-9
    near "$(family p.tsv 1 nz)" 1 1e-12
    near "$(family p.tsv 1 z)" 1 1e-12
    atmost "$(family p.tsv 2 rms)" 1e-7
    near "$(family p.tsv 2 x)" 6.2 1e-12
    # seen along y the second normal is upright
    plane-fit --select 'side == 0' --second 'side == 1' --view 0,1,0 two.xyz > p.tsv
    near "$(family p.tsv 2 viewed)" 0 1e-9
}

@test "plane-fit: angles and spacings of fcc, bcc and hcp" {
    crystal --structure fcc --a 4.666 --size R12 | particle --rotate 12,-34,56 > f.xyz
    while read -r one two angle d; do
        plane-fit --second 'x < 1e9' --layers "$one" --second-layers "$two" f.xyz > p.tsv
        # equal planes: the angle depends on which is nearest to z; the closed forms of the family
        near "$(family p.tsv 1 spacing)" "$d" 1e-6
        got=$(family p.tsv 2 angle)
        ok=0
        for a in ${angle//,/ }; do near "$got" "$a" 1e-4 > /dev/null && ok=1; done
        [ $ok = 1 ]
    done <<'EOF'
1,1,1 2,0,0 54.73561 2.6939164
2,0,0 1,1,1 54.73561 2.333
1,1,1 2,2,0 35.26439,90 2.6939164
2,2,0 1,1,1 35.26439,90 1.6496801
EOF
    crystal --structure bcc --a 3.61 --size R11 | plane-fit --layers 1,1,0 > p.tsv
    near "$(family p.tsv 1 spacing)" 2.5526555 1e-6
    crystal --structure hcp-zr --size R12 | plane-fit --layers 0,0,2 --lattice l.tsv > p.tsv
    near "$(family p.tsv 1 spacing)" 2.5735 1e-6
    near "$(family p.tsv 1 nz)" 1 1e-12
    near "$(column l.tsv a)" 3.232 1e-6
    near "$(column l.tsv c)" 5.147 1e-6
    near "$(column l.tsv gamma)" 120 1e-6
    [ "$(column l.tsv indexed)" = "$(column l.tsv atoms)" ]
}

@test "plane-fit: lattice of a strained, turned crystal, every atom indexed" {
    crystal --structure fcc --a 4.666 --size R14 | particle --strain 0.01,-0.02,0.015 | particle --rotate 20,30,40 | plane-fit --lattice l.tsv > p.tsv
    [ "$(column l.tsv indexed)" = "$(column l.tsv atoms)" ]
    { column l.tsv a; column l.tsv b; column l.tsv c; } | sort -g | tr '\n' ' ' > edges; echo >> edges
    read -r a b c < edges
    near "$a" 4.57268 1e-6
    near "$b" 4.71266 1e-6
    near "$c" 4.73599 1e-6
    near "$(column l.tsv alpha)" 90 1e-6
    atmost "$(column l.tsv rms)" 1e-9
}

@test "plane-fit: misorientation of two lattices" {
    crystal --structure fcc-zr --size R10 | particle --rotate 25,0,0 > a
    crystal --structure fcc-zr --size R10 | awk 'NR <= 2 { print; next } { print $1, $2 + 40, $3, $4 }' | particle --join a > two.xyz
    plane-fit --select 'x < 20' --second 'x > 20' --lattice l.tsv two.xyz > p.tsv
    near "$(column l.tsv misorientation | tail -n 1)" 25 1e-5
}

@test "plane-fit: bend of 11 and twist of 4 degrees of a joined model, jitter 0.16 angstrom" {
    crystal --structure fcc-zr --size R20 --orient zone=1,1,1/1,-1,0 | particle --cut slab=0,0,1,-30,0.1 > metal.xyz
    crystal --structure c-zro2 --size R20 --orient zone=0,0,1/1,1,0 | particle --cut slab=0,0,1,0.5,30 --bend 11,1 --twist 4,1 > oxide.xyz
    for seed in 1 2; do
        particle --join oxide.xyz metal.xyz | particle --jitter 0.16 --seed $seed > joined.xyz
        plane-fit --select 'z < -2' --second 'z > 4' --layers 1,1,1 --second-layers 0,0,2 --view 1,0,0 joined.xyz > bend.tsv
        near "$(family bend.tsv 2 viewed)" 11 0.5
        plane-fit --select 'z < -2' --second 'z > 4' --layers 2,-2,0 --second-layers 2,2,0 --towards 1,0,0 --view 0,0,1 joined.xyz > twist.tsv
        near "$(family twist.tsv 2 viewed)" 4 0.5
    done
    # without either: parallel
    crystal --structure c-zro2 --size R20 --orient zone=0,0,1/1,1,0 | particle --cut slab=0,0,1,0.5,30 > oxide.xyz
    particle --join oxide.xyz metal.xyz > flat.xyz
    plane-fit --select 'z < -2' --second 'z > 4' --layers 1,1,1 --second-layers 0,0,2 flat.xyz > flat.tsv
    near "$(family flat.tsv 2 angle)" 0 1e-4
    # the wedge of metal (11-1) on oxide (111), both leaning to -y or y: 70.529 - 54.736
    for way in 0,1,0.4 0,-1,0.4; do
        plane-fit --select 'z < -2' --second 'z > 4' --layers 1,1,1 --second-layers 1,1,1 --towards $way --view 1,0,0 flat.xyz > w.tsv
        family w.tsv 2 viewed >> wedge
    done
    grep -q '^15\.79[23]' wedge
}

@test "plane-fit: what it refuses and warns of" {
    printf '4\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 1 2 3\nZr 2 4 6\nZr 3 6 9\n' > line.xyz
    run -1 --separate-stderr plane-fit line.xyz
    [[ $stderr == *"lie on a line"* ]]
    oneline
    run -1 --separate-stderr plane-fit --select 'row < 2' "$data/plane-fit.in"
    [[ $stderr == *"the first selection has 2 atoms; want at least 3" ]]
    run -1 --separate-stderr plane-fit --select 'row < 0' "$data/plane-fit.in"
    oneline
    run -2 --separate-stderr plane-fit --select 'phse == 1' "$data/plane-fit.in"
    oneline
    run -2 --separate-stderr plane-fit --layers 1,1 "$data/plane-fit.in"
    run -2 --separate-stderr plane-fit --layers 0.5,1,1 "$data/plane-fit.in"
    awk 'BEGIN { print "100\nProperties=species:S:1:pos:R:3"; for (i = 0; i < 10; i++) for (j = 0; j < 10; j++) print "Zr", 3 * i, 3 * j, 0 }' > flat.xyz
    run -1 --separate-stderr plane-fit --layers 1,1,1 flat.xyz
    [[ $stderr == *"has a lattice around it"* ]]
    run -0 --separate-stderr plane-fit "$data/plane-fit.in"
    [[ $stderr == *"is no plane"* ]]
}
