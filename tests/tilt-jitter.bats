load helpers

still='-s 0 --axis-offset 0 -d 0 --frame-jitter 0 -b 0'
atom() { printf '1\nProperties=species:S:1:pos:R:3\nZr 0.21 -0.37 0.4\n' | atoms-project -a "$2" -p "$1" -s "$3" --sigma 0.36 --relative-to Zr; }
payload() { tail -c "$2" "$1"; }

@test "everything 0 and one frame: the input's samples" {
    atom 0.358 -20,5,33 48 > a
    tilt-jitter -f 1 $still < a > b
    cmp <(payload a 27648) <(payload b 27648)
}

@test "--shift alone, --fine 2: the atom lands at its analytic place to 0.002 px" {
    atom 0.179 0 96 > a
    tilt-jitter -f 1 --axis-offset 0 -d 0 -b 0 --fine 2 --truth t < a > b
    read -r dx dy < <(awk 'NR == 2 { print $4, $5 }' t-shifts.tsv)
    payload b 9216 | od -An -v -tf4 -w4 | awk '{ i = (NR - 1) % 48; j = int((NR - 1) / 48); s += $1; x += $1 * (i - 24); y += $1 * (j - 24) } END { print x / s, y / s }' > c
    read -r x y < c
    near "$x" "$(awk "BEGIN { print 0.21 / 0.358 + $dx }")" 0.002
    near "$y" "$(awk "BEGIN { print -0.37 / 0.358 + $dy }")" 0.002
}

@test "frames drift by (1 + flyback) v, and within a frame by v t" {
    atom 0.358 0 48 > a
    tilt-jitter -f 2 -s 0 --axis-offset 0 --frame-jitter 0 -b 0 -d 2 --truth t < a > b
    awk 'NR == 2 { dx = $3; vx = $5; dy = $4; vy = $6 } NR == 3 { a = $3 - dx - 1.1 * vx; b = $4 - dy - 1.1 * vy; exit !(a * a < 1e-20 && b * b < 1e-20 && dx == 0) }' t-frames.tsv
    read -r vx vy < <(awk 'NR == 2 { print $5, $6 }' t-frames.tsv)
    tail -c 18432 b | head -c 9216 | od -An -v -tf4 -w4 | awk '{ i = (NR - 1) % 48; j = int((NR - 1) / 48); s += $1; x += $1 * (i - 24); y += $1 * (j - 24) } END { print x / s, y / s }' > c
    read -r x y < c     # the atom is passed about halfway through the frame
    near "$x" "$(awk "BEGIN { print 0.21 / 0.358 + 0.5 * $vx }")" 0.08
    near "$y" "$(awk "BEGIN { print -0.37 / 0.358 + 0.5 * $vy }")" 0.08
}

@test "the film grows as 1/cos and varies by some 15 %; angles err as asked" {
    atom 0.358 0,60 64 > a
    tilt-jitter -f 1 -s 0 --axis-offset 0 -d 0 -b 7 < a > b
    payload b 32768 | head -c 16384 | od -An -v -tf4 -w4 | awk '{ s += $1; q += $1 * $1 } END { m = s / NR; print m, sqrt(q / NR - m * m) / m }' > c
    read -r m v < c
    near "$m" 7 0.05; near "$v" 0.15 0.02
    payload b 16384 | od -An -v -tf4 -w4 | awk '{ s += $1 } END { print s / NR }' > c
    near "$(cat c)" 14 3
    atom 0.358 -60:1:60 4 > a 2> /dev/null
    tilt-jitter -f 1 $still --angle-error 0.1 --truth t < a > b
    near "$(awk 'NR > 1 { d = $3 - $2; q += d * d } END { print sqrt(q / (NR - 1)) }' t-shifts.tsv)" 0.1 0.03
}

@test "bad input" {
    atom 0.358 90 16 > a 2> /dev/null
    run -1 --separate-stderr tilt-jitter a; oneline; [[ $stderr == *"along the film"* ]]
    run -1 --separate-stderr tilt-jitter "$data/volume.nrrd"; oneline
}
