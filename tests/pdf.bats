load helpers

# bins FILE: "r pairs/N" of the bins that hold pairs
bins() { awk -F'\t' -v n="$2" 'NR > 1 && $3 { print $1, $3 / n }' "$1"; }

# ball SEED N R: N uniform points in a ball of radius R
ball() {
    awk -v seed="$1" -v n="$2" -v R="$3" 'BEGIN { srand(seed); print n; print "Properties=species:S:1:pos:R:3"
        while (i < n) { x = 2 * rand() - 1; y = 2 * rand() - 1; z = 2 * rand() - 1
            if (x * x + y * y + z * z < 1) { printf "Zr %.9f %.9f %.9f\n", R * x, R * y, R * z; i++ } } }'
}

@test "pdf: the shells of fcc, of c-ZrO2 and of hcp have their places and numbers" {
    crystal --structure fcc --a 5.092 --cells 5,5,5 | pdf --rmax 10.7 --norm none > l.tsv
    [ "$(bins l.tsv 500 | tr '\n' ' ')" = "3.65 12 5.05 6 6.25 24 7.25 12 8.05 24 8.85 8 9.55 48 10.15 6 " ]
    crystal --structure hcp-zr --cells 5,5,4 | pdf --rmax 5.7 --bin 0.02 --norm none > h.tsv
    [ "$(bins h.tsv 200 | tr '\n' ' ')" = "3.17 6 3.23 6 4.53 6 5.15 2 5.57 12 5.59 6 " ]
}

@test "pdf: edges of bins, and a shift of them" {
    printf '3\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 0.3 0 0\nZr 0 0.6997 0\n' > e.xyz
    pdf --norm none --rmax 1 e.xyz > e.tsv 2> /dev/null
    # 0.3, 0.6997, 0.7613: 0.3 = 3 bins belongs to bin 3
    [ "$(awk -F'\t' 'NR > 1 && $3 { print NR - 2 }' e.tsv | tr '\n' ' ')" = "3 6 7 " ]
    pdf --norm none --rmax 1 --bin-shift 0.01 e.xyz > e.tsv 2> /dev/null
    [ "$(awk -F'\t' 'NR > 1 && $3 { print NR - 2, $1 }' e.tsv | tr '\n' ' ')" = "3 0.349 7 0.749 " ]
    # many pairs at once: 3.6006 and 5.092 are 36.006 and 50.92 bins
    crystal --structure fcc --a 5.092 --cells 5,5,5 | pdf --rmax 5.5 --norm none --bin-shift 0.5 > l.tsv
    [ "$(awk -F'\t' 'NR > 1 && $3 { print NR - 2, $1, $3 / 500 }' l.tsv | tr '\n' ' ')" = "36 3.6 12 51 5.1 6 " ]
}

@test "pdf: g of uniform points in a ball is 1" {
    ball 5 20000 40 > b.xyz
    pdf --norm ball --radius 40 -q b.xyz > g.tsv
    awk -F'\t' 'NR > 1 && $1 > 2 && $1 < 20 { d = $2 - 1; if (d > 0.02 || d < -0.02) bad = 1; s += $2; n++ } END { print s / n; exit bad }' g.tsv > mean
    near "$(cat mean)" 1 0.003
    # the ball's own radius, guessed, and space without end
    near "$(pdf --norm ball -q --no-scale b.xyz | awk -F'\t' 'NR > 1 && $1 > 2 && $1 < 20 { s += $2; n++ } END { print s / n }')" 1 0.02
    # closed form: 1 - 9/16 r/R + r^3 / (32 R^3) of the pairs are left of 4 pi r^2 dr N/V
    pdf --norm bulk -q --no-scale --smooth 0 b.xyz | awk -F'\t' 'NR > 1 && $1 > 10 && $1 < 20 { q = $1 / 40
        s += $2 / (1 - 9 / 16 * q + q * q * q / 32) / (1 - 3 / 16 * q); n++ } END { print s / n }' > ratio
    atleast "$(cat ratio)" 0.8
}

# cube N: N^3 points of a cubic lattice of 3 angstrom
cube() {
    awk -v n="$1" 'BEGIN { print n ^ 3 "\nProperties=species:S:1:pos:R:3"
        for (i = 0; i < n ^ 3; i++) print "Zr", 3 * (i % n) + 1e3, 3 * (int(i / n) % n), 3 * int(i / n / n) - 70 }'
}

# in_cube N TABLE: largest error of a shell below 3, and from there on
# on m axes the point is on a face, half of its sphere outside; on f axes a face is 3 away, and cuts off a cap of the
# share (1 - 3 / r) / 2; farther faces, and two caps at once, are out of reach
in_cube() {
    awk -F'\t' -v n="$1" 'function full(r) { return 4 * atan2(0, -1) * r ^ 3 / 3 }
        function cap(r) { return r < 3 ? 0 : 2 * atan2(0, -1) * (r ^ 3 / 3 - 3 * r * r / 2 + 4.5) }
        BEGIN { for (i = 0; i < n ^ 3; i++) { m = f = 0
            split(i % n " " int(i / n) % n " " int(i / n / n), x, " ")
            for (k = 1; k <= 3; k++) { m += x[k] == 0 || x[k] == n - 1; f += x[k] == 1 || x[k] == n - 2 }
            points[m, f]++ } }
        NR > 1 { a = $1 - 0.05; b = $1 + 0.05; W = 0
            for (m = 0; m <= 3; m++) for (f = 0; f <= 3; f++)
                W += points[m, f] * (full(b) - full(a) - f * (cap(b) - cap(a))) / 2 ^ m
            d = $4 / W - 1; if (d < 0) d = -d; s = $1 > 3; if (d > worst[s]) worst[s] = d }
        END { print worst[0] + 0, worst[1] + 0 }' "$2"
}

@test "pdf: the shells inside a cube of lattice points, in closed form" {
    cube 5 > cube.xyz
    pdf -q --rmax 4.2 cube.xyz > c.tsv
    read -r below beyond < <(in_cube 5 c.tsv)
    atmost "$below" 1e-6
    atmost "$beyond" 1e-4
    # larger triangles, that are cut where a point is near; all points see the same few nodes
    cube 33 > large.xyz
    pdf -q --rmax 4.2 large.xyz > l.tsv
    read -r below beyond < <(in_cube 33 l.tsv)
    atmost "$below" 1e-5
    atmost "$beyond" 2e-3
    # triangles larger than the reach
    pdf -q --rmax 1 large.xyz > l.tsv
    read -r below beyond < <(in_cube 33 l.tsv)
    atmost "$below" 1e-5
    # atoms outside the region, beside a face and far off, have shells of no volume where it is not
    { echo 127; tail -n +2 cube.xyz; echo 'Zr 1006 6 20'; echo 'Zr 1006 6 900'; } > more.xyz
    pdf -q --rmax 4.2 --smooth 0 more.xyz > m.tsv
    [ "$(column m.tsv volume)" = "$(column c.tsv volume)" ]
    # a hull that reaches far: only what of its faces is near any atom matters
    { echo 126; tail -n +2 cube.xyz; echo 'Zr 5e6 0 0'; } > hull.xyz
    pdf -q --rmax 4.2 --alpha 1e6 hull.xyz > h.tsv
    # the one far away sees a cone, and the face that looks to it is inside
    awk -F'\t' 'NR > 1 && $4 > $8 { bad = 1 } END { exit bad }' <(paste c.tsv h.tsv)
}

@test "pdf: the shells inside a region by its surface and by points agree" {
    crystal --structure fcc --a 5.092 --size R12 | particle --jitter 0.1 > p.xyz
    pdf --rmax 10 p.xyz > a.tsv
    pdf --rmax 10 --norm sphere-points p.xyz > b.tsv
    paste a.tsv b.tsv | awk -F'\t' 'NR > 11 { d = $4 / $8 - 1; if (d > 0.001 || d < -0.001) { print; bad = 1 } } END { exit bad }'
    # deep inside a full region nothing of a shell is missing
    near "$(column a.tsv volume | sed -n 5p)" "$(column b.tsv volume | sed -n 5p)" 1
    run -0 pdf -v --rmax 10 p.xyz
    alpha-shape --write table p.xyz > t.tsv
    v=$(awk '$1 == "volume" { print $2 }' t.tsv)
    near "$(printf '%s\n' "$output" | sed -n 's/.*volume \([0-9.]*\) A.*/\1/p')" "$v" 0.01
}

@test "pdf: first peak and valley of jittered c-ZrO2 and fcc Zr" {
    crystal --structure c-zro2 --size R22 | particle --jitter 0.16 > z.xyz
    near "$(pdf --peak --rmax 10 z.xyz)" 3.59 0.03
    near "$(pdf --valley --rmax 10 z.xyz)" 4.45 0.06
    crystal --structure fcc-zr --size R20 | particle --jitter 0.05 > f.xyz
    near "$(pdf --peak --rmax 10 f.xyz)" 3.2994 0.02
    near "$(pdf --valley --rmax 10 f.xyz)" 3.95 0.08
    pdf --rmax 10 -v z.xyz 2> log > z.tsv
    grep -q 'first peak 3\.[56]' log
    # twelve neighbours up to the valley, inside: of all, fewer
    n=$(head -n 1 z.xyz)
    atmost "$(awk -F'\t' -v n="$n" 'NR > 1 && $1 < 4.45 { s += $3 } END { print s / n * 3 }' z.tsv)" 12.1
}

@test "pdf: partial curves add up, and a curve for each label" {
    crystal --structure c-zro2 --cells 4,4,4 > z.xyz
    pdf --rmax 7 --species Zr,O --partial species --no-scale --smooth 0 z.xyz > p.tsv
    [ "$(head -n 1 p.tsv)" = "$(printf '#r (A)\tg\tpairs\tvolume (A^3)\tg:Zr-Zr\tpairs:Zr-Zr\tg:Zr-O\tpairs:Zr-O\tg:O-O\tpairs:O-O')" ]
    awk -F'\t' 'NR > 1 && $3 != $6 + 2 * $8 + $10 { bad = 1 } END { exit bad }' p.tsv
    # g = sum of c_a c_b g_ab with shares 1/3 and 2/3
    awk -F'\t' 'NR > 1 { d = $2 - ($5 + 4 * $7 + 4 * $9) / 9; if (d > 1e-6 || d < -1e-6) bad = 1 } END { exit bad }' p.tsv
    # 8 O about a Zr at sqrt(3)/4 a = 2.205
    [ "$(awk -F'\t' '$1 > 2.2 && $1 < 2.3 { print $8 / 256 }' p.tsv)" = 8 ]
    pdf --rmax 6 --by phase --norm none -q "$data/atoms.xyz" > by.tsv
    [ "$(head -n 1 by.tsv | tr '\t' '\n' | grep -c '^g:')" = 3 ]
    pdf --rmax 6 --norm none -q --select 'phase == "core"' "$data/atoms.xyz" > core.tsv
    [ "$(column by.tsv pairs:core)" = "$(column core.tsv pairs)" ]
}

@test "pdf: moved, turned and shuffled atoms have the same pairs" {
    crystal --structure fcc --a 5.092 --size R12 | particle --jitter 0.3 > a.xyz
    { head -n 2 a.xyz; tail -n +3 a.xyz | tac | awk '{ printf "%s %.17g %.17g %.17g\n", $1, $3 + 7e2, $4 - 31, $2 + 0.125 }'; } > b.xyz
    pdf --norm none --rmax 10 a.xyz > a.tsv
    pdf --norm none --rmax 10 b.xyz > b.tsv
    [ "$(column a.tsv pairs)" = "$(column b.tsv pairs)" ]
    # one far atom changes no pair
    { echo $(($(head -n 1 a.xyz) + 1)); tail -n +2 a.xyz; echo "Zr 1e7 0 0"; } > far.xyz
    pdf --norm none --rmax 10 far.xyz > far.tsv
    [ "$(column a.tsv pairs)" = "$(column far.tsv pairs)" ]
}

@test "pdf: what is refused" {
    head='Properties=species:S:1:pos:R:3'
    printf '1\n%s\nZr 1 2 3\n' "$head" > one.xyz
    run -1 pdf one.xyz
    [[ "$output" == *"1 atoms; a pair needs 2"* ]]
    printf '2\n%s\nZr 1 2 3\nZr 4 2 3\n' "$head" > two.xyz
    run -1 pdf two.xyz
    [[ "$output" == *"5"* ]]
    pdf -q --norm none two.xyz > two.tsv
    [ "$(awk -F'\t' 'NR > 1 { s += $3 } END { print s }' two.tsv)" = 2 ]
    run -1 pdf -q --norm none --valley two.xyz
    [[ "$output" == *"no first valley"* ]]
    awk -v h="$head" 'BEGIN { print "25\n" h; for (i = 0; i < 25; i++) print "Zr", 3 * (i % 5), 3 * int(i / 5), 7 }' > plane.xyz
    run -1 pdf -q plane.xyz
    [[ "$output" == *"plane"* ]]
    pdf -q --norm none plane.xyz > plane.tsv
    [ "$(awk -F'\t' 'NR > 1 && $1 > 3 && $1 < 3.1 { print $3 }' plane.tsv)" = 80 ]
    run -1 pdf --select 'z > 100' plane.xyz
    [[ "$output" == *"0 atoms are selected; a pair needs 2"* ]]
    run -1 pdf --by phse plane.xyz
    [[ "$output" == *"no column 'phse'"* ]]
    run -2 pdf --select 'phse == 1' plane.xyz
    printf '3\n%s\nZr 1 2 3\nZr 4 2 3\nZr 1 2 3.001\n' "$head" > twice.xyz
    run -1 pdf twice.xyz
    [[ "$output" == *"atoms 0 and 2"* ]]
    run -2 pdf --rmax 0.1 plane.xyz
    run -1 bash -c "crystal --structure fcc --a 5.092 --cells 2,2,2 | pdf"
    [[ "$output" == *"periodic box 10.184 wide"* ]]
}
