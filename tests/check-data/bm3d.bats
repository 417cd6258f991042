load ../helpers

# PSNR on the test images beside the authors' package (peers.tsv): at or above
# it on average, nowhere more than 0.15 dB below. Quick: six of the 36.
setup() { images=$DATA/peers/image; [ -d "$images" ] || skip "no DATA"; }

floats() { tail -c "$(($1 * $1 * 4))" "$2" | od -An -v -tf4 -w4; }
# psnr NAME FILE: of a stream of floats against the clean image
psnr() {
    local n
    n=$(LC_ALL=C sed -n 's/^sizes: \([0-9]*\) .*/\1/p' "$images/$1.nrrd" | head -n 1)
    paste <(tail -c $((n * n)) "$images/$1.nrrd" | od -An -v -tu1 -w1) <(floats "$n" "$2") |
        awk '{ s += ($1 - $2)^2 } END { printf "%.3f\n", 10 * log(65025 * NR / s) / log(10) }'
}
peer() { awk -F'\t' -v i="$1" -v n="$2" -v m="$3" '$1 == i && $2 == n && $3 == m { print $4 }' "$images/peers.tsv"; }

# known NOISE: the options that tell the noise as it was made
known() {
    case $1 in
    w*) echo "--sigma ${1#w}" ;;
    pg*) echo "--gain $(awk -v e="${1#pg}" 'BEGIN { printf "%.9g", 255 / e }') --read-noise 5" ;;
    *) echo "--psd $images/psd64-$1.nrrd" ;;
    esac
}
# frames A B: two images as one stack of floats
frames() {
    bm3d-denoise --sigma 1e-9 --noise white --no-map --no-history "$1" > a
    bm3d-denoise --sigma 1e-9 --noise white --no-map --no-history "$2" > b
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 400 400 2\nencoding: raw\nendian: little\n\n'
    tail -c 640000 a
    tail -c 640000 b
}
# gauss IMAGE NOISE: the best of four Gaussian filters, its width chosen by
# the clean image
gauss() {
    for s in 0.7 1 1.4 2; do
        gauss-filter -q -s ${s}px "$images/$1-$2.nrrd" > o
        psnr "$1" o
    done | sort -n | tail -n 1
}
# row IMAGE NOISE: noisy, Gaussian filter, white model, right model, spectrum
# from two frames, the peer's figure; the difference to it goes to the file all
row() {
    local i=$1 n=$2 method=bm3d-np-psd white estimated=-
    case $n in w*) method=bm3d-np-white ;; pg*) method=bm3d-np-vst ;; esac
    # shellcheck disable=SC2046
    bm3d-denoise -q $(known "$n") "$images/$i-$n.nrrd" > right
    case $n in blur | streak | pink) bm3d-denoise -q --noise white --sigma 25 "$images/$i-$n.nrrd" > white ;;
    *) bm3d-denoise -q --noise white "$images/$i-$n.nrrd" > white ;; esac
    if [ -e "$images/$i-$n-b.nrrd" ]; then
        frames "$images/$i-$n.nrrd" "$images/$i-$n-b.nrrd" > both
        noise-estimate --frames 2 --in-register --noise-out found both > table
        bm3d-denoise -q --noise correlated --noise-from found "$images/$i-$n.nrrd" > o
        estimated=$(psnr "$i" o)
    fi
    right=$(psnr "$i" right)
    white=$(psnr "$i" white)
    them=$(peer "$i" "$n" $method)
    echo "# $i $n: noisy $(peer "$i" "$n" noisy), Gaussian $(gauss "$i" "$n"), white model $white, right model $right, from frames $estimated; peer $them" >&3
    echo "$right $them $estimated" >> all
}
judge() {
    awk '{ d = $1 - $2; s += d; if (NR == 1 || d < least) least = d; if ($3 != "-" && $1 - $3 > worst) worst = $1 - $3 }
        END { printf "%.3f %.3f %.3f\n", s / NR, least, worst }' all > d
    read -r mean least worst < d
    echo "# bm3d-denoise: $mean dB above the peer on average, least $least; a spectrum from two frames costs at most $worst" >&3
    atleast "$mean" 0
    atleast "$least" -0.15
    atmost "$worst" 0.3
}

@test "bm3d-denoise: PSNR beside the authors' package, six cases" {
    for case in p400:w25 l400:w10 n512:pg30 p400:streak l400:blur n512:pink; do row "${case%:*}" "${case#*:}"; done
    judge
}

@test "bm3d-denoise: PSNR beside the authors' package, all cases" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    for i in p512 p400 n512 l400; do
        for n in w10 w25 w40 pg8 pg30 pg120 blur streak pink; do row $i $n; done
    done
    judge
}

@test "bm3d-denoise --refilter beside the authors' profile of that name" {
    for case in l400:blur l400:streak l400:pink p400:pink; do
        i=${case%:*} n=${case#*:}
        bm3d-denoise -q --psd "$images/psd64-$n.nrrd" "$images/$i-$n.nrrd" > o
        bm3d-denoise -q --refilter --psd "$images/psd64-$n.nrrd" "$images/$i-$n.nrrd" > p
        once=$(psnr "$i" o) twice=$(psnr "$i" p) them=$(peer "$i" "$n" bm3d-refilter-psd)
        echo "# $i $n: once $once, --refilter $twice; peer np $(peer "$i" "$n" bm3d-np-psd), refilter $them" >&3
        atleast "$twice" "$once"
        atleast "$twice" "$(awk -v t="$them" 'BEGIN { print t - 0.15 }')"
    done
}
