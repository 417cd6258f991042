#!/usr/bin/env bats
# peak-find: sampled Gaussians, plateaus, pairs, slabs. The truth is the list of centres from which awk samples the volumes.
load helpers

# gaussians SIGMA STEP < centres (x y z, voxels) > volume of 36 x 36 x 36 voxels of STEP angstrom, first sample at 1 2 3 A
gaussians() {
    awk -v s="$1" -v h="$2" '
        { c[NR, 0] = $1; c[NR, 1] = $2; c[NR, 2] = $3 }
        END { n = 36
            printf "NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nencoding: ascii\nspace dimension: 3\n", n, n, n
            printf "space directions: (%s,0,0) (0,%s,0) (0,0,%s)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\nspace origin: (1,2,3)\n\n", h, h, h
            for (k = 1; k <= NR; k++) for (a = 0; a < 3; a++) for (i = 0; i < n; i++)
                g[k, a, i] = exp(-(i - c[k, a]) ^ 2 / (2 * s * s))
            for (z = 0; z < n; z++) for (y = 0; y < n; y++) { line = ""
                for (k = 1; k <= NR; k++) p[k] = 100 * g[k, 1, y] * g[k, 2, z]
                for (x = 0; x < n; x++) { v = 0; for (k = 1; k <= NR; k++) v += p[k] * g[k, 0, x]
                    line = line sprintf(v < 1e-12 ? "0 " : "%.8g ", v) }
                print line } }'
}

# 8 random centres at least 15 voxels apart
centres() {
    awk -v seed="$1" 'BEGIN { srand(seed)
        for (k = 0; k < 8; k++) print 9.5 + 16 * (k % 2) + rand(), 9.5 + 16 * (int(k / 2) % 2) + rand(), 9.5 + 16 * int(k / 4) + rand() }'
}

# distances ATOMS CENTRES STEP: r.m.s. distance in voxels of each centre to the nearest atom
distances() {
    awk -v h="$3" 'NR == FNR { if (FNR > 2) { m++; x[m] = ($2 - 1) / h; y[m] = ($3 - 2) / h; z[m] = ($4 - 3) / h } next }
        { best = 1e9; for (i = 1; i <= m; i++) { d = (x[i] - $1)^2 + (y[i] - $2)^2 + (z[i] - $3)^2; if (d < best) best = d }
          sum += best; n++ } END { print sqrt(sum / n) }' "$1" "$2"
}

# bias SIGMA OPTIONS...: r.m.s. error over two sets of 8 atoms; sets $bias
bias() {
    local s=$1 sum=0 e
    shift
    for seed in 1 2; do
        centres $seed > c
        gaussians "$s" 0.343 < c > v.nrrd
        peak-find "$@" v.nrrd > atoms.xyz
        [ "$(head -1 atoms.xyz)" -eq 8 ]
        e=$(distances atoms.xyz c 0.343)
        sum=$(awk -v a="$sum" -v b="$e" 'BEGIN { print a + b * b / 2 }')
    done
    bias=$(awk -v a="$sum" 'BEGIN { print sqrt(a) }')
}

@test "peak-find: isolated Gaussians, error of the polynomial fit as tabulated (R = 7 and 3)" {
    while read -r s r7 r3; do
        bias "$s"
        atmost "$bias" "$(awk -v r="$r7" 'BEGIN { print 1.3 * r }')"
        atleast "$bias" 0.004
        bias "$s" --box 0.8 --threshold 1
        atmost "$bias" "$(awk -v r="$r3" 'BEGIN { print 1.3 * r }')"
    done <<< "1.041 0.015 0.032
0.997 0.016 0.036
0.875 0.022 0.051
1.312 0.008 0.014"
}

@test "peak-find: --fit gauss has a bias below 0.003 voxel, whatever the width" {
    for s in 1.041 0.875 1.312; do
        bias $s --fit gauss
        atmost "$bias" 0.003
    done
    near "$(values atoms.xyz height | sort -g | head -1)" 100 0.01
    bias 1.041 --fit gauss --sigma 0.357063
    atmost "$bias" 0.003
}

@test "peak-find: --fit gauss takes the tails of neighbours into account" {
    # 6 atoms in pairs of 2.3 A: 6.7 voxels, sigma 1.6 voxels
    printf '%s\n' '10.3 10.1 12.4' '17 10.1 12.4' '24.2 24.9 10.3' '24.2 18.2 10.3' '12.1 24.7 24.3' '12.1 24.7 17.6' > c
    gaussians 1.6 0.343 < c > v.nrrd
    peak-find v.nrrd > poly.xyz
    peak-find --fit gauss v.nrrd > gauss.xyz
    [ "$(head -1 gauss.xyz)" -eq 6 ]
    atmost "$(distances gauss.xyz c 0.343)" 0.003
    atleast "$(distances poly.xyz c 0.343)" 0.004
}

@test "peak-find: --aniso finds centres of ellipsoids" {
    centres 3 > c
    # stretched along z: sampled with sigma 1.3 on 36 planes, read as voxels of the same edge
    awk '{ print $1, $2, $3 }' c | awk '
        { c[NR, 0] = $1; c[NR, 1] = $2; c[NR, 2] = $3 }
        END { s[0] = s[1] = 0.9; s[2] = 1.3; n = 36
            printf "NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nencoding: ascii\nspace dimension: 3\n", n, n, n
            print "space directions: (0.343,0,0) (0,0.343,0) (0,0,0.343)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\nspace origin: (1,2,3)\n"
            for (z = 0; z < n; z++) for (y = 0; y < n; y++) for (x = 0; x < n; x++) { v = 0
                for (k = 1; k <= NR; k++) { d = (x - c[k, 0])^2 / 0.81 + (y - c[k, 1])^2 / 0.81 + (z - c[k, 2])^2 / 1.69; if (d < 60) v += exp(-d / 2) }
                print v } }' > v.nrrd
    peak-find --fit gauss --aniso v.nrrd > atoms.xyz
    [ "$(head -1 atoms.xyz)" -eq 8 ]
    atmost "$(distances atoms.xyz c 0.343)" 0.001
}

@test "peak-find: of two atoms 1.9 A apart one is kept, 2.1 A apart both" {
    for d in 1.9 2.1; do
        awk -v d=$d 'BEGIN { print 17.3, 18.1, 14.2; print 17.3, 18.1 + d / 0.343, 14.2 }' > c
        gaussians 1.041 0.343 < c | peak-find > $d.xyz
    done
    [ "$(head -1 1.9.xyz)" -eq 1 ]
    [ "$(head -1 2.1.xyz)" -eq 2 ]
    gaussians 1.041 0.343 < c | peak-find --min-distance 2.2 --all > all.xyz
    [ "$(values all.xyz flag | grep -c -- '^-3$')" -eq 1 ]
}

@test "peak-find: a plateau is one candidate, also one that touches in parts only" {
    # a flat L of 5 voxels above a slope: linear interpolation keeps it flat
    awk 'BEGIN { print "NRRD0005\ntype: float\ndimension: 3\nsizes: 15 15 15\nencoding: ascii\nspace dimension: 3"
        print "space directions: (0.4,0,0) (0,0.4,0) (0,0,0.4)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\n"
        for (z = 0; z < 15; z++) for (y = 0; y < 15; y++) for (x = 0; x < 15; x++) {
            v = 10 - sqrt((x - 7)^2 + (y - 7)^2 + (z - 7)^2)
            if (z == 7 && (y == 7 && x > 5 && x < 9 || x == 6 && y > 6 && y < 10)) v = 10.5
            print v } }' > v.nrrd
    peak-find --upsample linear --edge-margin 0 --all v.nrrd > all.xyz
    [ "$(head -1 all.xyz)" -eq 1 ]
    peak-find --upsample linear --edge-margin 0 --all --neigh 26 v.nrrd > all26.xyz
    [ "$(head -1 all26.xyz)" -eq 1 ]
}

@test "peak-find: nothing to find: no atoms, exit 0, a warning" {
    for v in 0 5; do
        awk -v v=$v 'BEGIN { print "NRRD0005\ntype: float\ndimension: 3\nsizes: 9 8 7\nencoding: ascii\nspace dimension: 3"
            print "space directions: (0.4,0,0) (0,0.4,0) (0,0,0.4)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\n"
            for (i = 0; i < 504; i++) print v }' > flat.nrrd
        run -0 --separate-stderr peak-find flat.nrrd
        [ "${lines[0]}" -eq 0 ]
        [[ $stderr == "peak-find: warning: every sample is $v: no peaks" ]]
    done
    run -0 --separate-stderr peak-find --threshold 1e9 "$data/peak-find.in"
    [[ $stderr == *"no local maximum above 1e+09; lower --threshold"* ]]
}

@test "peak-find: same bytes for any slab size and number of threads" {
    centres 5 > c
    gaussians 1.2 0.343 < c > v.nrrd
    for fit in poly gauss; do
        peak-find --no-history --all --fit $fit -j 1 v.nrrd > want
        for slab in 1 7 1000; do
            peak-find --no-history --all --fit $fit --slab $slab -j 3 v.nrrd > got
            cmp want got
        done
    done
}

@test "peak-find: intensity is the sum over the cube, height the peak's" {
    # constant gradient of the trilinear reading: the sum over a Gaussian's cube by awk
    echo "18.2 17.6 17.9" > c
    gaussians 1.041 0.343 < c > v.nrrd
    peak-find v.nrrd > atoms.xyz
    near "$(values atoms.xyz height)" 92 6 # a quartic is lower than its Gaussian
    want=$(awk 'function w(u, i) { u -= i; if (u < 0) u = -u; return u < 1 ? 1 - u : 0 }
        BEGIN { c[0] = 18.2; c[1] = 17.6; c[2] = 17.9; total = 100
            for (a = 0; a < 3; a++) { sum = 0
                for (m = -7; m <= 7; m++) for (i = 0; i < 36; i++) sum += w(c[a] + m / 3, i) * exp(-(i - c[a])^2 / (2 * 1.041^2))
                total *= sum }
            print total }')
    near "$(awk -v a="$(values atoms.xyz intensity)" -v b="$want" 'BEGIN { print a / b }')" 1 0.002
}

@test "peak-find: margins, thresholds and counts" {
    centres 6 > c
    gaussians 1.041 0.343 < c > v.nrrd
    peak-find --max-peaks 3 v.nrrd > three.xyz
    [ "$(head -1 three.xyz)" -eq 3 ]
    peak-find --edge-margin 12 v.nrrd > few.xyz 2> err
    [ "$(head -1 few.xyz)" -eq 0 ]
    grep -q 'none of .* local maxima is a peak' err
    peak-find --edge-margin 12 --all v.nrrd > all.xyz 2> err
    [ "$(values all.xyz flag | grep -c -- '^-5$')" -eq 8 ]
    peak-find --grid published v.nrrd > published.xyz
    peak-find --no-history v.nrrd > centred.xyz
    [ "$(head -1 published.xyz)" -eq 8 ]
    near "$(values published.xyz pos 1 | head -1)" "$(values centred.xyz pos 1 | head -1)" 1e-9
}

@test "peak-find: keys, the rotation centre and the history go with the atoms" {
    echo "18.2 17.6 17.9" > c
    gaussians 1.041 0.343 < c | sed 's/^$/note:=a key\n/' > v.nrrd
    peak-find v.nrrd > atoms.xyz
    sed -n 2p atoms.xyz | grep -q 'note="a key"'
    sed -n 2p atoms.xyz | grep -q 'rotation_centre="7.17'
    sed -n 2p atoms.xyz | grep -q 'aetools_history_1="peak-find'
    near "$(values atoms.xyz pos 0)" "$(awk 'BEGIN { print 1 + 18.2 * 0.343 }')" 0.01
}

@test "peak-find: bad input" {
    run -1 --separate-stderr peak-find <(sed 's/space units.*//' "$data/peak-find.in")
    run -2 --separate-stderr peak-find --box 0.3 "$data/peak-find.in"
    [[ $stderr == *"fine voxels to each side; want 2 to 40"* ]]
    oneline
    run -2 --separate-stderr peak-find --neigh 18 "$data/peak-find.in"
    run -2 --separate-stderr peak-find --oversample 0 "$data/peak-find.in"
}
