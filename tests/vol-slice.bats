load helpers

# the samples of an NRRD stream after its header, as text
samples() { sed '1,/^$/d' "$1" | od -An -v -t f4 -w4 | tr -d ' '; }

# 7 x 5 x 3 volume, sample = x + 10 y + 100 z, 1.5 angstrom a voxel
volume() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 7 5 3\nspace dimension: 3\nspace directions: (1.5,0,0) (0,1.5,0) (0,0,1.5)\nspace units: "A" "A" "A"\nencoding: ascii\n\n'
    awk 'BEGIN { for (z = 0; z < 3; z++) for (y = 0; y < 5; y++) for (x = 0; x < 7; x++) print x + 10 * y + 100 * z }'
}

@test "vol-slice: a straight slice, decoded again, is the slice" {
    volume > v.nrrd
    vol-slice --zoom 1 --percentile 0,100 --at 1.5 v.nrrd | vol-import - > s.nrrd 2> /dev/null
    [ "$(grep -a ^sizes s.nrrd)" = "sizes: 7 5" ]
    # 200 ... 246 on 0 ... 255, rounded
    diff <(samples s.nrrd) <(awk 'BEGIN { for (y = 0; y < 5; y++) for (x = 0; x < 7; x++) printf "%d\n", (x + 10 * y) / 46 * 255 + 0.5 }')
    vol-slice --zoom 1 --percentile 0,100 --axis x v.nrrd | vol-import - > s.nrrd 2> /dev/null
    [ "$(grep -a ^sizes s.nrrd)" = "sizes: 5 3" ]
    diff <(samples s.nrrd) <(awk 'BEGIN { for (z = 0; z < 3; z++) for (y = 0; y < 5; y++) printf "%d\n", (10 * y + 100 * z) / 240 * 255 + 0.5 }')
}

@test "vol-slice: TIFF has the same pixels, zoom repeats them" {
    volume > v.nrrd
    vol-slice --zoom 2 v.nrrd | vol-import - > p.nrrd 2> /dev/null
    [ "$(vol-slice v.nrrd | od -An -N 4 -t x1 | tr -d ' ')" = 89504e47 ]
    vol-slice --zoom 2 -o t.tif v.nrrd
    vol-import t.tif > t.nrrd 2> /dev/null
    [ "$(grep -a ^sizes t.nrrd)" = "sizes: 14 10" ]
    cmp <(samples p.nrrd) <(samples t.nrrd)
    [ "$(samples t.nrrd | sed -n '1p;2p;15p;16p' | uniq | wc -l)" -eq 1 ]
}

@test "vol-slice: across z, seen from above with y up, is the slice upside down" {
    volume > v.nrrd
    vol-slice --zoom 1 v.nrrd | vol-import - > s.nrrd 2> /dev/null
    vol-slice --zoom 1 --normal 0,0,2 --up 0,1,3 v.nrrd | vol-import - > o.nrrd 2> /dev/null
    # the spline's rounding may move a pixel by one grey level
    paste <(samples s.nrrd | awk '{ r[NR] = $1 } END { for (y = 4; y >= 0; y--) for (x = 1; x <= 7; x++) print r[7 * y + x] }') <(samples o.nrrd) |
        awk '{ d = $1 - $2; if (d * d > 1) bad = 1 } END { exit bad || NR != 35 }'
}

@test "vol-slice: an atom's ring lies about its place, in colour" {
    volume > v.nrrd
    printf '2\nProperties=species:S:1:pos:R:3\nZr 3 0 0\nO 0 0 99\n' > a.xyz
    vol-slice --zoom 20 --atoms a.xyz -v -o p.png v.nrrd 2> said
    grep -q '1 of 2 atoms drawn' said
    vol-slice --zoom 20 -o q.png v.nrrd
    # colour type, byte 25 of a PNG: 2 RGB, 0 grey
    [ "$(od -An -j 25 -N 1 -t u1 p.png | tr -d ' ')" -eq 2 ]
    [ "$(od -An -j 25 -N 1 -t u1 q.png | tr -d ' ')" -eq 0 ]
}

@test "vol-slice: a sheet has a tile for every image" {
    vol-slice --sheet --zoom 1 "$data/tilts.nrrd" > s.png
    w=$(od -An -j 16 -N 4 -t u1 s.png | awk '{ print $3 * 256 + $4 }')
    h=$(od -An -j 20 -N 4 -t u1 s.png | awk '{ print $3 * 256 + $4 }')
    [ "$w" -eq 48 ] && [ "$h" -eq 75 ]     # 3 x 3 tiles of 12 + 4 by 11 + 14
}

@test "vol-slice: what is refused" {
    volume > v.nrrd
    run -2 vol-slice --at 50 v.nrrd
    [[ "$output" == *"50 lies outside the volume, which reaches from -1.5 to 1.5"* ]]
    run -2 vol-slice --normal 0,1,0 v.nrrd
    [[ "$output" == *"normal and up are 0 0 0 or parallel"* ]]
    run -2 vol-slice --sheet v.nrrd
    [[ "$output" == *"--sheet wants a stack"* ]]
    run -2 vol-slice --image 9 "$data/tilts.nrrd"
    [[ "$output" == *"there are 7 images, 0 to 6"* ]]
    run -2 vol-slice --percentile 5 v.nrrd
    [[ "$output" == *"want LOW,HIGH"* ]]
    grep -v 'space' v.nrrd > unitless.nrrd
    run -1 vol-slice --at 0 unitless.nrrd
    [[ "$output" == *"--pixel"* ]]
    vol-slice unitless.nrrd > s.png
}
