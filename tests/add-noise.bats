load helpers

# flat NX NY VALUE: one image
flat() {
    printf 'NRRD0004\ntype: float\ndimension: 2\nsizes: %d %d\nencoding: ascii\nspacings: 0.5 0.5\nunits: "A" "A"\n\n' "$1" "$2"
    awk -v n=$(($1 * $2)) -v v="$3" 'BEGIN { for (i = 0; i < n; i++) print v }'
}
numbers() { tail -c "$(($2 * 4))" "$1" | od -An -v -tf4 -w4 | awk '{ print $1 }'; }
stats() { awk '{ n++; s += $1; q += $1 * $1 } END { printf "%.6f %.6f\n", s / n, q / n - (s / n)^2 }'; }

@test "shot noise: mean gain dose pixel^2 I, variance/mean = gain within 2 %" {
    flat 300 300 2.5 | add-noise --dose 40 --gain 7 > o
    read -r m v < <(numbers o 90000 | stats)
    near "$m" 175 0.5                           # 7 * 40 * 0.25 * 2.5
    near "$(awk "BEGIN { print $v / $m }")" 7 0.14
}

@test "read-out noise: offset and r.m.s." {
    flat 200 200 0 | add-noise --read-noise 8 --offset 200 > o
    read -r m v < <(numbers o 40000 | stats)
    near "$m" 200 0.2; near "$v" 64 1.5
}

@test "scan-line noise: r.m.s. 20, correlation rho along x, none along y" {
    flat 300 200 0 | add-noise --line-noise 20 --line-rho 0.6 > o
    read -r m v < <(numbers o 60000 | stats)
    near "$v" 400 16
    numbers o 60000 | awk '{ a[NR - 1] = $1 } END { for (i = 0; i < NR; i++) { q += a[i]^2
        if (i % 300 < 299) { x += a[i] * a[i + 1]; nx++ } if (i % 300 < 298) { z += a[i] * a[i + 2]; nz++ } if (i + 300 < NR) { y += a[i] * a[i + 300]; ny++ } }
        print x / nx / (q / NR), y / ny / (q / NR), z / nz / (q / NR) }' > c
    read -r x y z < c
    near "$x" 0.6 0.02; near "$y" 0 0.02; near "$z" 0.36 0.03
    numbers o 60000 | awk 'NR % 300 == 1' | stats > c   # stationary from the first pixel
    read -r m v < c
    near "$v" 400 170
}

@test "the three noises have their own numbers, and each image its own" {
    flat 20 20 3 | add-noise --dose 100 > a
    flat 20 20 3 | add-noise --dose 100 --read-noise 1e-9 > b
    cmp <(numbers a 400) <(numbers b 400)
    flat 20 20 3 | add-noise --dose 100 --seed 2 > b
    run -1 cmp <(numbers a 400) <(numbers b 400)
}

@test "the keys say what was done" {
    flat 20 20 3 | add-noise --dose 3300 --fraction 0.03 --gain 16 --offset 200 --read-noise 8 -p 0.358 > a
    grep -aqx 'detector_offset:=200' a; grep -aqx 'counts_per_electron:=16' a; grep -aqx 'read_noise:=8' a
    near "$(grep -a counts_per_unit a | sed 's/.*:=//')" 203.012 0.001
    add-noise --read-noise 6 < a > b
    grep -aqx 'detector_offset:=200' b; grep -aqx 'read_noise:=10' b
}

@test "--counts: mean over the particle" {
    { flat 200 200 0 | head -8; awk 'BEGIN { for (i = 0; i < 40000; i++) print ((i % 200 - 97)^2 + (int(i / 200) - 103)^2 < 3600) * 4 }'; } > d
    add-noise --counts 50 < d > n    # the mask reaches a little over the edge
    numbers n 40000 | awk '(NR - 1) % 200 > 70 && (NR - 1) % 200 < 125 && NR > 16000 && NR < 26000' | stats > c
    read -r m _ < c
    near "$m" 50.5 1
}

@test "bad input" {
    run -2 --separate-stderr add-noise <(flat 2 2 1); oneline; [[ $stderr == *"no noise"* ]]
    run -2 --separate-stderr add-noise --dose 1 --counts 1 <(flat 2 2 1); oneline; [[ $stderr == *exclude* ]]
    run -1 --separate-stderr add-noise --dose 1e11 <(flat 2 2 1); oneline; [[ $stderr == *"smaller dose"* ]]
    run -1 --separate-stderr add-noise --counts 5 <(flat 2 2 1); oneline; [[ $stderr == *"no particle"* ]]
    run -0 --separate-stderr add-noise --dose 100 <(flat 2 2 -1); [[ $stderr == *"4 pixels are below 0"* ]]
}
