# vol-project: sums, the sense of the angles, both projectors.
# shellcheck shell=bash disable=SC2154
load helpers

# volume NX NY NZ AWK: ascii volume of 0.4 angstrom voxels, value by the awk
# expression in a, b, c (voxels from the centre sample)
volume() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nspacings: 0.4 0.4 0.4\nunits: "A" "A" "A"\nencoding: ascii\nmade:=here\n\n' "$1" "$2" "$3"
    awk -v n="$1" -v m="$2" -v l="$3" "BEGIN { for (z = 0; z < l; z++) for (y = 0; y < m; y++) for (x = 0; x < n; x++) {
        a = x - int(n / 2); b = y - int(m / 2); c = z - int(l / 2); printf \"%.7g\\n\", $4 } }"
}
floats() { tail -c $(($2 * 4)) "$1" | od -An -v -t f4 -w4 | tr -d ' '; }
# moments NX NY: sum, mean u, mean v of one image's floats
moments() { awk -v n="$1" -v m="$2" '{ i = NR - 1; u = i % n - int(n / 2); v = int(i / n) - int(m / 2); s += $1; p += u * $1; q += v * $1 } END { printf "%.9g %.9g %.9g\n", s, p / s, q / s }'; }

@test "vol-project: a point at z = +10 under +30 degrees appears at u = -5" {
    volume 31 5 31 '(a == 0 && b == 0 && c == 10)' >v
    vol-project --angles 30 --projector fst v >s
    [ "$(floats s 155 | awk '$1 > m { m = $1; i = NR - 1 } END { print i % 31 - 15, int(i / 31) - 2 }')" = "-5 0" ]
    vol-project --angles 30 v >s
    floats s 155 | moments 31 5 >m
    near "$(cut -d' ' -f2 m)" -5 1e-6
}

@test "vol-project: a unit voxel at 0 degrees is the row 1/8, 6/8, 1/8" {
    volume 7 3 7 '(a == 1 && b == 0 && c == -2)' >v
    vol-project --angles 0 v >s
    [ "$(floats s 21 | tr '\n' ' ')" = "0 0 0 0 0 0 0 0 0 0 0.125 0.75 0.125 0 0 0 0 0 0 0 0 " ]
    vol-project --angles 0 --subsample 1 v >s
    [ "$(floats s 21 | tr '\n' ' ')" = "0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 " ]
    vol-project --angles 0 --subsample 8 v >s
    [ "$(floats s 21 | sed -n '5p;12p;19p' | tr '\n' ' ')" = "0.09375 0.5625 0.09375 " ]
}

@test "vol-project: three angles: the centroid is R r for any of them" {
    volume 25 25 25 '(a == 3 && b == -4 && c == 5)' >v
    printf '# phi theta psi\n12.5 -37 8\n-71 64 -20.5\n170 5 33\n' >list
    for s in 1 4 8; do
        vol-project --angles list --subsample $s v >p
        for k in 0 1 2; do
            floats p 1875 | sed -n "$((625 * k + 1)),$((625 * k + 625))p" | moments 25 25 >m
            awk -v k=$k 'function rad(d) { return d * 3.14159265358979 / 180 }
                !/^#/ && n++ == k { p = rad($1); t = rad($2); s = rad($3); x = 3; y = -4; z = 5
                x1 = cos(p) * x + sin(p) * y; y1 = -sin(p) * x + cos(p) * y
                x2 = cos(t) * x1 - sin(t) * z; z2 = sin(t) * x1 + cos(t) * z
                print x2, cos(s) * y1 + sin(s) * z2 }' list >want
            near "$(cut -d' ' -f1 m)" 1 1e-6
            near "$(cut -d' ' -f2 m)" "$(cut -d' ' -f1 want)" 2e-5
            near "$(cut -d' ' -f3 m)" "$(cut -d' ' -f2 want)" 2e-5
        done
    done
}

@test "vol-project: a Gaussian's projection is a Gaussian, whatever the angle" {
    # sigma 3 voxels; sum over the ray: sigma sqrt(2 pi) exp(-u^2/2 sigma^2);
    # the sub-samples widen it by 1/16 + 1/6 voxel^2 or so
    volume 33 27 33 'exp(-(a*a + b*b + c*c) / 18)' >v
    for p in real fst; do
        vol-project --angles 0,33.3,-77 --projector $p v >s
        floats s 2673 | awk -v p=$p '{ i = (NR - 1) % 891; u = i % 33 - 16; v = int(i / 33) - 13
            d = $1 - 7.519884823893 * exp(-(u * u + v * v) / 18); if (d < 0) d = -d; if (d > m) m = d } END { print m }' >d
        atmost "$(cat d)" 0.2
    done
}

@test "vol-project: linear in the volume, and sums are kept" {
    volume 15 13 15 '(a*a + b*b + c*c < 36) * (1.3 + a / 7 - c * c / 50)' >v
    volume 15 13 15 '-2.5 * (a*a + b*b + c*c < 36) * (1.3 + a / 7 - c * c / 50)' >w
    want=$(sed '1,/^$/d' v | awk '{ s += $1 } END { printf "%.9g", s }')
    vol-project --angles -70:35:70 v >pv
    vol-project --angles -70:35:70 w >pw
    floats pv 975 >a
    floats pw 975 | paste a - | while read -r x y; do near "$(awk -v x="$x" 'BEGIN { printf "%.9g", -2.5 * x }')" "$y" 2e-5; done
    awk -v w="$want" '{ s += $1 } NR % 195 == 0 { d = s - w; if (d * d > 1e-8 * w * w) exit 1; s = 0 }' a
}

@test "vol-project: frame, step, keys; angles from a list, a file, a stack" {
    volume 6 5 4 '1 + a * b' >v
    vol-project --angles -10,0,12.5 v >s
    grep -a '^sizes: 6 5 3$' s
    grep -a '^space directions: (0.4,0) (0,0.4) none$' s
    grep -a '^tilt_angles:=-10 0 12.5$' s
    grep -a '^made:=here$' s
    printf -- '-10\n0\n12.5\n' >list.tlt
    vol-project --no-history --angles list.tlt v >b
    vol-project --no-history --angles s v >c
    vol-project --no-history --angles -10,0,12.5 v >a
    cmp a b
    sed '/aetools_history/d' c | cmp a -
}

@test "vol-project: fst shades the edge by sinc^2, a wider padding less" {
    # sigma 1.3 at x = z = 9 of 27, seen at 45 degrees: height sigma sqrt(2 pi)
    # times sinc^2(9/N) along x and along z, N = 41 and 81
    volume 27 5 27 'exp(-((a-9)^2 + b*b + (c-9)^2) / 3.38)' >v
    for over in 1.5 3; do
        vol-project --angles 45 --projector fst --fst-oversample $over,3,$over v >s$over
    done
    near "$(floats s1.5 135 | sed -n 68p)" "$(awk 'BEGIN { t = 3.14159265 * 9 / 41; print 3.258617 * (sin(t) / t)^4 }')" 0.05
    near "$(floats s3 135 | sed -n 68p)" "$(awk 'BEGIN { t = 3.14159265 * 9 / 81; print 3.258617 * (sin(t) / t)^4 }')" 0.03
}

@test "vol-project: what it refuses" {
    bad() {
        local want=$1 status=$2
        shift 2
        run "-$status" --separate-stderr vol-project "$@"
        oneline
        [ -z "$output" ]
        [[ $stderr == *"$want"* ]] || { echo "$stderr"; false; }
    }
    bad "--subsample" 2 --angles 0 --subsample 3 "$data/volume.nrrd"
    bad "one number or three" 2 --angles 0 --fst-oversample 1,2 "$data/volume.nrrd"
    bad "no angles in the header" 1 --angles "$data/volume.nrrd" "$data/volume.nrrd"
    bad "" 2 "$data/volume.nrrd"
    bad "" 1 --angles 0 "$data/six-tilts.nrrd"
    bad "" 1 --angles /no/such/file "$data/volume.nrrd"
}
