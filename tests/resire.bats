# resire: the published convergence, any orientation, acceleration, promises.
# shellcheck shell=bash disable=SC2154
load helpers

# slice NY [truth]: 20 Gaussians in a slice of 64 x 64, alike in all NY rows y:
# 51 tilt images (line integrals in closed form), or the volume
slice() {
    awk -v ny="$1" -v truth="${2:-}" '
    function rnd() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
    BEGIN {
        N = 64; pi = atan2(0, -1); seed = 20231; s = 1.05
        while (m < 20) {
            x = (2 * rnd() - 1) * 0.36 * N; z = (2 * rnd() - 1) * 0.36 * N
            ok = x * x + z * z <= (0.36 * N)^2
            for (i = 0; i < m && ok; i++) ok = (x - X[i])^2 + (z - Z[i])^2 >= 49
            if (ok) { X[m] = x; Z[m++] = z }
        }
        print "NRRD0005\ntype: float\ndimension: 3\nencoding: ascii"
        if (truth) {
            printf "sizes: %d %d %d\n\n", N, ny, N
            for (c = 0; c < N; c++) for (y = 0; y < ny; y++) for (a = 0; a < N; a++) {
                v = 0
                for (i = 0; i < m; i++) v += exp(-((a - 32 - X[i])^2 + (c - 32 - Z[i])^2) / (2 * s * s))
                printf "%.7g\n", v
            }
            exit
        }
        printf "sizes: %d %d 51\nlabels: \"x\" \"y\" \"tilt\"\ntilt_angles:=", N, ny
        for (k = 0; k < 51; k++) printf "%s%d", k ? " " : "", 3 * k - 75
        print "\n"
        for (k = 0; k < 51; k++) {
            t = (3 * k - 75) * pi / 180
            for (u = 0; u < N; u++) {
                row[u] = 0
                for (i = 0; i < m; i++) row[u] += s * sqrt(2 * pi) * exp(-(u - 32 - X[i] * cos(t) + Z[i] * sin(t))^2 / (2 * s * s))
            }
            for (y = 0; y < ny; y++) for (u = 0; u < N; u++) printf "%.7g\n", row[u]
        }
    }'
}

# ball: a volume of 28 x 25 x 28 with 12 Gaussians
ball() {
    awk 'function rnd() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
    BEGIN {
        N = 28; M = 25; seed = 4711; s = 1.6
        while (m < 12) {
            x = (2 * rnd() - 1) * 8; y = (2 * rnd() - 1) * 6; z = (2 * rnd() - 1) * 8
            ok = x * x + z * z <= 64
            for (i = 0; i < m && ok; i++) ok = (x - X[i])^2 + (y - Y[i])^2 + (z - Z[i])^2 >= 16
            if (ok) { X[m] = x; Y[m] = y; Z[m++] = z }
        }
        printf "NRRD0005\ntype: float\ndimension: 3\nencoding: ascii\nsizes: %d %d %d\n\n", N, M, N
        for (c = 0; c < N; c++) for (b = 0; b < M; b++) for (a = 0; a < N; a++) {
            v = 0
            for (i = 0; i < m; i++) { d = (a - 14 - X[i])^2 + (b - 12 - Y[i])^2 + (c - 14 - Z[i])^2; if (d < 60) v += exp(-d / (2 * s * s)) }
            printf "%.7g\n", v
        }
    }'
}
# spread: 21 orientations, theta -70:7:70, phi and psi within 5 degrees
spread() {
    awk 'function rnd() { seed = (seed * 16807) % 2147483647; return 10 * seed / 2147483647 - 5 }
        BEGIN { seed = 77; for (k = 0; k < 21; k++) printf "%.4f %d %.4f\n", rnd(), 7 * k - 70, rnd() }'
}
# noise N M K: images of pseudo-random integers
noise() {
    awk -v n="$1" -v m="$2" -v k="$3" 'BEGIN { printf "NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nlabels: \"x\" \"y\" \"tilt\"\nencoding: ascii\ntilt_angles:=", n, m, k
        for (i = 0; i < k; i++) printf "%g ", 120 * i / k - 60; print "\n"; for (i = 0; i < n * m * k; i++) print (i * 7919) % 101 }'
}
floats() { tail -c $(($2 * 4)) "$1" | od -An -v -t f4 -w4 | tr -d ' '; }
correlation() { paste "$1" "$2" | awk '{ n++; a += $1; b += $2; aa += $1 * $1; bb += $2 * $2; ab += $1 * $2 } END { print (ab - a * b / n) / sqrt((aa - a * a / n) * (bb - b * b / n)) }'; }
# 201 iterations on the slice s, once for all tests: r.tsv, v; plain copies them
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    slice 1 >s
    resire -j 1 -n 201 --report r.tsv -o v s
}
plain() { cp "$BATS_FILE_TMPDIR"/{s,r.tsv,v} .; }
# r1 FILE N...: R1 before those iterations
r1() { local f=$1; shift; for i; do column "$f" R1 | sed -n "${i}p"; done; }

@test "resire: published convergence on a slice of 20 atoms" {
    plain
    [ "$(r1 r.tsv 1)" = 1 ]
    near "$(r1 r.tsv 101)" 0.025 0.01
    near "$(r1 r.tsv 201)" 0.0105 0.004
    # t = 1 is half as fast
    resire -j 1 -n 201 -t 1 --report half.tsv s >w
    for j in 10 50 100; do
        a=$(r1 r.tsv $((j + 1))) b=$(r1 half.tsv $((2 * j + 1)))
        near "$(awk "BEGIN { print $b / $a }")" 1 0.2
    done
    slice 1 truth | sed '1,/^$/d' >want
    floats v 4096 >got
    atleast "$(correlation got want)" 0.99
    atleast "$(sort -g got | head -n 1)" 0
    # the table's means are those of its images
    awk -F'\t' 'NR == 51 { for (i = 5; i < 56; i++) a += $i / 51; for (; i <= NF; i++) b += $i / 51
        if (NF != 106 || (a - $2)^2 > 1e-12 || (b - $4)^2 > 1e-12 || !($3 > 0.9 * $2 && $3 < 1.1 * $2)) { print NF, a, b, $2, $3, $4; exit 1 } }' r.tsv
}

@test "resire: what the log says is what vol-project finds in the volume" {
    # sizes that fill no register, frames filled to the edge
    for f in tilts tilts-general; do
        run --separate-stderr resire -j 1 -v -n 15 -o v "$data/$f.nrrd"
        said=$(printf '%s\n' "$stderr" | sed -n 's/.*R1 \([0-9.]*\),.*/\1/p')
        vol-project --angles "$data/$f.nrrd" v >p
        paste <(floats p 924) <(floats "$data/$f.nrrd" 924) | awk 'function abs(x) { return x < 0 ? -x : x }
            { k = int((NR - 1) / 132); a[k] += abs($1 - $2); b[k] += abs($2) } END { for (k in a) s += a[k] / b[k] / 7; print s }' >r
        near "$said" "$(cat r)" 1e-5
    done
}

@test "resire: too long a step is halved, with a warning" {
    slice 1 >s
    run --separate-stderr resire -j 1 -n 60 -t 2.5 --report r.tsv -o v s
    [ "$stderr" = "resire: warning: the residual rose: the step is halved to 1.25" ]
    atmost "$(r1 r.tsv 60)" 0.1
    run --separate-stderr resire -j 1 -n 60 -t 9 --report r.tsv -o v s
    [ "$(printf '%s\n' "$stderr" | grep -c halved)" -eq 3 ]
    run --separate-stderr resire -j 1 -n 60 -t 2 --report r.tsv -o v s
    [ -z "$stderr" ]
}

@test "resire: slices are alike where the images are" {
    slice 19 | resire -j 1 -n 25 --no-history -o v -
    floats v 77824 | awk '{ i = NR - 1; x = i % 64; y = int(i / 64) % 19; z = int(i / 1216)
        if (y == 0) first[x, z] = $1; else if ($1 != first[x, z]) { print x, y, z; exit 1 } }'
    slice 1 | resire -j 1 -n 25 --no-history -o w -
    cmp <(floats v 77824 | awk 'int((NR - 1) / 64) % 19 == 7') <(floats w 4096)
}

@test "resire: os and fista reach the R1 of 200 plain iterations" {
    plain
    resire -j 1 -n 61 -a fista --report f.tsv s >v
    resire -j 1 -n 31 -a os --report o.tsv s >v
    goal=$(r1 r.tsv 201)
    atmost "$(r1 f.tsv 61)" "$goal"
    atmost "$(r1 o.tsv 31)" "$goal"
    # the published table, within 20 %
    near "$(r1 f.tsv 41)" 0.0173 0.0035
    near "$(r1 o.tsv 21)" 0.0091 0.0019
    spread >list
    ball | vol-project --angles list >g
    resire -j 1 -n 201 --report r.tsv g >v
    resire -j 1 -n 31 -a os --report o.tsv g >v
    atmost "$(r1 o.tsv 31)" "$(r1 r.tsv 201)"
}

@test "resire: orientations count, and the general path is as good" {
    ball >truth
    vol-project --angles -70:7:70 truth >aligned
    spread >list
    vol-project --angles list truth >general
    sed "s/^euler_angles.*/tilt_angles:=$(seq -s ' ' -70 7 70)/" general >ignored
    for f in aligned general ignored; do
        resire -j 1 -n 200 --report $f.tsv $f >$f.v
    done
    atmost "$(r1 general.tsv 200)" "$(awk "BEGIN { print 1.05 * $(r1 aligned.tsv 200) }")"
    atleast "$(r1 ignored.tsv 200)" "$(awk "BEGIN { print 3 * $(r1 general.tsv 200) }")"
    sed '1,/^$/d' truth >want
    floats general.v 19600 >got
    atleast "$(correlation got want)" 0.99
}

@test "resire: the same bytes from any number of threads" {
    for o in "-a none" "-a os --subsets 2 -n 6" "-a fista" "--projector fst --fst-oversample 1.5,2,2" "--subsample 8"; do
        for f in tilts tilts-general; do
            [ "$f $o" = "tilts -a os --subsets 2 -n 6" ] && continue # 7 images
            f=$data/$f.nrrd
            case $o in *os*) noise 19 13 11 >n.nrrd; f=n.nrrd ;; esac
            # shellcheck disable=SC2086
            for j in 1 2 4; do resire --no-history -j $j -n 6 $o --report r$j "$f" >v$j; done
            cmp v1 v2 && cmp v1 v4 && cmp r1 r2 && cmp r1 r4
        done
    done
}

# killed OPTIONS...: a run killed at some iteration goes on to the same bytes
killed() {
    resire --no-history "$@" --report whole.tsv -o whole n.nrrd
    local try=0
    rm -f state v r.tsv
    until [ -e state ] && [ ! -e v ] && [ ! -e r.tsv ]; do # until the kill came in between
        rm -f state v r.tsv
        resire --no-history "$@" --checkpoint state --checkpoint-every 8 --report r.tsv -o v n.nrrd &
        local pid=$!
        for _ in $(seq 2000); do [ -e state ] && break; sleep 0.001; done
        sleep 0.0$((RANDOM % 9))
        kill -9 $pid 2>/dev/null || :
        wait $pid || :
        try=$((try + 1))
        [ $try -lt 20 ]
    done
    resire --no-history -v "$@" --checkpoint state --checkpoint-every 8 --report r.tsv -o v n.nrrd 2>log
    grep -q "going on after" log
    cmp v whole
    cmp r.tsv whole.tsv
    [ ! -e state ]
}

@test "resire: killed and resumed, the same bytes" {
    noise 64 40 15 >n.nrrd
    killed -n 60 # the step is halved on the way at 2.5
    killed -n 60 -t 2.5
    killed -n 60 -a os
    killed -n 60 -a fista
}

@test "resire: checkpoints of other data or options, longer and shorter runs" {
    noise 12 9 6 >n.nrrd
    resire -n 9 --no-history --report all.tsv -o all n.nrrd
    # a full disk ends the run after its last checkpoint, which stays
    run -1 bash -c 'resire -n 7 --checkpoint state --checkpoint-every 1 n.nrrd >/dev/full'
    [ -e state ]
    cp state kept
    for o in "-t 1" "--subsample 1" "-a fista" "--no-positivity" "--thickness 5 --pixel 1" "--projector fst" "--initial all"; do
        # shellcheck disable=SC2086
        run -1 --separate-stderr resire -n 9 $o --checkpoint state n.nrrd
        oneline
        [ "$stderr" = "resire: state: a checkpoint of other data or options; remove it to start anew" ]
    done
    sed '$s/.*/33/' n.nrrd >other
    run -1 --separate-stderr resire -n 9 --checkpoint state other
    [[ $stderr == *"other data or options"* ]]
    run -1 --separate-stderr resire -n 5 --checkpoint state n.nrrd
    [ "$stderr" = "resire: state: a checkpoint of 7 iterations; want -n of at least that" ]
    head -c 900 kept >state
    run -1 --separate-stderr resire -n 9 --checkpoint state n.nrrd
    [ "$stderr" = "resire: state: the checkpoint ends early" ]
    echo nonsense >state
    run -1 --separate-stderr resire -n 9 --checkpoint state n.nrrd
    [ "$stderr" = "resire: state: not a checkpoint" ]
    cp kept state
    resire -n 9 --no-history --checkpoint state --report r.tsv -o v n.nrrd
    cmp v all
    cmp r.tsv all.tsv
    [ ! -e state ]
}

@test "resire: --tol stops, also after a resumption" {
    noise 12 9 6 >n.nrrd
    resire -j 1 -n 500 --tol 1e-3 --report all.tsv -o all n.nrrd
    n=$(column all.tsv R1 | wc -l)
    [ "$n" -gt 10 ] && [ "$n" -lt 500 ]
    column all.tsv R1 | awk '{ d = NR > 1 ? (p - $1) / $1 : 1; if (d < 0) d = -d; small[NR] = d <= 1e-3; p = $1 }
        END { for (i = 1; i < NR; i++) if (small[i]) exit 1; if (!small[NR]) exit 1 }'
    run -1 bash -c "resire -n $((n - 1)) --tol 1e-3 --checkpoint state --checkpoint-every 1 n.nrrd >/dev/full"
    resire -j 1 -n 500 --tol 1e-3 --checkpoint state --report r.tsv -o v n.nrrd
    cmp r.tsv all.tsv
}

@test "resire: --dry-run tells bytes and seconds" {
    [ -z "${SANITIZED:-}" ] || skip "a sanitizer has memory of its own"
    noise 160 160 24 >n
    resire -n 0 --thickness 1 --pixel 1 -v "$data/tilts.nrrd" 2>log >v
    base=$(sed -n 's/.* cpu, \([0-9.]*\) MB peak/\1/p' log)
    for o in "" "-a fista" "--extended --thickness 60 --pixel 1"; do
        # shellcheck disable=SC2086
        resire --dry-run -n 5 $o n >told
        # shellcheck disable=SC2086
        resire -v -n 5 $o -o v n 2>log
        bytes=$(column told bytes)
        peak=$(sed -n 's/.* cpu, \([0-9.]*\) MB peak/\1/p' log)
        near "$(awk "BEGIN { print $bytes / 1048576 / ($peak - $base) }")" 1 0.1
        awk "BEGIN { exit !($(column told cpu_seconds) > 0) }"
    done
    run --separate-stderr resire --dry-run -n 8 n
    [ "$(printf '%s\n' "$output" | head -n 1)" = "#bytes	cpu_seconds" ]
    resire --dry-run -n 0 n >told
    [ "$(column told cpu_seconds)" = 0 ]
}

@test "resire: support, initial volume, negative values" {
    noise 13 5 6 >n
    resire -n 12 --no-history n >whole
    resire -n 7 --no-history n >first
    resire -n 5 --no-history --initial first n >v
    cmp v whole
    { printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 13 5 13\nencoding: ascii\n\n'; awk 'BEGIN { for (i = 0; i < 845; i++) print (i % 13 > 4) * 7 }'; } >mask
    for o in "-a none" "-a fista" "-a os --subsets 1" "--extended"; do
        # shellcheck disable=SC2086
        resire -n 5 $o --support mask n >v
        floats v 845 | awk '{ x = (NR - 1) % 13; if (x <= 4 && $1 != 0) exit 1; if (x > 4) s += $1 } END { if (!(s > 1)) exit 1 }'
    done
    # the first step by hand: one image at 0 degrees spreads b t/L along z
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 3 2 1\nencoding: ascii\nlabels: "x" "y" "tilt"\ntilt_angles:=0\n\n2 4 6 8 -10 12\n' >one
    resire -q -n 1 -t 1 --subsample 1 --thickness 2 --pixel 0.5 --no-positivity one >v
    [ "$(floats v 24 | tr '\n' ' ')" = "$(for _ in 1 2 3 4; do printf '0.5 1 1.5 2 -2.5 3 '; done)" ]
    resire -q -n 1 --subsample 1 --thickness 2 --pixel 0.5 one >v
    [ "$(floats v 6 | tr '\n' ' ')" = "1 2 3 4 0 6 " ]
    run -1 --separate-stderr resire -q --support mask one
    oneline
    [[ $stderr == *"mask: 13 x 5 x 13 voxels; want 3 x 2 x 3"* ]]
}

@test "resire: an extended film brings the frame back" {
    # a film 70 wide, the same everywhere: frames of 21 show 1/cos times it
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 21 3 9\nencoding: ascii\nlabels: "x" "y" "tilt"\ntilt_angles:=-60 -45 -30 -15 0 15 30 45 60\n\n' >film
    awk 'BEGIN { for (k = -4; k <= 4; k++) for (i = 0; i < 63; i++) print 2 * 8 / cos(k * atan2(0, -1) / 12) }' >>film
    resire -n 60 --thickness 8 --pixel 1 --extended --report e.tsv film >v
    grep -a '^sizes: 21 3 8$' v
    resire -n 60 --thickness 8 --pixel 1 --report p.tsv film >w
    atmost "$(r1 e.tsv 60)" 0.01
    atleast "$(r1 p.tsv 60)" 0.1
    floats v 504 | awk '{ s += $1 / 504 } END { if (s < 1.9 || s > 2.1) { print s; exit 1 } }'
}

@test "resire: what it refuses" {
    noise 5 3 4 >n
    awk 'NR <= 8 || !(int((NR - 9) / 15) == 2) { print; next } { print 0 }' n >zero
    run -1 --separate-stderr resire zero
    oneline
    [[ $stderr == *"image 2 has sum 0; drop it with tilt-select"* ]]
    sed '/^tilt_angles/d' n >bare
    run -1 --separate-stderr resire bare
    oneline
    [[ $stderr == *bare*angles* ]]
    run -1 --separate-stderr resire --thickness 3 n
    oneline
    [[ $stderr == *"--thickness"*pixel* ]]
    sed '12s/.*/nan/' n >nan
    run -1 --separate-stderr resire nan
    oneline
    [[ $stderr == *nan* ]]
    run -2 --separate-stderr resire -a os --subsets 2 n
    oneline
    [[ $stderr == *"2 of 4 images; want 5 images in each"* ]]
    run -2 --separate-stderr resire --fst-oversample 2,3 n
    [[ $stderr == *"want one number or three"* ]]
    run -2 --separate-stderr resire --pixel 1 --thickness 0.1 n
    [[ $stderr == *"0.1 angstrom are 0 voxels"* ]]
    run -1 --separate-stderr resire "$data/volume.nrrd"
    oneline
    noise 5 3 1 >one
    run --separate-stderr resire -n 2 -o v one
    [ "$status" -eq 0 ]
    [[ $stderr == *"one image only"* ]]
}
