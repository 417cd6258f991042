# The published Fourier-slice reconstructions, remade with resire --projector
# fst, and the baselines sirt and wbp on the same images.
# shellcheck shell=bash disable=SC2154
load ../helpers

setup() { [ -d "$DATA" ] || skip "no DATA"; }

floats() { tail -c $(($2 * 4)) "$1" | od -An -v -t f4 -w4; }
# compare A B N: relative 2-norm of the difference, correlation
compare() {
    paste <(floats "$1" "$3") <(floats "$2" "$3") | awk '{ n++; d += ($1 - $2)^2; a += $1; b += $2; aa += $1 * $1; bb += $2 * $2; ab += $1 * $2 }
        END { printf "%.6g %.7f\n", sqrt(d / bb), (ab - a * b / n) / sqrt((aa - a * a / n) * (bb - b * b / n)) }'
}

@test "fst: the metallic glass sample, published settings: R1 and the volume" {
    resire --pixel 1 --projector fst --fst-oversample 3 --step 2 -n 100 --report r.tsv "$DATA/mg-sample-tilts.nrrd" >v
    for i in 10 20 50 100; do
        got=$(column r.tsv R1 | sed -n ${i}p)
        want=$(awk -v i=$i '$1 == i { print $2 }' "$DATA/mg-sample-rfactor-published.tsv")
        near "$got" "$want" 1e-5
    done
    read -r norm _ < <(compare v "$DATA/mg-sample-recon-published.nrrd" 262144)
    echo "# fst: MG R1 $(column r.tsv R1 | sed -n 100p) after 100 iterations; volume differs by $norm (relative 2-norm)" >&3
    atmost "$norm" 1e-4
}

@test "fst: the tantalum film as an extended object: the first iterations" {
    resire --extended --projector fst --fst-oversample 1.5,3,3 --step 1 -n 6 --report r.tsv "$DATA/ta-area65-tilts.nrrd" >v
    for i in 2 3 4 5 6; do
        near "$(column r.tsv R1 | sed -n ${i}p)" "$(awk -v i=$i '$1 == i { print $2 }' "$DATA/ta-area65-rfactor-peer.tsv")" 1e-5
    done
    echo "# fst: Ta area 65 R1 $(column r.tsv R1 | sed -n 6p) before iteration 6" >&3
}

@test "fst: the tantalum film, published settings: R1 and the volume" {
    [ -n "$LONG" ] || skip "needs LONG=1 (25 CPU minutes)"
    resire --extended --projector fst --fst-oversample 1.5,3,3 --step 1 -n 500 --report r.tsv "$DATA/ta-area65-tilts.nrrd" >v
    read -r norm corr < <(compare v "$DATA/ta-area65-recon-published.nrrd" 978177)
    r1=$(column r.tsv R1 | sed -n 500p)
    echo "# fst: Ta area 65 R1 $r1 after 500 iterations; correlation $corr, relative 2-norm $norm with the published volume" >&3
    near "$r1" 0.1732 1e-4
    atleast "$corr" 0.9999
}

@test "sirt and wbp: correlation with the truth of the metallic glass sample" {
    sirt "$DATA/mg-sample-tilts.nrrd" >s
    wbp "$DATA/mg-sample-tilts.nrrd" >w
    read -r _ sirt < <(compare s "$DATA/mg-sample-truth.nrrd" 262144)
    read -r _ wbp < <(compare w "$DATA/mg-sample-truth.nrrd" 262144)
    echo "# sirt: $sirt (another program 0.966), wbp: $wbp (another program 0.910)" >&3
    atleast "$sirt" 0.966
    atleast "$wbp" 0.908
}
