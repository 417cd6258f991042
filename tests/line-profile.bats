load helpers

nrrd() { local s=$*; printf 'NRRD0005\ntype: float\ndimension: %d\nsizes: %s\nencoding: ascii\n%s\n\n' $# "$s" "${more:-content: x}"; cat; }

@test "a plane is exact in any direction" {
    awk 'BEGIN { for (y = 0; y < 80; y++) for (x = 0; x < 90; x++) print 0.3 * x - 0.7 * y + 5 }' | nrrd 90 80 > a
    # away from the edges, where the mirror bends a spline
    line-profile -f 22.3px,50.2px -t 61.7px,24.9px a > o
    awk -F'\t' 'BEGIN { l = sqrt(39.4 ^ 2 + 25.3 ^ 2) } /^#/ { next } { e = $2 - (0.3 * (22.3 + 39.4 * $1 / l) - 0.7 * (50.2 - 25.3 * $1 / l) + 5); if (e * e > 4e-10) { print; exit 1 } n++ } END { exit n != 47 }' o
    # seven lines across: the plane's slope along (25.3, 39.4)/l times the spread of -3 ... 3
    line-profile -f 22.3px,50.2px -t 61.7px,24.9px -w 7 a > o
    near "$(column o std | sed -n 20p)" "$(awk 'BEGIN { print (0.7 * 39.4 - 0.3 * 25.3) / sqrt(39.4 ^ 2 + 25.3 ^ 2) * sqrt(28 / 6) }')" 1e-4
}

@test "a Gaussian of 2 pixels: place to 0.01 px, width across to 1 %" {
    awk 'BEGIN { for (y = 0; y < 60; y++) for (x = 0; x < 70; x++) print 3 + 11 * exp(-((x - 33.37) ^ 2 + (y - 28.81) ^ 2) / 8) }' | nrrd 70 60 > a
    line-profile -f 20.37px,28.81px -t 46.37px,28.81px -w 1 --fit g a > o
    near "$(column g centre)" 13 0.01; near "$(column g sigma)" 2 0.02; near "$(column g height)" 11 0.05; near "$(column g base)" 3 0.05
    line-profile -f 33.37px,15.81px -t 33.37px,41.81px --spacing 0.5 --fit g a > o
    near "$(column g centre)" 13 0.01; near "$(column g sigma)" 2 0.02
}

@test "reversed end points reverse the table; width takes parallel lines" {
    awk 'BEGIN { srand(3); for (i = 0; i < 600; i++) print rand() }' | nrrd 30 20 > a
    line-profile -f 4px,3px -t 16px,12px -w 5 a > o; line-profile -t 4px,3px -f 16px,12px -w 5 a > p
    paste <(grep -v '^#' o | cut -f 2- | tac) <(grep -v '^#' p | cut -f 2-) | awk '{ d = $1 - $4; e = $2 - $5; if (d * d + e * e > 1e-10 || $3 != 5 || $6 != 5) exit 1 } END { exit NR != 16 }'
    line-profile -f 4px,9px -t 14px,9px -w 3 a > o
    awk 'on { v[n++] = $1 } /^$/ { on = 1 } END { for (x = 4; x <= 14; x++) { a = v[240 + x]; b = v[270 + x]; c = v[300 + x]; m = (a + b + c) / 3; print m, sqrt(((a - m) ^ 2 + (b - m) ^ 2 + (c - m) ^ 2) / 2) } }' a > want
    paste want <(grep -v '^#' o) | awk '{ d = $1 - $4; e = $2 - $5; if (d * d > 1e-10 || e * e > 1e-10) { print; exit 1 } }'
}

@test "angstrom are the header's coordinates; outside is nan; one image of a stack" {
    awk 'BEGIN { for (k = 0; k < 2; k++) for (y = 0; y < 10; y++) for (x = 0; x < 12; x++) print 100 * k + x }' | more='labels: "x" "y" "tilt"' nrrd 12 10 2 > a
    line-profile -p 0.5 -i 1 -f -1,0 -t 4,0 a > o
    [ "$(sed -n 2p o)" = "$(printf '0\t104\t0\t1')" ] || near "$(column o mean | head -1)" 104 1e-4
    near "$(column o d | tail -1)" 5 1e-12
    [ "$(column o mean | tail -1)" = nan ]; [ "$(column o n | tail -1)" = 0 ]; [ "$(column o mean | grep -vc nan)" -eq 8 ]
}

@test "bad input" {
    echo 1 2 3 4 5 6 7 8 9 | nrrd 3 3 > a
    run -1 --separate-stderr line-profile -f 0,0 -t 1,1 a; oneline; [[ $stderr == *"--pixel"* ]]
    run -1 --separate-stderr line-profile -i 1 -f 0px,0px -t 1px,1px a; oneline
    for s in 1 '1,' a,b 1,2,3 1px,2pxx nan,1; do
        run -2 --separate-stderr line-profile -p 1 -f "$s" -t 1px,1px a; oneline; [[ $stderr == *"--from"* ]]
    done
    run -2 --separate-stderr line-profile -f 1px,1px -t 1px,1px a; oneline
}
