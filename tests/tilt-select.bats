# tilt-select: which images, in which order, with which angles.
# The sample's image k holds 100 k + 10 y + x + 1/4.
# shellcheck shell=bash disable=SC2154
load helpers

in=$data/six-tilts.nrrd

# images FILE NX NY N: the index k of each of the N images, from its first sample
images() { tail -c $(($2 * $3 * $4 * 4)) "$1" | od -An -v -t f4 -w$(($2 * $3 * 4)) | awk '{ printf "%s%d", (NR > 1 ? " " : ""), $1 / 100 }'; }
angles() { grep -a '^tilt_angles:=' "$1" | cut -d= -f2; }

# frames NX NY FRAMES TILTS: raw frames, sample 100 tilt + 10 frame + 1/4
frames() {
    printf 'NRRD0005\ntype: float\ndimension: 4\nsizes: %d %d %d %d\nencoding: ascii\nlabels: "x" "y" "frame" "tilt"\ntilt_angles:=-1.5 0 1.5\n\n' "$@"
    awk -v nx="$1" -v ny="$2" -v f="$3" -v t="$4" 'BEGIN { for (k = 0; k < t; k++) for (j = 0; j < f; j++) for (i = 0; i < nx * ny; i++) print 100 * k + 10 * j + 0.25 }'
}

@test "tilt-select: indices, ranges, from the end; the stack's order stays" {
    tilt-select --keep 3-4,-1,0 "$in" >out
    [ "$(images out 5 4 4)" = "0 3 4 5" ]
    [ "$(angles out)" = "-61.5 -12 33 64.2" ]
    tilt-select --keep -3--1 "$in" >out
    [ "$(images out 5 4 3)" = "3 4 5" ]
    tilt-select --keep 1-4 --drop 2,-2 "$in" >out
    [ "$(images out 5 4 2)" = "1 3" ]
    tilt-select --drop 0-4 "$in" >out
    [ "$(images out 5 4 1)" = 5 ]
    [ "$(angles out)" = 64.2 ]
}

@test "tilt-select: angles, both ends included" {
    tilt-select --keep @-30:33 "$in" >out
    [ "$(images out 5 4 4)" = "1 2 3 4" ]
    tilt-select --keep @2.6:64.1,0 "$in" >out
    [ "$(images out 5 4 2)" = "0 4" ]
    tilt-select --drop @-61.5:-61.5 "$in" >out
    [ "$(images out 5 4 5)" = "1 2 3 4 5" ]
}

@test "tilt-select: samples of an image arrive unchanged" {
    tilt-select --keep 4 "$in" | tail -c 80 | od -An -v -t f4 -w4 | tr -d ' ' >got
    awk 'BEGIN { for (y = 0; y < 4; y++) for (x = 0; x < 5; x++) print 400.25 + 10 * y + x }' >want
    cmp got want
}

@test "tilt-select: halves are by position in order of angle, and complete" {
    # order of angle: 0 1 3 2 4 5
    tilt-select --half even "$in" >even.nrrd
    tilt-select --half odd "$in" >odd.nrrd
    [ "$(images even.nrrd 5 4 3)" = "0 3 4" ]
    [ "$(images odd.nrrd 5 4 3)" = "1 2 5" ]
    [ "$(angles even.nrrd)" = "-61.5 -12 33" ]
    tilt-select --keep 1-5 --half even "$in" >out # of 1 3 2 4 5
    [ "$(images out 5 4 3)" = "1 2 5" ]
    sed 's/^tilt_angles.*/tilt_angles:=5 5 5 5 5 5/' "$in" >same # ties: by index
    tilt-select --half odd same >out
    [ "$(images out 5 4 3)" = "1 3 5" ]
}

@test "tilt-select: general orientations are cut alike" {
    sed 's/^tilt_angles.*/euler_angles:=1 -60 .5; 2 -30 0; 3 0 0; 4 20 0; 5 40 0; 6 60 -.5/' "$in" >general
    tilt-select --keep 0,-1 general >out
    grep -a '^euler_angles:=1 -60 0.5; *6 60 -0.5$' out
    run -0 --separate-stderr tilt-select --rows 0-1 general
    [[ $stderr == *"image 0 has phi 1, psi 0.5"* ]]
}

@test "tilt-select: rows, and the origin moves with them" {
    tilt-select --rows 1-2 "$in" >out
    grep -a '^sizes: 5 2 6$' out
    grep -a '^space origin: (-0.74,-0.37)$' out
    tail -c 40 out | od -An -v -t f4 -w4 | tr -d ' ' >got
    awk 'BEGIN { for (y = 1; y < 3; y++) for (x = 0; x < 5; x++) print 500.25 + 10 * y + x }' | cmp - got
    tilt-select --rows -1 "$in" >out
    grep -a '^sizes: 5 1 6$' out
    near "$(sed -n 's/^space origin: (.*,\(.*\))$/\1/p' out)" 0.37 1e-12
}

@test "tilt-select: frames of each tilt" {
    frames 3 2 5 3 >raw.nrrd
    tilt-select --half frames raw.nrrd >even.nrrd
    tilt-select --half frames --which 1 raw.nrrd >odd.nrrd
    grep -a '^sizes: 3 2 3 3$' even.nrrd
    grep -a '^sizes: 3 2 2 3$' odd.nrrd
    tail -c $((9 * 24)) even.nrrd | od -An -v -t f4 -w24 | awk '{ printf "%d ", $1 }' >got
    [ "$(cat got)" = "0 20 40 100 120 140 200 220 240 " ]
    tail -c $((6 * 24)) odd.nrrd | od -An -v -t f4 -w24 | awk '{ printf "%d ", $1 }' >got
    [ "$(cat got)" = "10 30 110 130 210 230 " ]
    tilt-select --keep 1 raw.nrrd >out
    grep -a '^sizes: 3 2 5 1$' out
    [ "$(angles out)" = 0 ]
}

@test "tilt-select: the header's other keys pass" {
    tilt-select --keep 2 "$in" >out
    grep -a '^sample:=test$' out
    grep -a '^aetools_history_1:=tilt-select .*--keep 2' out
}

@test "tilt-select: what cannot be chosen" {
    bad() {
        local want=$1 status=$2
        shift 2
        run "-$status" --separate-stderr tilt-select "$@"
        oneline
        [ -z "$output" ]
        [[ $stderr == *"$want"* ]] || { echo "$stderr"; false; }
    }
    bad "image 6 is out of range: there are 6, 0 to 5" 1 --keep 6 "$in"
    bad "image -7 is out of range" 1 --drop -7 "$in"
    bad "row 4 is out of range: there are 4" 1 --rows 2-4 "$in"
    bad "no image is left of 6" 1 --drop 0-5 "$in"
    bad "no image is left of 6" 1 --keep @80:90 "$in"
    bad "runs backwards" 2 --keep 4-2 "$in"
    bad "want indices and ranges" 2 --keep 1, "$in"
    bad "want indices and ranges" 2 --keep 1.5 "$in"
    bad "want a range as 3-7" 2 --keep 3- "$in"
    bad "want a range of angles" 2 --keep @3 "$in"
    bad "want a range of angles" 2 --keep @nan:3 "$in"
    bad "want one range" 2 --rows 0-1,3 "$in"
    bad "goes with --half frames" 2 --which 1 "$in"
    bad "want raw frames" 1 --half frames "$in"
    bad "want a tilt stack" 1 --keep 0 "$data/volume.nrrd"
    grep -v tilt_angles "$in" >plain
    tilt-select --keep 1 plain >out
    bad "no angles in the header" 1 --half even plain
    bad "no angles in the header" 1 --keep @0:1 plain
    frames 3 2 1 3 >one
    bad "no frame is left" 1 --half frames --which 1 one
}
