load ../helpers

setup() { [ -d "$DATA/phantom/small" ] || skip "no DATA"; small=$DATA/phantom/small; }
numbers() { tail -c $((176 * 176 * 47 * 4)) "$1" | od -An -v -tf4 -w4; }
angles() { grep -a -m1 '^tilt_angles:=' "$1" | sed 's/.*:=//' | tr ' ' '\n'; }

@test "atoms-project: the small phantom's clean images, to 1e-4 of the highest pixel" {
    a=$small/atoms.xyz o=$small/oxygen.xyz
    { echo $(($(head -1 "$a") + $(head -1 "$o"))); sed -n 2p "$a"; tail -n +3 "$a"; tail -n +3 "$o"; } > both.xyz
    angles "$small/clean.nrrd" > a.tlt
    atoms-project -a a.tlt -p 0.358 -s 176 --relative-to Zr --per-area both.xyz > o
    paste <(numbers o) <(numbers "$small/clean.nrrd") | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > m) m = d; if ($2 > t) t = $2 }
        END { print m / t }' > d
    echo "# atoms-project: largest difference $(cat d) of the highest pixel" >&3
    atmost "$(cat d)" 1e-4
}

@test "background-subtract: small aligned against clean, inside the particle" {
    background-subtract --mask-out m "$small/aligned.nrrd" > o
    paste <(numbers o) <(numbers m) <(numbers "$small/clean.nrrd") | awk '{ k = int((NR - 1) / 30976); s[k] += $3; if ($2) { d[k] += $1 / 203.012 - $3; p[k] += $3 } }
        END { for (k = 0; k < 47; k++) { b = d[k] / p[k]; m += b / 47; q += b * b / 47; o = 1 - p[k] / s[k]; if (o > w) w = o } print m, sqrt(q), w }' > d
    read -r mean rms outside < d
    echo "# background-subtract: bias inside $mean of the particle's mean (r.m.s. over the images $rms); particle outside the mask at most $outside" >&3
    near "$mean" 0 0.015; atmost "$rms" 0.02; atmost "$outside" 2e-3
}
