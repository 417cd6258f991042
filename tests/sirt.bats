# sirt: the weighted residual, exact data, weights, support.
# shellcheck shell=bash disable=SC2154
load helpers

# blobs NX NY NZ: three Gaussians, 0.4 angstrom voxels
blobs() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nspacings: 0.4 0.4 0.4\nunits: "A" "A" "A"\nencoding: ascii\n\n' "$@"
    awk -v n="$1" -v m="$2" -v l="$3" 'BEGIN { for (z = 0; z < l; z++) for (y = 0; y < m; y++) for (x = 0; x < n; x++) {
        a = x - int(n / 2); b = y - int(m / 2); c = z - int(l / 2)
        printf "%.7g\n", 3 * exp(-((a-3)^2 + b^2 + (c+4)^2) / 5) + 2 * exp(-((a+4)^2 + (b-1)^2 + (c-2)^2) / 4) + exp(-(a^2 + (b+1)^2 + c^2) / 6) } }'
}
floats() { tail -c $(($2 * 4)) "$1" | od -An -v -t f4 -w4 | tr -d ' '; }
falls() { awk 'NR > 1 && $1 > p { print "rises to " $1; exit 1 } { p = $1 }'; }
correlation() { paste "$1" "$2" | awk '{ n++; a += $1; b += $2; aa += $1 * $1; bb += $2 * $2; ab += $1 * $2 } END { print (ab - a * b / n) / sqrt((aa - a * a / n) * (bb - b * b / n)) }'; }

@test "sirt: the weighted residual falls at every step without clipping" {
    blobs 17 5 17 | vol-project --angles -66:12:66 >tilts
    sirt --no-positivity -n 40 --report r.tsv tilts >v
    column r.tsv weighted_residual | falls
    [ "$(column r.tsv iteration | wc -l)" -eq 40 ]
    near "$(column r.tsv R1 | head -n 1)" 1 1e-12
    printf '3 -62 2\n-1 -41 0\n4 -18 -3\n0 3 2\n-2 27 5\n1 46 -4\n3 63 1\n' >list
    blobs 17 5 17 | vol-project --angles list >tilts
    sirt --no-positivity -n 40 --report r.tsv tilts >v
    column r.tsv weighted_residual | falls
    atmost "$(column r.tsv R1 | tail -n 1)" 0.1
}

@test "sirt: exact images bring the volume back" {
    blobs 17 3 17 >truth
    vol-project --angles -84:7:84 truth >tilts
    sirt -n 150 --report r.tsv tilts >v
    atmost "$(column r.tsv R1 | tail -n 1)" 0.01
    floats v 867 >got
    sed '1,/^$/d' truth >want
    atleast "$(correlation got want)" 0.99
    atleast "$(sort -g got | head -n 1)" 0
    grep -a '^sizes: 17 3 17$' v
}

@test "sirt: the first step is C A'R b, by hand" {
    # one image at 0 degrees, one sub-sample: A sums along z, R = 1/nz, C = 1
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 3 2 1\nencoding: ascii\nlabels: "x" "y" "tilt"\ntilt_angles:=0\n\n2 4 6 8 -10 12\n' >tilts
    sirt -n 1 --subsample 1 --pixel 0.5 --thickness 2 --no-positivity tilts >v
    [ "$(floats v 24 | tr '\n' ' ')" = "$(for _ in 1 2 3 4; do printf '0.5 1 1.5 2 -2.5 3 '; done)" ]
    sirt -n 1 --subsample 1 --pixel 0.5 --thickness 2 tilts >v
    [ "$(floats v 6 | tr '\n' ' ')" = "0.5 1 1.5 2 0 3 " ]
    sirt -n 2 --subsample 1 --pixel 0.5 --thickness 2 --no-positivity --report r.tsv tilts >w
    near "$(column r.tsv R1 | tail -n 1)" 0 1e-12 # it fits after one step
    # residual sum b^2 / nz before it
    near "$(column r.tsv weighted_residual | head -n 1)" 91 1e-4
}

@test "sirt: support" {
    blobs 13 3 13 | vol-project --angles -60:20:60 >tilts
    { blobs 13 3 13 | sed '/^$/q'; awk 'BEGIN { for (z = 0; z < 13; z++) for (y = 0; y < 3; y++) for (x = 0; x < 13; x++) print (x > 4) * 7 }'; } >mask
    sirt -n 5 --support mask tilts >v
    floats v 507 | awk '{ x = (NR - 1) % 13; if (x <= 4 && $1 != 0) exit 1; if (x > 4) s += $1 } END { if (!(s > 1)) exit 1 }'
    run -1 --separate-stderr sirt -n 5 --thickness 4.8 --support mask tilts
    oneline
    [[ $stderr == *"sizes 13 3 13 are not those of the volume, 13 3 12"* ]]
}

@test "sirt: what it refuses" {
    sed 's/^5[0-9][0-9].*/0 0 0 0 0/' "$data/six-tilts.nrrd" >zero
    run -1 --separate-stderr sirt zero
    oneline
    [ -z "$output" ]
    [[ $stderr == *"image 5 is 0 everywhere"* ]]
    run -1 --separate-stderr sirt "$data/volume.nrrd"
    oneline
    run -2 --separate-stderr sirt --subsample 2 zero
    [[ $stderr == *"--subsample"* ]]
}
