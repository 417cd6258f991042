# shellcheck shell=bash disable=SC2054,SC2154
load helpers

# signals of --report: column N of place I (from 1)
signal() { awk -v i="$2" -v n="$3" '$1 !~ /^#/ && ++k == i { print $n }' "$1"; }
# image values in order
pixels() { tail -c "$(($2 * 4))" "$1" | od -An -v -tf4 -w4 | awk '{ print $1 }'; }
# rms FILE FILE N: r.m.s. difference relative to the second one's mean
rms() { paste <(pixels "$1" "$3") <(pixels "$2" "$3") | awk '{ d = $1 - $2; s += d * d; m += $2 } END { printf "%.6g\n", sqrt(s * NR) / m }'; }
atoms() { printf '%d\nProperties=species:S:1:pos:R:3\n' "$(printf '%s\n' "$@" | wc -l)"; printf '%s\n' "$@"; }

@test "vacuum keeps everything, and puts it inside the aperture" {
    atoms 'O 1 1 1' > one # far from the probe: a window without atoms
    multislice --cell 30,30,8 --scan 20,20,2,1,0.5 --window 10 -d 30,60 --also 'bf.nrrd=0,25.1' --report r.tsv one > adf.nrrd
    near "$(signal r.tsv 1 4)" 0 0; near "$(signal r.tsv 2 5)" 1 1e-7; near "$(signal r.tsv 2 6)" 1 1e-12
}

@test "a ring around everything gets all but the band's loss" {
    atoms 'Zr 6 6 1' 'O 6.2 6.9 3' > two
    multislice --cell 12,12,4 --scan 6,6,1,1,1 -p 0.05 -d 0,131 --double --report r.tsv two > o
    near "$(signal r.tsv 1 4)" "$(signal r.tsv 1 5)" 1e-3
    atleast "$(signal r.tsv 1 5)" 0.99; atmost "$(signal r.tsv 1 5)" 1
}

@test "one light atom scatters as Z^1.5 to Z^1.9" {
    for e in O Zr; do
        atoms "$e 8 8 1" | multislice --cell 16,16,2 --scan 8,8,1,1,1 -p 0.032 -d 60,200 --report $e.tsv > o
    done
    power=$(awk -v a="$(signal Zr.tsv 1 4)" -v b="$(signal O.tsv 1 4)" 'BEGIN { print log(a / b) / log(5) }')
    atleast "$power" 1.5; atmost "$power" 1.95
}

@test "the wave is the plane wave where nothing is" {
    atoms 'O 0 0 0' > o.xyz
    sed -i 's/^1$/0/; 3d' o.xyz
    multislice --cell 7,5,3 --scan 0,0,1,1,1 -c 0 -d 0,60 --exit-wave w.nrrd o.xyz > o
    n=$(sed -n 's/^sizes: \([0-9]*\) \([0-9]*\) .*/\1 \2/p' w.nrrd | head -1)
    read -r nx ny <<< "$n"
    tail -c $((nx * ny * 8)) w.nrrd | od -An -v -tf4 -w4 | awk -v n=$((nx * ny)) '{ d = $1 - (NR <= n); if (d * d > 1e-12) exit 1 }'
}

@test "a detector that the pixels cannot carry is refused, with the limit" {
    run -2 --separate-stderr multislice -a 0 -d 40,200 -p 0.096 "$data/multislice.in"
    oneline; [[ $stderr == *"200 mrad"*"68.4 mrad"*"--pixel 0.0328"* ]]
    multislice -a 0 -d 40,65 -p 0.096 -s 2 "$data/multislice.in" > o
    run -2 multislice -a 0 -d 40,65 -p 0.102 -s 2 "$data/multislice.in"
}

@test "windows agree with the whole cell" {
    args=(-a 20 -d 30,60 -s 8 --step 0.9 "$data/multislice.in")
    multislice "${args[@]}" --full > whole
    for t in 0.1 0.03 0.01; do
        multislice "${args[@]}" --tolerance $t > window
        atmost "$(rms window whole 64)" $t
    done
    multislice "${args[@]}" --window 14 > window
    atmost "$(rms window whole 64)" 0.02
}

@test "prism with factor 1 is multislice, with factor 2 it is not" {
    args=(--cell 12,12.5,6 --scan 3,3,5,4,1.3 -p 0.1 -d 30,60)
    atoms 'Zr 4 4 1' 'O 6 5 3.1' 'Zr 7.1 6 5' > three
    multislice "${args[@]}" three > full
    multislice "${args[@]}" --method prism --factor 1 three > one
    atmost "$(rms one full 20)" 2e-6 # two roundings
    multislice "${args[@]}" --double three > full
    multislice "${args[@]}" --double --method prism --factor 1 three > one
    cmp <(pixels one 20) <(pixels full 20)
    multislice "${args[@]}" --cell 12,12,6 --method prism --factor 2 three > two
    atleast "$(rms two full 20)" 1e-4; atmost "$(rms two full 20)" 0.5
}

@test "8 nm of zirconium [110]: one slice is wrong, slices of a layer are enough" {
    # x [1-10], y [001], z [110]: layers every a/sqrt(8) = 1.6016 angstrom
    awk 'BEGIN { a = 4.53; c = a / sqrt(2)
        for (k = 0; k < 25; k++) for (j = 0; j < 3; j++) for (i = 0; i < 4; i++) for (b = 0; b < 2; b++)
            row[n++] = sprintf("Zr %.6f %.6f %.6f", (i + b / 2) * c, (j + b / 2) * a, (k + b / 2 + 0.25) * c)
        print n; print "Properties=species:S:1:pos:R:3"; for (i = 0; i < n; i++) print row[i] }' > zr
    adf() {
        multislice --cell 12.812775,13.59,80.079843 -p 0.08 --scan 6.4066,6.795,3,2,1.1 -d 40,80 --slice "$1" --report r.tsv zr > o
        awk '!/^#/ { s += $4 } END { print s / NR }' r.tsv
    }
    layer=$(adf 1.6016) one=$(adf 100) two=$(adf 2)
    near "$(adf 0.4004)" "$layer" "$(awk "BEGIN { print 0.01 * $layer }")"
    atleast "$one" "$(awk "BEGIN { print 1.1 * $two }")"
    atleast "$two" "$(awk "BEGIN { print 1.1 * $layer }")" # two layers in one slice
}

@test "a small memory gives the same image" {
    args=(--cell 12,30,6 --scan 3,3,3,9,3 -p 0.1 -d 30,60 --window 8 --no-history)
    atoms 'Zr 4 4 1' 'O 6 5 3.1' 'Zr 7.1 16 5' > three
    multislice "${args[@]}" three > all
    multislice "${args[@]}" --mem 0.004 -j 1 three > strips
    cmp all strips
    run -2 multislice "${args[@]}" --mem 0.001 three
    [[ $output == *"--mem"* ]]
    multislice "${args[@]}" --cell 12,32,6 --method prism three > all
    multislice "${args[@]}" --cell 12,32,6 --method prism --mem 0.006 -j 1 three > strips
    cmp all strips
}

@test "a series that was cut goes on to the same bytes" {
    args=(-a 0,20,40 -d 30,60 -s 4 --step 0.9 --phonons 2)
    multislice "${args[@]}" "$data/multislice.in" > whole
    # the state after one image: that of a run of which only the first is kept
    multislice "${args[@]}" --resume state "$data/multislice.in" > again
    cmp whole again
    [ "$(od -An -tu1 -j16 -N1 state)" -eq 3 ] # images that are done
    printf '\1' | dd of=state bs=1 seek=16 conv=notrunc status=none
    head -c $((24 + 64)) state > cut
    truncate -s "$(stat -c %s state)" cut
    multislice "${args[@]}" --resume cut "$data/multislice.in" > on
    cmp whole on
    cmp cut <(multislice "${args[@]}" --resume full "$data/multislice.in" > /dev/null; cat full)
    run -1 multislice "${args[@]}" --seed 2 --resume state "$data/multislice.in"
    [[ $output == *"other data or options"* ]]
}

@test "phonons: seeded, and the mean of the configurations" {
    args=(-a 0 -d 30,60 -s 3 --step 0.9 --source 0)
    multislice "${args[@]}" --phonons 2 --no-history "$data/multislice.in" > a
    multislice "${args[@]}" --phonons 2 --seed 1 --no-history "$data/multislice.in" > b
    multislice "${args[@]}" --phonons 2 --seed 2 --no-history "$data/multislice.in" > c
    cmp a b; run -1 cmp -s a c
    multislice "${args[@]}" --phonons 3 --displacements Zr=0,O=0 --no-history "$data/multislice.in" > rest
    multislice "${args[@]}" --no-history "$data/multislice.in" > still
    atmost "$(rms rest still 9)" 1e-6
    run -2 multislice "${args[@]}" --phonons 2 --displacements Zr=0.1 "$data/multislice.in"
    [[ $output == *"no number for O"* ]]
    multislice "${args[@]}" --damping --no-history "$data/multislice.in" > damped
    run -1 cmp -s damped still
}

@test "defocus d puts the crossover at depth d" {
    atoms 'O 8 8 19.5' > deep
    for d in 0 19 60; do
        multislice --cell 16,16,20 --scan 8,8,1,1,1 -p 0.06 -d 40,100 --defocus $d --report r.tsv deep > o
        signal r.tsv 1 4 > d$d
    done
    atleast "$(cat d19)" "$(awk '{ print 1.2 * $1 }' d0)"; atleast "$(cat d19)" "$(awk '{ print 1.5 * $1 }' d60)"
}

@test "quadrants: a probe beside an atom is drawn to it" {
    atoms 'Zr 8 8 1' > one
    multislice --cell 16,16,2 --scan 7.6,8,3,1,0.4 -p 0.08 -d dpc:6,24 one > dpc
    grep -qa '^sizes: 3 1 2 1$' dpc
    pixels dpc 6 > v
    # the centre of mass moves towards the atom: + on its left, - on its right
    awk 'NR == 1 && $1 < 0.01 { exit 1 } NR == 2 && $1 * $1 > 1e-6 { exit 1 } NR == 3 && $1 > -0.01 { exit 1 } NR > 3 && $1 * $1 > 1e-6 { exit 1 }' v
}

@test "--fast follows multislice" {
    args=(-a 20 -d 40,60 -s 10 --step 0.7 "$data/multislice.in")
    multislice "${args[@]}" > slow; multislice "${args[@]}" --fast > fast
    paste <(pixels fast 100) <(pixels slow 100) | awk '{ a += $1; b += $2; aa += $1 * $1; bb += $2 * $2; ab += $1 * $2 }
        END { c = (ab - a * b / NR) / sqrt((aa - a * a / NR) * (bb - b * b / NR)); if (c < 0.95 || a / b < 0.8 || a / b > 1.25) { print c, a / b; exit 1 } }'
    run -2 multislice -a 0 --fast -d dpc:5,20 "$data/multislice.in"
}

@test "--fast: what a layer scatters is missing for those below" {
    # a plane wave, the same layer once, twice, three times: I = r (1 + (1 - s)
    # + (1 - s)^2), and a ring around everything gets all
    layer() { printf 'Zr 1 1 %d\nZr 3 3 %d\n' "$1" "$1"; }
    for n in 1 2 3; do
        for ((z = 1; z < 2 * n; z += 2)); do layer $z; done > atoms
        { printf '%d\nProperties=species:S:1:pos:R:3\n' $((2 * n)); cat atoms; } |
            multislice --fast --cell 4,4,$((2 * n)) --scan 1,1,1,1,1 -c 0 -p 0.08 -d 0,82 --also ring.nrrd=5,82 > all
        near "$(pixels all 1)" 1 1e-6
        pixels ring.nrrd 1
    done > r
    awk '{ r[NR] = $1 } END { q = r[2] / r[1] - 1; want = r[1] * (1 + q + q * q)
        print q, r[3], want; exit !(q < 1 - r[1] && q > 0.99 && r[3] > want * (1 - 2e-6) && r[3] < want * (1 + 2e-6)) }' r
}

@test "source: a blurred image has the same mean inside, a lower peak" {
    args=(-a 0 -d 40,60 -s 12 --step 0.5)
    multislice "${args[@]}" --source 0 "$data/multislice.in" > sharp
    multislice "${args[@]}" --source 1 "$data/multislice.in" > soft
    near "$(rms soft soft 144)" 0 0
    atmost "$(pixels soft 144 | sort -g | tail -1)" "$(pixels sharp 144 | sort -g | tail -1 | awk '{ print 0.9 * $1 }')"
    paste <(pixels soft 144) <(pixels sharp 144) | awk '{ a += $1; b += $2 } END { if (a / b < 0.9 || a / b > 1.1) exit 1 }'
}

@test "a plan: bytes near the peak, and what it is for on -v" {
    args=(--cell 25.6,25.6,10 --scan 6,6,14,14,0.8 -p 0.1 -d 30,60)
    atoms 'Zr 8 8 1' 'O 10 11 3.1' 'Zr 12.1 16 5' 'O 14 14 9' > four
    multislice "${args[@]}" four --dry-run -v > plan 2> said
    grep -q 'carry 65.6 mrad; a cell of 256 x 256' said
    atleast "$(column plan cpu_seconds)" 0.05
    [ -z "$SANITIZED" ] || return 0 # they need memory of their own
    for how in '' '--method prism' '--fast' '--phonons 2' '--window 12'; do
        # shellcheck disable=SC2086
        multislice "${args[@]}" $how four --dry-run > plan
        # shellcheck disable=SC2086
        multislice "${args[@]}" $how four -v 2> said > o
        peak=$(sed -n 's/.* \([0-9.]*\) MB peak/\1/p' said)
        echo "$how: $(column plan bytes) $peak"
        near "$(column plan bytes)" "$(awk "BEGIN { print 1e6 * $peak }")" "$(awk "BEGIN { print 0.1e6 * $peak }")"
    done
}

@test "elements: each scatters and moves by its own numbers" {
    atoms 'Zr 8 8 1' 'O 2 2 1' > two # the scan's last place and its first
    args=(--cell 16,16,2 --scan 2,2,2,2,6 -p 0.08 -d 40,80 --report r.tsv two)
    multislice "${args[@]}" > o
    zr=$(signal r.tsv 4 4) o=$(signal r.tsv 1 4)
    atleast "$zr" "$(awk "BEGIN { print 5 * $o }")"
    multislice "${args[@]}" --phonons 4 --displacements Zr=0,O=0.5 > o
    near "$(signal r.tsv 4 4)" "$zr" "$(awk "BEGIN { print 0.02 * $zr }")"
    atmost "$(signal r.tsv 1 4)" "$(awk "BEGIN { print 0.8 * $o }")"
}

@test "a series: depth from the top of the atoms, vacuum beside them" {
    atoms 'O 0 0 9' > deep # 19 angstrom below the entrance
    for d in 0 19; do
        multislice -a 0 --size 1 -d 30,60 --source 0 --defocus $d deep > d$d
    done
    atleast "$(pixels d19 1)" "$(pixels d0 1 | awk '{ print 1.2 * $1 }')"
    atoms 'O 0 0 0' > one # an image wider than a cell for the atom alone
    multislice -a 0 --size 24,5 --step 1 -d 30,60 --source 0 --full one > wide
    pixels wide 120 | awk '{ x = (NR - 1) % 24 - 12; if (x * x > 36 && $1 > far) far = $1; if ($1 > most) { most = $1; at = NR } }
        END { if (at != 61 || far > 0.01 * most) { print at, far, most; exit 1 } }'
}

@test "bad options and atoms" {
    run -2 multislice "$data/multislice.in"; [[ $output == *"--angles"* ]]
    run -2 multislice -a 0 --cell 5,5,5 --scan 0,0,1,1,1 "$data/multislice.in"
    run -2 multislice --cell 5,5 --scan 0,0,1,1,1 "$data/multislice.in"
    run -2 multislice --cell 5,5,5 --scan 0,0,1.5,1,1 "$data/multislice.in"
    for d in 40 40,30 a,b 10,20,30 ring:10,20 '10,20 ' ''; do
        run -2 multislice -a 0 -d "$d" "$data/multislice.in"
    done
    run -2 multislice -a 0 --idpc "$data/multislice.in"
    run -2 multislice -a 0 --also 10,20 "$data/multislice.in"
    run -2 multislice --cell 5,5,5 --scan 0,0,1,1,1 -p 0.1 -d 10,50 --method prism --factor 7 "$data/multislice.in"
    atoms 'Xx 0 0 0' > x; run -1 multislice -a 0 x; [[ $output == *"no element"* ]]
    atoms 'He 0 0 0' > x; run -1 multislice -a 0 x; [[ $output == *"scattering factor of He"* ]]
}
