# shellcheck shell=bash
load helpers

from=$data/import

# samples of an NRRD file, one a line
numbers() {
    head=$(awk '{ print } /^$/ { exit }' "$1" | wc -c)
    tail -c +$((head + 1)) "$1" | od -An -v -w4 -tf4
}

# the samples of FILE are those of from/NAME.txt, to float's digits
same() {
    numbers "$1" >got
    tr ' ' '\n' <"$from/$2.txt" | grep . >want
    paste got want | awk 'NF != 2 { bad = 1 }
        { d = $1 - $2; if (d < 0) d = -d; s = $2 < 0 ? -$2 : $2; if (d > 1e-6 * (1 + s)) bad = 1 }
        END { exit bad || NR != 60 }'
}

imports() {
    local want=$1
    shift
    vol-import -q "$@" >out.nrrd
    same out.nrrd "$want" || { echo "$*: other values than $want.txt"; return 1; }
    grep -aqx "sizes: 5 4 3" out.nrrd
}

refuses() { # STATUS TEXT arguments
    local code=$1 text=$2
    shift 2
    run "-$code" --separate-stderr vol-import -q "$@"
    oneline
    [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    [ -z "$output" ]
}

@test "vol-import: NPY by numpy, versions, orders, byte orders" {
    imports float "$from/numpy-c.npy"
    imports float "$from/numpy-fortran-f8.npy"
    imports int16 "$from/numpy-big-i2.npy"
    imports int32 "$from/numpy-v2.npy"
    imports uint16 "$from/numpy-v3.npy"
}

@test "vol-import: MATLAB 5 by scipy, 7.3 and EMD by h5py" {
    imports float "$from/scipy.mat"
    imports float "$from/scipy-packed.mat"
    imports float "$from/scipy-two.mat" --var first
    imports uint16 "$from/scipy-two.mat" --var second
    imports float "$from/h5py-v73.mat"
    imports uint16 "$from/h5py-plain.h5" --var /entry/a
    imports float "$from/h5py-tilts.emd"
    grep -aq 'tilt_angles:=-61.3 2.1 59.7$' out.nrrd
    grep -aqF 'space directions: (0.358,0) (0,0.358) none' out.nrrd
    imports float "$from/h5py-xyz.emd"
    grep -aqF '(0.358,0,0) (0,0.358,0) (0,0,0.358)' out.nrrd
}

@test "vol-import: MRC by mrcfile, modes, both endians, extended header" {
    imports float "$from/mrcfile-f4.mrc"
    grep -aqF '(0.358,0,0) (0,0.358,0) (0,0,0.358)' out.nrrd
    grep -aq '^mrc_label_1:=made by mrcfile' out.nrrd
    imports int16 "$from/mrcfile-i2-stack.st"
    grep -aq 'labels: "x" "y" "tilt"' out.nrrd
    grep -aqF '(0.3216,0) (0,0.3216) none' out.nrrd
    imports uint16 "$from/mrcfile-u2.mrc"
    imports int8 "$from/mrcfile-i1.mrc"
    imports float16 "$from/mrcfile-f2.mrc"
    imports float "$from/mrcfile-big.mrc"
    grep -aqF '(0.41,0,0)' out.nrrd
}

@test "vol-import: TIFF by tifffile, strips, tiles, big, units, a series" {
    imports float "$from/tifffile-f4.tif"
    imports uint16 "$from/tifffile-big-u2.tif"
    imports int32 "$from/tifffile-bigtiff-i4.tif"
    imports int16 "$from/tifffile-tiles-i2.tif"
    imports uint8 "$from/tifffile-cm.tif" --kind tilts
    grep -aqF '(0.358,0) (0,0.358)' out.nrrd
    imports float "$from/tifffile-imagej.tif"
    grep -aqF '(0.358,0,0)' out.nrrd
    imports float "$from"/tifffile-series-?.tif -a "$from/one.tlt"
    vol-import -q "$from"/tifffile-series-{2,0}.tif -a 1,2 >two.nrrd
    numbers two.nrrd | tail -n 20 >got
    numbers out.nrrd | head -n 20 | cmp - got
}

@test "vol-import: PNG by Pillow and pypng, raw by numpy" {
    for f in pillow-u1:uint8 pypng-u2:uint16 pypng-interlaced:uint16; do
        vol-import -q "$from/${f%:*}.png" >out.nrrd
        numbers out.nrrd | tr -d ' ' >got
        tr ' ' '\n' <"$from/${f#*:}.txt" | grep . | head -n 20 | cmp - got
    done
    imports uint16 "$from/numpy-raw-u2-be.bin" --raw uint16-be,5,4,3 --skip 7
    imports uint16 "$from/numpy-raw-u2-be.bin" --raw uint16-be,5,4 --skip 7
}

@test "vol-import: a pipe gives the bytes that a file gives" {
    for f in numpy-c.npy numpy-fortran-f8.npy scipy.mat h5py-v73.mat h5py-tilts.emd \
        mrcfile-i2-stack.st tifffile-tiles-i2.tif pypng-u2.png; do
        vol-import -q --no-history "$from/$f" >want
        vol-import -q --no-history - < <(cat "$from/$f") >got
        cmp want got
        vol-import -q --no-history - <"$from/$f" | cmp want -
    done
}

@test "vol-import: angles of one and three columns, negated" {
    imports float "$from/scipy.mat" -a "$from/scipy-angles3.mat" -p 0.3216
    grep -aqx 'euler_angles:=1.25 -61.3 0.5; 0 2.1 -0.75; -2 59.7 1.5' out.nrrd
    grep -aqF '(0.3216,0) (0,0.3216) none' out.nrrd
    for a in h5py-v73.mat three.txt; do
        vol-import -q "$from/scipy.mat" -a "$from/$a" | grep -aqx 'euler_angles:=1.25 -61.3 0.5; 0 2.1 -0.75; -2 59.7 1.5'
    done
    for a in "$from/one.tlt" "$from/scipy-angles1.mat" -61.3,2.1,59.7; do
        vol-import -q "$from/scipy.mat" -a "$a" | grep -aqx 'tilt_angles:=-61.3 2.1 59.7'
    done
    vol-import -q "$from/scipy.mat" -a "$from/one.tlt" --negate-angles | grep -aqx 'tilt_angles:=61.3 -2.1 -59.7'
    vol-import -q "$from/scipy-packed.mat" -a "$from/scipy-packed.mat" --angles-var angles | grep -aq 'euler_angles:=1.25 '
    # out of a pipe, text and table
    vol-import -q "$from/scipy.mat" -a <(cat "$from/three.txt") | grep -aqx 'euler_angles:=1.25 -61.3 0.5; 0 2.1 -0.75; -2 59.7 1.5'
    vol-import -q "$from/scipy.mat" -a <(cat "$from/scipy-angles1.mat") | grep -aqx 'tilt_angles:=-61.3 2.1 59.7'
    run -2 vol-import "$from/scipy.mat" -a "$from/three.txt" --angles-var angles
    [[ "$output" == *"a text file has no variable 'angles'"* ]]
    run -2 vol-import "$from/scipy.mat" --angles-var angles
    [[ "$output" == *"give --angles"* ]]
    # every tool that wants angles reads the same files
    echo '1
Properties=species:S:1:pos:R:3
Zr 1 2 3' > a.xyz
    atoms-project --no-history -p 0.4 -a "$from/scipy-angles3.mat" a.xyz | cmp - <(atoms-project --no-history -p 0.4 -a "$from/three.txt" a.xyz)
}

@test "vol-import: axes in another order" {
    imports float "$from/numpy-c.npy" -a "$from/one.tlt"
    # value (x, y, k) of the file taken as (y, x, k) and as (k, y, x)
    vol-import -q "$from/numpy-c.npy" --axes yxk >yxk.nrrd
    grep -aqx "sizes: 4 5 3" yxk.nrrd
    numbers out.nrrd | awk '{ v[NR - 1] = $1 } END { for (k = 0; k < 3; k++) for (j = 0; j < 5; j++) for (i = 0; i < 4; i++) print v[k * 20 + i * 5 + j] }' >want
    numbers yxk.nrrd | awk '{ print $1 }' | cmp want -
    vol-import -q "$from/numpy-c.npy" --axes kyx >kyx.nrrd
    grep -aqx "sizes: 3 4 5" kyx.nrrd
    numbers out.nrrd | awk '{ v[NR - 1] = $1 } END { for (k = 0; k < 5; k++) for (j = 0; j < 4; j++) for (i = 0; i < 3; i++) print v[i * 20 + j * 5 + k] }' >want
    numbers kyx.nrrd | awk '{ print $1 }' | cmp want -
    # Fortran order in memory is the same array
    vol-import -q --no-history "$from/numpy-fortran-f8.npy" --axes kyx | tail -c 240 >got
    tail -c 240 kyx.nrrd | cmp - got
}

@test "vol-import: frames of a tilt" {
    vol-import -q "$from/numpy-frames.npy" >four.nrrd
    grep -aqx "sizes: 5 4 3 2" four.nrrd
    cat "$from"/numpy-frames.npy | tail -c 480 >samples
    vol-import -q samples --raw float32,5,4,6 --frames 3 -a -10,12.5 >frames.nrrd
    grep -aqx "sizes: 5 4 3 2" frames.nrrd
    grep -aqx "tilt_angles:=-10 12.5" frames.nrrd
    tail -c 480 frames.nrrd | cmp - samples
    tail -c 480 four.nrrd | cmp - samples
    refuses 1 "6 images are no whole number of tilts of 4 frames" samples --raw float32,5,4,6 --frames 4
    # axis of frames slower than that of tilts
    vol-import -q samples --raw float32,5,4,3,2 --axes xykf >xykf.nrrd
    grep -aqx "sizes: 5 4 2 3" xykf.nrrd
    tail -c 400 xykf.nrrd | head -c 80 >got
    tail -c 240 samples | head -c 80 | cmp - got
}

@test "vol-import: what kind, and what is said once" {
    run --separate-stderr vol-import "$from/numpy-c.npy" -p 0.3
    oneline
    [[ $stderr == *"taken as a volume"* ]]
    run --separate-stderr vol-import "$from/numpy-c.npy" -a "$from/one.tlt"
    oneline
    [[ $stderr == *"no pixel size"* ]]
    vol-import -q "$from/numpy-c.npy" --kind tilts | grep -aq 'labels: "x" "y" "tilt"'
    vol-import -q "$from/mrcfile-i2-stack.st" --kind volume | grep -aq 'labels: "x" "y" "z"'
    refuses 2 "a volume has no tilt angles" "$from/numpy-c.npy" --kind volume -a 1,2,3
}

@test "vol-import: counts and choices that do not fit" {
    refuses 1 "2 angles, but $from/numpy-c.npy has 3 images" "$from/numpy-c.npy" -a 1,2
    refuses 1 "first (5 x 4 x 3 float64), second (5 x 4 x 3 uint16) with --var" "$from/scipy-two.mat"
    refuses 1 "entry/a (5 x 4 x 3 uint16), entry/b" "$from/h5py-plain.h5"
    refuses 1 "no variable 'third'; there are first" "$from/scipy-two.mat" --var third
    refuses 1 "colour" "$from/tifffile-rgb.tif"
    refuses 1 "colour" "$from/pillow-rgb.png"
    refuses 2 "want x, y and one of z or k" "$from/numpy-c.npy" --axes xxk
    refuses 2 "names 2 axes, the file has 3" "$from/numpy-c.npy" --axes xy
    refuses 2 "want TYPE,NX,NY" "$from/numpy-c.npy" --raw float33,2,2
    refuses 1 "127 bytes after the skipped 0, 120 wanted" "$from/numpy-raw-u2-be.bin" --raw uint16,5,4,3
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: 3 2\nencoding: ascii\n\n1 2 3 4 5 6\n' | vol-export -q small.tif
    refuses 1 "images of 3 x 2, those of" "$from/tifffile-series-0.tif" small.tif
    refuses 2 "<stdin> cannot be one of several files" "$from/pypng-u2.png" -
    refuses 1 "neither TIFF, MRC" "$from/README"
    refuses 1 "is NRRD already" "$data/volume.nrrd"
    refuses 1 "cannot open" /no/such/file
}

@test "vol-import: nan is refused with its position" {
    { head -c 200 "$from/numpy-c.npy"; printf '\0\0\300\177'; tail -c +205 "$from/numpy-c.npy"; } >nan.npy
    run -1 --separate-stderr vol-import -q nan.npy
    [[ $stderr == *"sample 3 of row 3 of image 0 (counted from 0) is nan"* ]]
}

@test "vol-import: every fixture cut anywhere is refused" {
    for f in numpy-c.npy scipy.mat mrcfile-f4.mrc mrcfile-i2-stack.st tifffile-f4.tif pypng-u2.png h5py-v73.mat; do
        size=$(wc -c <"$from/$f")
        for n in 1 7 100 $((size / 2)) $((size * 2 / 3)); do
            [ "$n" -lt "$size" ] || continue
            head -c "$n" "$from/$f" >cut
            for how in file pipe; do
                if [ $how = file ]; then vol-import -q cut >out 2>err && code=0 || code=$?
                else vol-import -q - < <(cat cut) >out 2>err && code=0 || code=$?; fi
                [ "$code" -eq 1 ] || { echo "$f cut to $n by $how: status $code"; false; }
                [ "$(wc -l <err)" -eq 1 ]
            done
        done
    done
}

@test "vol-import: headers that claim too much take no memory" {
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }" >huge.npy
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 30000, 30000), }" >large.npy
    printf '\223NUMPY\1\0\166\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0, 3), }" >zero.npy
    { printf '\377\377\17\0\377\377\17\0\377\377\17\0'; tail -c +13 "$from/mrcfile-f4.mrc"; } >huge.mrc
    for f in huge.npy large.npy zero.npy huge.mrc; do
        for how in file pipe; do
            if [ $how = file ]; then ([ -n "${SANITIZED:-}" ] || ulimit -v 1000000; vol-import -q $f) >out 2>err && code=0 || code=$?
            else ([ -n "${SANITIZED:-}" ] || ulimit -v 1000000; vol-import -q - < <(cat $f)) >out 2>err && code=0 || code=$?; fi
            [ "$code" -eq 1 ] || { echo "$f by $how: status $code"; false; }
            [ "$(wc -l <err)" -eq 1 ] || { cat err; false; }
        done
    done
    refuses 1 "every size must be positive" zero.npy
}
