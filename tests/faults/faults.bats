# Memory that runs out: the n-th large allocation of every tool fails, for each
# n. The tool says so in one line and exits 1, or does without; it never
# crashes and never claims success with other bytes.
# shellcheck shell=bash
load ../helpers

setup() {
    top=$(cd "$(dirname "$BATS_TEST_FILENAME")/../.." && pwd)
    build=${BUILD:-$top/build}
    case $build in /*) ;; *) build=$top/$build ;; esac
    PATH=$build/bin:$PATH
    data=$top/tests/data
}

run_with() { # run_with N TOOL
    local args='' input=/dev/null
    [ ! -e "$data/$2.args" ] || args=$(cat "$data/$2.args")
    [ ! -e "$data/$2.in" ] || input=$data/$2.in
    (cd "$data" && FAULT=malloc FAULT_AT=$1 FAULT_COUNT=$BATS_TEST_TMPDIR/count LD_PRELOAD=$build/fault.so \
        eval "exec $2 -j 1 $args" <"$input")
}

# libpng does without its filters when memory is short: other bytes, same pixels
same_picture() {
    [ "$(head -c 4 "$1" | tail -c 3)" = PNG ] || return 1
    for f in "$1" "$2"; do
        teem-unu save -f nrrd -i "$f" -o "$f.nrrd" || return 1
    done
    cmp -s "$1.nrrd" "$2.nrrd"
}

@test "every tool survives every failed allocation" {
    for f in "$top"/cmd/*.c; do
        t=$(basename "$f" .c)
        run_with 0 "$t" >want 2>err
        n=$(cat count)
        [ "$n" -le 150 ] || n=150
        for i in $(seq "$n"); do
            run_with "$i" "$t" >out 2>err && code=0 || code=$?
            case $code in
            0) cmp -s want out || same_picture want out || { echo "$t: allocation $i failed, exit 0, other bytes"; false; } ;;
            1) [ "$(wc -l <err)" -eq 1 ] || { echo "$t: allocation $i:"; head -n 3 err; false; } ;;
            *) echo "$t: allocation $i failed: exit $code"; head -n 3 err; false ;;
            esac
        done
    done
}
