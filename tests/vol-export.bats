# shellcheck shell=bash
load helpers

from=$data/import

# the 240 bytes of samples at the end of a stream of 5 x 4 x 3
payload() { tail -c 240 "$1"; }

setup() {
    vol-import -q "$from/numpy-c.npy" -a "$from/three.txt" -p 0.3216 >tilts.nrrd
    vol-import -q "$from/mrcfile-f4.mrc" >volume.nrrd
}

@test "vol-export: float32 comes back bit for bit" {
    for s in tilts volume; do
        for e in tif mrc npy mat; do
            vol-export -q $s.$e <$s.nrrd
            vol-import -q $s.$e >back.nrrd
            cmp <(payload $s.nrrd) <(payload back.nrrd)
        done
    done
    for e in tif mrc; do
        vol-import -q volume.$e | grep -aqF '(0.358,0,0) (0,0.358,0) (0,0,0.358)'
    done
    vol-import -q tilts.mat -a tilts.mat | grep -aqx 'euler_angles:=1.25 -61.3 0.5; 0 2.1 -0.75; -2 59.7 1.5'
    vol-import -q "$from/numpy-c.npy" -a -61.3,2.1,59.7 | vol-export -q one.mat
    vol-import -q one.mat -a one.mat | grep -aqx 'tilt_angles:=-61.3 2.1 59.7'
    vol-import -q tilts.mrc | grep -aq 'labels: "x" "y" "tilt"'
}

@test "vol-export: numpy's file is written byte for byte" {
    vol-export -q c.npy <tilts.nrrd
    tail -c 240 c.npy | cmp - <(tail -c 240 "$from/numpy-c.npy")
    head -c 10 c.npy | cmp - <(head -c 10 "$from/numpy-c.npy")
}

@test "vol-export: MRC header: mode, cell, statistics, stamp" {
    vol-export -q v.mrc <volume.nrrd
    word() { od -An -t "$2" -j $((4 * ($1 - 1))) -N 4 v.mrc | tr -d ' '; }
    # the same words that mrcfile wrote: sizes, mode, cell, axes, min, max, space group, rms
    for w in 1 2 3 4 8 9 10 11 12 13 14 15 16 17 18 19 20 21 23; do
        near "$(word $w f4)" "$(od -An -tf4 -j $((4 * (w - 1))) -N 4 "$from/mrcfile-f4.mrc" | tr -d ' ')" 1e-5
    done
    near "$(word 22 f4)" "$(od -An -tf4 -j 84 -N 4 "$from/mrcfile-f4.mrc" | tr -d ' ')" 1e-5
    near "$(word 55 f4)" "$(od -An -tf4 -j 216 -N 4 "$from/mrcfile-f4.mrc" | tr -d ' ')" 1e-5
    [ "$(tail -c +209 v.mrc | head -c 4)" = "MAP " ]
    [ "$(word 54 x4)" = 00004444 ]
}

@test "vol-export: integers without and with --scale" {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 3 2\nencoding: ascii\n\n2.5 3.5 17 -1.25 99.6 254.4\n' >i.nrrd
    values() { tail -c 24 "$1" | od -An -v -tf4 -w24 | tr -s ' '; }
    for e in tif npy mat; do
        run -1 --separate-stderr vol-export i.$e --type uint8 <i.nrrd
        oneline
        [[ $stderr == *"sample 0 1 of image 0 is -1.25, which uint8 cannot hold; give --scale LOW,HIGH"* ]]
        [ ! -e i.$e ]
        vol-export -q i.$e --type int16 <i.nrrd
        vol-import -q i.$e >back.nrrd
        [ "$(values back.nrrd)" = " 2 4 17 -1 100 254" ]
        # -1.25 -> 0, 254.4 -> 255: 255 / 255.65 a unit
        vol-export -q i.$e --type uint8 --scale -1.25,254.4 <i.nrrd
        vol-import -q i.$e >back.nrrd
        [ "$(values back.nrrd)" = " 4 5 18 0 101 255" ]
        vol-export -q i.$e --type uint16 --scale 0,100 <i.nrrd
        vol-import -q i.$e >back.nrrd
        [ "$(values back.nrrd)" = " 1638 2294 11141 0 65273 65535" ]
    done
    vol-export -q i.mrc --type int16 <i.nrrd
    [ "$(vol-import -q i.mrc | tail -c 24 | od -An -v -tf4 -w24 | tr -s ' ')" = " 2 4 17 -1 100 254" ]
    run --separate-stderr vol-export i.npy --type uint8 --scale 0,100 <i.nrrd
    [[ $stderr == *"values beyond --scale"* ]]
}

@test "vol-export: PNG of 8 and 16 bits by Pillow's and pypng's values" {
    for f in pillow-u1:uint8 pypng-u2:uint16; do
        vol-import -q "$from/${f%:*}.png" >one.nrrd
        vol-export -q --type "${f#*:}" one.png <one.nrrd
        vol-import -q one.png >back.nrrd
        tail -c 80 one.nrrd | cmp - <(tail -c 80 back.nrrd)
    done
    run -1 --separate-stderr vol-export three.png <tilts.nrrd
    [[ $stderr == *"PNG holds one image, the stream has 3"* ]]
    run -2 vol-export one.png --type float32 <one.nrrd
}

@test "vol-export: what is lost is said, in one line" {
    run --separate-stderr vol-export t.npy <tilts.nrrd
    oneline
    [[ $stderr == *"not kept: tilt angles (see --angles-out), pixel size, keys and history" ]]
    run --separate-stderr vol-export v.tif <volume.nrrd
    [ -z "$stderr" ]
    vol-export -q --angles-out t.tlt t.mrc <tilts.nrrd
    cmp t.tlt - <<<"1.25 -61.3 0.5
0 2.1 -0.75
-2 59.7 1.5"
    vol-import -q t.mrc -a t.tlt >back.nrrd
    grep -aqx 'euler_angles:=1.25 -61.3 0.5; 0 2.1 -0.75; -2 59.7 1.5' back.nrrd
}

@test "vol-export: whole or absent, formats by name or --format" {
    for e in tif mrc npy mat; do
        head -c 500 tilts.nrrd >part
        run -1 --separate-stderr vol-export -q cut.$e <part
        oneline
        [ ! -e cut.$e ]
    done
    run -2 --separate-stderr vol-export x.xyz <tilts.nrrd
    [[ $stderr == *"the name tells no format"* ]]
    [ ! -e x.xyz ]
    vol-export -q a.TIFF <tilts.nrrd
    for f in tiff mrc npy mat; do
        vol-export -q --no-history --format $f - <tilts.nrrd >piped
        vol-export -q --no-history --format $f file <tilts.nrrd
        cmp piped file
    done
    run -2 vol-export a.mrc --type uint8 <tilts.nrrd
    run -2 vol-export a.npy --scale 1,2 <tilts.nrrd
    run -2 vol-export a.npy --type int8 --scale 2,1 <tilts.nrrd
}
