#!/usr/bin/env bats
load helpers

# gaussians N:MEAN:SIGMA ... : atoms on a wide grid with normal intensities and
# the number of their class in `type`, in mixed order. Deterministic: a linear
# congruence (16807, 2^31 - 1) and Box-Muller. SEED sets the start.
gaussians() {
    awk -v seed="${SEED:-4711}" -v list="$*" '
        function u() { x = (x * 16807) % 2147483647; return x / 2147483647 }
        BEGIN { x = seed; m = split(list, g, " ")
            for (i = 1; i <= m; i++) { split(g[i], p, ":")
                for (j = 0; j < p[1]; j++) {
                    v[n] = p[2] + p[3] * sqrt(-2 * log(u())) * cos(6.283185307179586 * u())
                    t[n] = i - 1; o[n] = n; n++ } }
            for (i = n - 1; i > 0; i--) { j = int(u() * (i + 1)); k = o[i]; o[i] = o[j]; o[j] = k }
            printf "%d\nProperties=species:S:1:pos:R:3:intensity:R:1:type:I:1\n", n
            for (i = 0; i < n; i++) { k = o[i]
                printf "X %g %g %g %.12g %d\n", 3 * (i % 30), 3 * (int(i / 30) % 30), 3 * int(i / 900), v[k], t[k] } }'
}

# errors FILE: share of rows whose label is not their type
errors() { paste <(values "$1" label) <(values "$1" type) | awk '$1 != $2 { n++ } END { print n / NR }'; }

@test "kmeans-trace: N(100,10) and N(20,5), 10000 and 1000: under 0.1 % wrong" {
    gaussians 1000:20:5 10000:100:10 > in.xyz
    kmeans-trace --keep --species Zr --report r.tsv in.xyz > out.xyz
    atmost "$(errors out.xyz)" 0.001
    near "$(column r.tsv mean | tail -1)" 100 0.5
    near "$(column r.tsv variance | tail -1)" 100 5
    atleast "$(column r.tsv separation | tail -1)" 6
    [ "$(values out.xyz species | sort | uniq -c | awk '$2 == "Zr" { print $1 }')" -gt 9990 ]
}

@test "kmeans-trace: non-atoms leave, --rejected has them, nothing is lost" {
    gaussians 100:20:5 500:100:10 > in.xyz
    kmeans-trace --rejected bad.xyz in.xyz > good.xyz
    [ "$(head -1 bad.xyz)" -eq 100 ]
    [ "$(head -1 good.xyz)" -eq 500 ]
    [ "$(values bad.xyz type | sort -u)" = 0 ]
    diff <(tail -n +3 in.xyz | awk '{ print $2, $3, $4 }' | sort) \
        <(tail -q -n +3 good.xyz bad.xyz | awk '{ print $2, $3, $4 }' | sort)
}

@test "kmeans-trace: one Gaussian is kept whole, with a warning" {
    gaussians 12000:100:10 > in.xyz
    for k in 2 3 4; do
        run --separate-stderr kmeans-trace --classes "$k" --report "r$k.tsv" -o out.xyz in.xyz
        [ "$status" -eq 0 ]
        [[ "$stderr" == *"separated by 1.9"* || "$stderr" == *"separated by 1.8"* || "$stderr" == *"separated by 2.0"* ]]
        [[ "$stderr" == *"nothing to split"* ]]
        [ "$(head -1 out.xyz)" -eq 12000 ]
    done
    kmeans-trace --force in.xyz > cut.xyz 2> /dev/null
    near "$(head -1 cut.xyz)" 6000 400
}

@test "kmeans-trace: planted separations 1.5, 2.5, 4 with K = 2, 3, 4: whole, split, split" {
    for k in 2 3 4; do
        for s in 1.5 2.5 4; do
            list=""
            for c in $(seq "$k"); do
                list+=" $((12000 / k)):$(awk -v c="$c" -v s="$s" 'BEGIN { print 100 + c * s * 10 * sqrt(2) }'):10"
            done
            gaussians $list > in.xyz
            kmeans-trace --keep --classes "$k" in.xyz > out.xyz 2> err
            n=$(values out.xyz label | sort -u | wc -l)
            if [ "$s" = 1.5 ]; then
                [ "$n" -eq 1 ]
                grep -q "nothing to split" err
            else
                [ "$n" -eq "$k" ]
                [ ! -s err ]
            fi
        done
    done
}

@test "kmeans-trace: scale and order of the atoms do not matter" {
    gaussians 300:20:5 900:60:9 700:120:9 > in.xyz
    kmeans-trace -k 3 --keep in.xyz > a.xyz
    awk 'NR < 3 { print; next } { $5 = $5 * 37.25e7; print }' in.xyz | kmeans-trace -k 3 --keep > b.xyz
    diff <(values a.xyz label) <(values b.xyz label)
    { head -2 in.xyz; tail -n +3 in.xyz | tac; } | kmeans-trace -k 3 --keep > c.xyz
    diff <(values a.xyz label) <(values c.xyz label | tac)
}

@test "kmeans-trace: --lnorm 1 takes medians: an outlier moves the mean, not the cut" {
    printf '7\nProperties=species:S:1:pos:R:3:intensity:R:1\n' > in.xyz
    n=0
    for i in 1 2 3 10 11 12 40; do printf 'X %d 0 0 %s\n' $((n += 5)) $i; done >> in.xyz
    kmeans-trace --force --keep in.xyz > l2.xyz
    kmeans-trace --force --keep --lnorm 1 in.xyz > l1.xyz
    [ "$(values l2.xyz label | tr -d '\n')" = 0000001 ] # 113.5 against 655.5
    [ "$(values l1.xyz label | tr -d '\n')" = 0000001 ] # 27 against 33
    sed 's/ 40$/ 30/' in.xyz > in2.xyz
    kmeans-trace --force --keep --lnorm 1 in2.xyz > l1.xyz
    [ "$(values l1.xyz label | tr -d '\n')" = 0001111 ] # 23 against 27
}

@test "kmeans-trace: of two near atoms the stronger stays" {
    printf '6\nProperties=species:S:1:pos:R:3:intensity:R:1\n' > in.xyz
    printf 'X %s 0 0 %s\n' 0 100 1.9 105 5 98 7.0 97 11 103 15 8 >> in.xyz
    kmeans-trace in.xyz > out.xyz
    [ "$(values out.xyz pos | tr '\n' ' ')" = "1.9 5 7 11 " ] # 7 - 5 is not below 2
    kmeans-trace --min-distance 0 in.xyz > out.xyz
    [ "$(head -1 out.xyz)" -eq 5 ]
}

# blobs: a volume of Gaussians of sigma 1 voxel (0.5 A) and the atoms table
blobs() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 30 30 30\nencoding: ascii\nkinds: space space space\nlabels: "x" "y" "z"\nspace dimension: 3\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,0.5)\nspace units: "angstrom" "angstrom" "angstrom"\nspace origin: (-7.5,-7.5,-7.5)\n\n' > vol.nrrd
    awk 'BEGIN { m = split("6 6 6 1;6 15 6 1.05;6 24 6 0.95;15 6 6 1;24 6 6 1.02;6 6 15 0.2;15 15 15 1;24 24 24 0.99;15 24 15 0.22;24 15 22 0.18", a, ";")
        printf "%d\nProperties=species:S:1:pos:R:3:intensity:R:1\n", m > "blobs.xyz"
        for (i = 1; i <= m; i++) { split(a[i], p, " "); for (c = 1; c <= 4; c++) q[i, c] = p[c]
            printf "X %g %g %g %g\n", (p[1] + 0.3) * 0.5 - 7.5, p[2] * 0.5 - 7.5, (p[3] - 0.2) * 0.5 - 7.5, p[4] > "blobs.xyz" }
        for (z = 0; z < 30; z++) for (y = 0; y < 30; y++) { s = ""
            for (x = 0; x < 30; x++) { v = 0
                for (i = 1; i <= m; i++) { d = (x - q[i, 1] - 0.3) ^ 2 + (y - q[i, 2]) ^ 2 + (z - q[i, 3] + 0.2) ^ 2
                    if (d < 30) v += q[i, 4] * exp(-d / 2) }
                s = s sprintf("%.5f ", v) }
            print s } }' >> vol.nrrd
}

@test "kmeans-trace: intensities from the volume are the sum over the cube" {
    blobs
    kmeans-trace --volume vol.nrrd --keep blobs.xyz > out.xyz
    # half 5 samples of 1/6 A; a Gaussian of 0.5 A seen through linear reading:
    # sum = (sum over 11 samples of the interpolated profile)^3, by the shell here
    want=$(awk 'function g(x, c) { return exp(-(x - c) ^ 2 / 2) }
        function s(c,   m, x, f, t) { t = 0
            for (m = -5; m <= 5; m++) { x = 6 + c + m / 3; f = int(x); t += (1 - x + f) * g(f, 6 + c) + (x - f) * g(f + 1, 6 + c) }
            return t }
        BEGIN { print s(0.3) * s(0) * s(-0.2) }')
    near "$(values out.xyz intensity | head -1)" "$want" 0.02
    [ "$(values out.xyz label | tr -d '\n')" = 1111101100 ]
    [ "$(values out.xyz edge | sort -u)" = 0 ]
}

@test "kmeans-trace: column and volume give the same labels" {
    blobs
    peak-find --edge-margin 0 --threshold 0.05 vol.nrrd > p.xyz
    kmeans-trace --keep p.xyz > a.xyz
    kmeans-trace --keep --volume vol.nrrd p.xyz > b.xyz
    diff <(values a.xyz label) <(values b.xyz label)
    paste <(values a.xyz intensity) <(values b.xyz intensity) |
        awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-9 * $1) exit 1 }'
    [ "$(kmeans-trace p.xyz | head -1)" -eq 7 ]
}

@test "kmeans-trace: a box beyond the volume counts zero outside and is flagged" {
    blobs
    printf '3\nProperties=species:S:1:pos:R:3\nX -7.4 0 0\nX -4.35 -4.5 -4.6\nX 400 0 0\n' |
        kmeans-trace --force --keep --volume vol.nrrd > out.xyz
    [ "$(values out.xyz edge | tr -d '\n')" = 101 ]
    [ "$(values out.xyz intensity | tail -1)" = 0 ]
}

@test "kmeans-trace: --template and --iterate-templates find the blobs" {
    blobs
    for o in --template --iterate-templates; do
        kmeans-trace $o --volume vol.nrrd --keep blobs.xyz > out.xyz
        [ "$(values out.xyz label | tr -d '\n' | cut -c1-5)" = 11111 ]
        # a place without any atom
        { sed '1s/.*/11/' blobs.xyz; echo "X 4.5 -4.5 4.5 0"; } |
            kmeans-trace $o --volume vol.nrrd --keep > out.xyz
        [ "$(values out.xyz label | tail -1)" = 0 ]
    done
}

# row: 37 atoms along x, 3 A apart, of two kinds in turn (1 and 1.5) on a gain
# that grows from 1 to 1.6, and twelve non-atoms
row() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 294 12 12\nencoding: ascii\nspace dimension: 3\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,0.5)\nspace units: "angstrom" "angstrom" "angstrom"\nspace origin: (0,0,0)\n\n' > row.nrrd
    awk 'function h(i) { return i < 37 ? (i % 2 ? 1.5 : 1) * (1 + 0.6 * i / 36) : 0.1 }
        BEGIN { print "49\nProperties=species:S:1:pos:R:3:type:I:1" > "row.xyz"
        for (i = 0; i < 49; i++) print "X", 3 * i + 1.5, i < 37 ? 3 : 1, 3, i < 37 ? 1 + i % 2 : 0 > "row.xyz"
        for (z = 0; z < 12; z++) for (y = 0; y < 12; y++) { s = ""
            for (x = 0; x < 294; x++) { v = 0; k = int(x / 6)
                for (i = k - 1; i <= k + 1; i++) if (i >= 0 && i < 49) {
                    d = (x - 6 * i - 3) ^ 2 + (y - (i < 37 ? 6 : 2)) ^ 2 + (z - 6) ^ 2
                    if (d < 30) v += h(i) * exp(-d / 2) }
                s = s sprintf("%.4f ", v) }
            print s } }' >> row.nrrd
}

@test "kmeans-trace: species by intensity, then corrected among neighbours" {
    gaussians 300:20:4 400:100:8 500:200:8 > in.xyz
    kmeans-trace --species O,Zr in.xyz > out.xyz
    [ "$(paste <(values out.xyz species) <(values out.xyz type) | sort -u | tr '\t\n' '  ')" = "O 1 Zr 2 " ]
    row
    kmeans-trace --species O,Zr --volume row.nrrd --force --keep --local-radius 0 row.xyz > out.xyz
    atleast "$(errors out.xyz)" 0.05
    for norm in 1 2; do
        kmeans-trace --species O,Zr --volume row.nrrd --force --keep --local-radius 10 --lnorm $norm row.xyz > out.xyz
        near "$(errors out.xyz)" 0 0
    done
}

@test "kmeans-trace: species without non-atoms are told apart, all are kept" {
    gaussians 500:100:8 500:200:8 > in.xyz
    run --separate-stderr kmeans-trace --species O,Zr -o out.xyz in.xyz
    [[ "$stderr" == *"no non-atoms are separated from the 2 species"* ]]
    [ "$(paste <(values out.xyz species) <(values out.xyz type) | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ' ')" = "500 O 0 500 Zr 1 " ]
}

@test "kmeans-trace: --weak-first splits the non-atoms off the weakest species" {
    gaussians 200:10:3 2000:40:4 2000:200:12 2000:330:12 > in.xyz
    kmeans-trace --weak-first -k 4 --keep in.xyz > out.xyz
    atmost "$(errors out.xyz)" 0.001
}

@test "kmeans-trace: --support turns non-atoms inside into atoms" {
    blobs
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 30 30 30\nencoding: ascii\nspace dimension: 3\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,0.5)\nspace units: "angstrom" "angstrom" "angstrom"\nspace origin: (-7.5,-7.5,-7.5)\n\n' > mask.nrrd
    awk 'BEGIN { for (i = 0; i < 27000; i++) print (i % 30 < 20) }' >> mask.nrrd
    kmeans-trace --keep --support mask.nrrd blobs.xyz > out.xyz
    [ "$(values out.xyz label | tr -d '\n')" = 1111111110 ]
    kmeans-trace --keep --support mask.nrrd --support-only blobs.xyz > out.xyz
    [ "$(values out.xyz label | tr -d '\n')" = 1111011010 ]
}

@test "kmeans-trace --soft: an overlap of two sigma, 15.9 % errors in theory, calibrated" {
    gaussians 10000:80:10 10000:100:10 > in.xyz
    kmeans-trace --soft --keep --min-distance 0 --report r.tsv in.xyz > out.xyz 2> err
    near "$(errors out.xyz)" 0.1587 0.01
    # expected errors: sum over classes of n_a (1 - C_aa)/N
    near "$(awk -F'\t' '!/^#/ { s += $3 * (1 - $(10 + $1)); n += $3 } END { print s / n }' r.tsv)" 0.1587 0.01
    near "$(column r.tsv fit_sigma | head -1)" 10 0.7
    # true share of atoms with p_atom in [0.4, 0.6]
    near "$(paste <(values out.xyz p_atom) <(values out.xyz type) |
        awk '$1 >= 0.4 && $1 <= 0.6 { n++; s += $2 } END { print s / n }')" 0.5 0.05
}

@test "kmeans-trace --soft: well separated classes, and one Gaussian kept whole" {
    gaussians 1000:20:5 10000:100:10 > in.xyz
    kmeans-trace --soft --keep in.xyz > out.xyz
    atmost "$(errors out.xyz)" 0.001
    paste <(values out.xyz label) <(values out.xyz p_atom) <(values out.xyz p_species) |
        awk '($1 ? $2 != $3 : $2 + $3 != 1) && ($2 - $1) ^ 2 > 1e-12 { exit 1 } $1 == ($2 < 0.5) { exit 1 }'
    gaussians 5000:100:10 > in.xyz
    kmeans-trace --soft in.xyz > out.xyz 2> err
    [ "$(head -1 out.xyz)" -eq 5000 ]
    grep -q "one Gaussian explains" err
}

@test "kmeans-trace --soft: three features with two species and a volume" {
    blobs
    # each blob's surroundings serve 6 times, with small shifts
    awk 'NR == 1 { print 6 * $1; next } NR == 2 { print; next }
        { for (i = 0; i < 6; i++) print $1, $2 + 0.03 * i * (NR % 3 - 1), $3 + 0.02 * i, $4 - 0.025 * (i % 4), $5 }' blobs.xyz > many.xyz
    kmeans-trace --soft --species O,Zr --volume vol.nrrd --min-distance 0 --keep many.xyz > out.xyz 2> err || cat err
    [ "$(head -1 out.xyz)" -eq 60 ]
    values out.xyz p_atom | awk '$1 < 0 || $1 > 1 { exit 1 }'
}

@test "kmeans-trace: bad input" {
    printf '1\nProperties=species:S:1:pos:R:3:intensity:R:1\nX 0 0 0 5\n' > one.xyz
    run -1 --separate-stderr kmeans-trace one.xyz
    [[ "$stderr" == *"1 values cannot be split into 2 classes"* ]]
    printf '3\nProperties=species:S:1:pos:R:3:intensity:R:1\nX 0 0 0 5\nX 9 0 0 5\nX 0 9 0 5\n' > equal.xyz
    run -0 --separate-stderr kmeans-trace equal.xyz
    [[ "$stderr" == *"all intensities are equal"* ]]
    [ "${lines[0]}" = 3 ]
    printf '3\nProperties=species:S:1:pos:R:3:intensity:R:1\nX 0 0 0 5\nX 9 0 0 nan\nX 0 9 0 5\n' > nan.xyz
    run -1 --separate-stderr kmeans-trace nan.xyz
    [[ "$stderr" == *"atom 1: the intensity is no finite number"* ]]
    printf '2\nProperties=species:S:1:pos:R:3\nX 0 0 0\nX 9 0 0\n' > none.xyz
    run -1 --separate-stderr kmeans-trace none.xyz
    [[ "$stderr" == *"no column 'intensity'"* ]]
    run -2 --separate-stderr kmeans-trace --template "$data/kmeans-trace.in"
    [[ "$stderr" == *"--template needs --volume"* ]]
    run -2 --separate-stderr kmeans-trace --species A,B -k 2 "$data/kmeans-trace.in"
    [[ "$stderr" == *"--species names 2 classes"* ]]
    run -1 --separate-stderr kmeans-trace --soft -k 4 "$data/kmeans-trace.in"
    [[ "$stderr" == *"too few for a mixture"* ]]
}
