load helpers

nrrd() { local s=$*; printf 'NRRD0005\ntype: float\ndimension: %d\nsizes: %s\nencoding: ascii\n%s\n\n' $# "$s" "${more:-content: x}"; cat; }
numbers() { tail -c "$1" "$2" | od -An -v -tf4 -w4; }

@test "a constant is unchanged to 1e-6, up to the edges" {
    awk 'BEGIN { for (i = 0; i < 30 * 23; i++) print 7.3 }' | nrrd 30 23 | gauss-filter -s 2.7px > o
    numbers 2760 o | awk '{ d = $1 / 7.3 - 1; if (d * d > 1e-12) exit 1 }'
}

@test "an impulse: the closed form of the truncated kernel" {
    for s in "2 0.199676 1.98778" "5 0.0799405 4.94957"; do
        read -r sigma top width <<< "$s"
        awk 'BEGIN { for (i = 0; i < 61 * 65; i++) print (i == 61 * 32 + 30) }' | nrrd 61 65 | gauss-filter -s "${sigma}px" > o
        read -r t x y < <(numbers 15860 o | awk '{ i = (NR - 1) % 61 - 30; j = int((NR - 1) / 61) - 32; s += $1; x += i * i * $1; y += j * j * $1; if ($1 > t) t = $1 } END { print sqrt(t), sqrt(x / s), sqrt(y / s) }')
        near "$t" "$top" 1e-6; near "$x" "$width" 2e-5; near "$y" "$width" 2e-5
    done
}

@test "a volume along z too, slice by slice; one width per axis; angstrom" {
    awk 'BEGIN { for (i = 0; i < 9 * 10 * 31; i++) print (i == 90 * 15 + 44) }' | nrrd 9 10 31 > v
    gauss-filter -s 0px,0px,2px v > o
    numbers 11160 o | awk 'NR % 90 == 45 { k = int(NR / 90) - 15; s += $1; q += k * k * $1; if ($1 > t) t = $1 } END { print s, t, sqrt(q / s) }' > r
    read -r s t w < r
    near "$s" 1 1e-6; near "$t" 0.199676 1e-6; near "$w" 1.98778 2e-5
    gauss-filter -p 0.5 -s 0A,1,0A v > o
    numbers 11160 o | awk 'int((NR - 1) / 90) == 15 && (NR - 1) % 9 == 8 { if ($1 > t) t = $1 } END { print t }' > r
    atleast "$(cat r)" 0.19
    gauss-filter -s 3px v > o; awk 'BEGIN { for (i = 0; i < 9 * 10; i++) print (i == 44) }' | nrrd 9 10 | gauss-filter -s 3px > p
    paste <(numbers 11160 o | sed -n '1351,1440p') <(numbers 360 p) | awk '{ if ($2 > 1e-4) { r = $1 / $2; if (!m) m = r; if (r / m > 1.00001 || m / r > 1.00001) exit 1 } }'
}

@test "images of a stack are filtered alone; width 0 keeps the bytes" {
    gauss-filter -s 1px "$data/tilts.nrrd" > all
    tilt-select -k 2 "$data/tilts.nrrd" | gauss-filter -s 1px > one
    tilt-select -k 2 all > two
    cmp <(numbers 400 one) <(numbers 400 two)
    gauss-filter -s 0 "$data/tilts.nrrd" > o
    size=$(awk '/^sizes/ { print $2 * $3 * $4 * 4; exit }' "$data/tilts.nrrd")
    cmp <(tail -c "$size" o) <(tail -c "$size" "$data/tilts.nrrd")
}

@test "bad input" {
    echo 1 2 3 4 | nrrd 2 2 > a
    run -1 --separate-stderr gauss-filter -s 1A a; oneline; [[ $stderr == *"--pixel"* ]]
    for s in '' x -1px 1nm 1,2,3px '1px,' nan 2000px; do
        run -2 --separate-stderr gauss-filter -s "$s" -p 1 a; oneline; [[ $stderr == *sigma* ]]
    done
}
