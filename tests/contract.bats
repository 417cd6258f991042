# What every filter promises, tested on every file of cmd/: a new filter needs
# no line here. A filter's sample is tests/data/NAME.in (none: it reads
# nothing), with the arguments of tests/data/NAME.args.
# shellcheck shell=bash disable=SC2046
load helpers

tools() { for f in "$top"/cmd/*.c; do basename "$f" .c; done; }
# rows of the option table; an empty field is written as "-" (read joins tabs)
rows() { "$1" --opt-table | awk -F'\t' -v OFS='\t' -v w="$2" '$1 == w { for (i = 1; i <= NF; i++) if ($i == "") $i = "-"; print }'; }
operands() { "$1" --opt-table | head -n 1 | cut -f 4; }
sample() { if [ -e "$data/$1.in" ]; then echo "$data/$1.in"; else echo /dev/null; fi; }

# run the tool on its sample: sane TOOL [more arguments]
sane() {
    local tool=$1 args=''
    shift
    [ ! -e "$data/$tool.args" ] || args=$(cat "$data/$tool.args")
    (cd "$data" && eval "exec $tool $args ${1+$(printf '%q ' "$@")}" <"$(sample "$tool")")
}

# the same, on other input: with_input FILE TOOL [more arguments]
with_input() {
    local file=$1 tool=$2 args=''
    shift 2
    [ ! -e "$data/$tool.args" ] || args=$(cat "$data/$tool.args")
    (cd "$data" && eval "exec $tool $args ${1+$(printf '%q ' "$@")}" <"$file")
}

# one line of the form "tool: ..." in the file err
one_line() {
    [ "$(wc -l <err)" -eq 1 ] && grep -q "^$1: ." err && return
    echo "$1: want one line on stderr, got:"
    head -n 3 err
    return 1
}

# status TOOL WANT GOT WHAT
status() {
    [ "$2" -eq "$3" ] && return
    echo "$1: exit status $3, want $2: $4"
    head -n 3 err
    return 1
}

@test "every tool: a sample that it reads or the word that it reads none" {
    for t in $(tools); do
        if [ -n "$(operands "$t" | grep -F '[FILE]')" ]; then
            [ -e "$data/$t.in" ] || { echo "no tests/data/$t.in"; false; }
        fi
        sane "$t" >out 2>err && code=0 || code=$?
        status "$t" 0 "$code" "on its sample"
        [ -s out ] || { echo "$t wrote nothing"; false; }
    done
}

@test "every tool: --help and --version" {
    for t in $(tools); do
        for option in --help -h; do
            "$t" "$option" >out 2>err && code=0 || code=$?
            status "$t" 0 "$code" "$option"
            [ ! -s err ]
            head -n 1 out | grep -q "^$t - ."
        done
        "$t" --version >out 2>err
        grep -qE "^$t \(aetools\) [0-9]+\.[0-9]+\.[0-9]+$" out
    done
}

@test "every tool: an unknown option is a usage error" {
    for t in $(tools); do
        for option in --no-such-option -% --no-such=3; do
            sane "$t" "$option" >out 2>err && code=0 || code=$?
            status "$t" 2 "$code" "$option"
            one_line "$t"
            [ ! -s out ]
        done
    done
}

@test "every tool: numbers are strict" {
    for t in $(tools); do
        while IFS=$'\t' read -r _ type _ name _ _ low _; do
            case $type in int | real | reals | choice) ;; *) continue ;; esac
            for bad in abc 1x nan inf '' 1e 0x10; do
                [ "$type,$bad" != reals, ] || continue # an empty list is none
                sane "$t" "--$name" "$bad" >out 2>err && code=0 || code=$?
                status "$t" 2 "$code" "--$name '$bad'"
                one_line "$t"
                grep -q -e "--$name" err
                [ ! -s out ]
            done
            case $type,$low in choice,* | *,-[1-9]*e*) continue ;; esac
            below=$(awk -v x="$low" 'BEGIN { printf "%.17g", x - 1 - (x < 0 ? -x : x) }')
            sane "$t" "--$name=$below" >out 2>err && code=0 || code=$?
            status "$t" 2 "$code" "--$name=$below, below $low"
        done < <(rows "$t" own)
    done
}

@test "every tool: a missing value, too many operands" {
    for t in $(tools); do
        "$t" --threads >out 2>err && code=0 || code=$?
        status "$t" 2 "$code" "--threads without a value"
        one_line "$t"
        case $(operands "$t") in *...*) continue ;; esac
        sane "$t" /x /y /z /w >out 2>err && code=0 || code=$?
        status "$t" 2 "$code" "four operands"
        one_line "$t"
    done
}

@test "every tool: no such file, a directory" {
    for t in $(tools); do
        [ "$(operands "$t")" = "[FILE]" ] || continue
        for file in /no/such/file /tmp; do
            sane "$t" "$file" >out 2>err && code=0 || code=$?
            status "$t" 1 "$code" "operand $file"
            one_line "$t"
            grep -q "$file" err
            [ ! -s out ]
        done
    done
}

@test "every tool: empty input" {
    : >empty
    for t in $(tools); do
        [ -e "$data/$t.in" ] || continue
        with_input "$PWD/empty" "$t" >out 2>err && code=0 || code=$?
        status "$t" 1 "$code" "empty input"
        one_line "$t"
        [ ! -s out ]
    done
}

@test "every tool: input of another kind" {
    head -c 3000 "$BASH" >noise
    printf '3\nProperties=species:S:1:pos:R:3\nZr 0 0 nan\n' >nan.xyz
    for t in $(tools); do
        [ -e "$data/$t.in" ] || continue
        for file in noise nan.xyz; do
            with_input "$PWD/$file" "$t" >out 2>err && code=0 || code=$?
            status "$t" 1 "$code" "$file"
            one_line "$t"
            [ ! -s out ]
        done
    done
}

# output that looks whole: NRRD or extended XYZ that its reader accepts
looks_whole() {
    case $(head -c 4 "$1") in
    NRRD) vol-info "$1" >/dev/null 2>&1 ;;
    *) atoms-info "$1" >/dev/null 2>&1 ;;
    esac
}

@test "every tool: truncated input" {
    for t in $(tools); do
        [ -e "$data/$t.in" ] || continue
        [ "$(head -c 1 "$data/$t.in")" != "#" ] || continue # any table's first half is a table
        size=$(wc -c <"$data/$t.in")
        parts=$((size * 2 / 3))
        # the last digits of a text may be missed, the last bytes of samples not
        grep -q '^encoding: raw' "$data/$t.in" && parts="$parts $((size - 2))"
        for part in $parts; do
            head -c "$part" "$data/$t.in" >part
            with_input "$PWD/part" "$t" >out 2>err && code=0 || code=$?
            status "$t" 1 "$code" "input cut after $part of $size bytes"
            one_line "$t"
            if [ -s out ] && looks_whole out; then
                echo "$t: output looks whole"
                false
            fi
        done
    done
}

@test "every tool: sizes that cannot be" {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 1000000 1000000 1000000\nendian: little\nencoding: raw\n\n' >huge.nrrd
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 30000 30000 100000\nspacings: 1 1 1\nunits: "A" "A" "A"\nendian: little\nencoding: raw\n\n' >large.nrrd
    printf '1000000000000000000\nProperties=species:S:1:pos:R:3\nZr 0 0 0\n' >huge.xyz
    for t in $(tools); do
        [ -e "$data/$t.in" ] || continue
        for file in huge.nrrd large.nrrd huge.xyz; do
            ([ -n "${SANITIZED:-}" ] || ulimit -v 8000000; with_input "$PWD/$file" "$t") >out 2>err && code=0 || code=$?
            status "$t" 1 "$code" "$file"
            one_line "$t"
        done
    done
}

@test "every tool: a full disk" {
    for t in $(tools); do
        sane "$t" >/dev/full 2>err && code=0 || code=$?
        status "$t" 1 "$code" "stdout is full"
        one_line "$t"
    done
}

@test "every tool: -o FILE is whole or absent" {
    for t in $(tools); do
        sane "$t" >want 2>err
        rm -rf d && mkdir d
        sane "$t" -o "$PWD/d/out" >out 2>err
        [ ! -s out ]
        cmp want d/out
        [ "$(ls -A d)" = out ]
        sane "$t" -o "$PWD/d" >out 2>err && code=0 || code=$?
        status "$t" 1 "$code" "-o of a directory"
        one_line "$t"
        [ "$(ls -A d)" = out ]
        [ -e "$data/$t.in" ] || continue
        echo precious >d/out
        with_input /dev/null "$t" -o "$PWD/d/out" >out 2>err && code=0 || code=$?
        status "$t" 1 "$code" "empty input with -o"
        [ "$(cat d/out)" = precious ]
        [ "$(ls -A d)" = out ]
    done
}

@test "every tool: the same bytes for 1, 2 and 4 threads" {
    for t in $(tools); do
        sane "$t" -j 1 >one 2>err
        sane "$t" -j 2 >two 2>err
        sane "$t" -j 4 >four 2>err
        cmp one two
        cmp one four
    done
}

@test "every tool: history, and none with --no-history" {
    for t in $(tools); do
        sane "$t" -v -j 2 >out 2>err
        case $(head -c 4 out) in
        NRRD) ;;
        *) sed -n 2p out | grep -aq Properties= || continue ;;
        esac
        aet-history out >chain
        tail -n 1 chain | grep -qE "^$t [0-9]+\.[0-9]+\.[0-9]+( |$)" || { echo "$t: no history"; false; }
        tail -n 1 chain | grep -qE -e ' -?-(v|j|verbose|threads|output)( |$)' && { echo "$t: -v or -j in the history"; false; }
        sane "$t" --no-history >out 2>err
        aet-history out >shorter
        [ "$(wc -l <chain)" -eq $(($(wc -l <shorter) + 1)) ]
    done
}

@test "every tool: -v ends with a line of time and memory, -q is silent" {
    for t in $(tools); do
        sane "$t" -v >out 2>err
        tail -n 1 err | grep -qE "^$t: version .*s wall, .*s cpu, .*MB peak$"
        sane "$t" -q >out 2>err
        [ ! -s err ]
    done
}

# option names of a man page: "letter name" sorted
page_options() {
    sed -n 's/^\.It Fl //p' "$1" | awk '{
        letter = "-"; name = ""
        for (i = 1; i <= NF; i++) {
            if ($i == ",") continue
            if ($i == "Fl") continue
            if ($i == "Ar" || $i == "Ns" || $i == "Cm" || $i == "Op" || $i == "No") break
            if ($i ~ /^-./) name = substr($i, 2); else if (length($i) == 1) letter = $i
        }
        print letter, name }' | sort
}

@test "every tool: the man page has the table's options, and lints" {
    for t in $(tools); do
        [ -e "$top/man/$t.1" ] || { echo "no man/$t.1"; false; }
        rows "$t" own | awk -F'\t' '{ print $3, $4 }' | sort >table
        page_options "$top/man/$t.1" >page
        diff table page || { echo "$t: table (<) and man page (>) differ"; false; }
        mandoc -Tlint -Wwarning "$top/man/$t.1" >lint 2>&1 || { cat lint; false; }
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" EXAMPLES SOURCE "SEE ALSO"; do
            [ "$section" != OPTIONS ] || [ -s table ] || continue
            grep -q "^\.Sh $section" "$top/man/$t.1" || { echo "$t: man page without $section"; false; }
        done
    done
}

@test "every tool: the man page tells the table's defaults" {
    for t in $(tools); do
        while IFS=$'\t' read -r _ type _ name _ preset _; do
            [ "$type" != flag ] && [ "$preset" != - ] || continue
            awk -v name="-$name" '/^\.It Fl/ { on = 0; for (i = 1; i <= NF; i++) if ($i == name) on = 1; next }
                /^\.(El|Sh)/ { on = 0 } on' "$top/man/$t.1" | sed 's/^\.[A-Z][a-z] //; s/\\&//g' | tr '\n' ' ' >text
            if [ "$preset" = "(required)" ]; then want=equired; else want=$preset; fi
            grep -qF -e "$want" text || { echo "$t --$name: default $preset is not in the man page"; cat text; false; }
        done < <(rows "$t" own)
    done
}

@test "every man page: the examples run" {
    for page in "$top"/man/*.1; do
        rm -rf run && mkdir run
        ln -s "$data" run/data
        awk '/^\.Sh/ { on = ($2 == "EXAMPLES") } on && /^\.Bd/ { block = 1; next } /^\.Ed/ { block = 0 } block' "$page" |
            sed 's/\\e/\\/g; s/\\-/-/g; s/^\\&//; s/\\&//g; s/\\(aq/'"'"'/g' >script
        [ -s script ] || { echo "$page: no examples"; false; }
        (cd run && bash -e -o pipefail ../script) >out 2>&1 </dev/null || { echo "$page: example failed"; cat script; tail -n 5 out; false; }
    done
}

@test "aetools(7) lists the filters, and only those that are planned or there" {
    sed -n 's/^\.Xr \([^ ]*\) 1.*/\1/p' "$top/man/aetools.7" | sort >listed
    tools | sort >there
    comm -13 listed there >missing
    [ ! -s missing ] || { echo "not in aetools(7):"; cat missing; false; }
}

@test "completions and the README's table are current" {
    mkdir -p new
    "$top/completions/generate" "$build/bin" new
    for shell in bash zsh fish; do
        diff -r "new/$shell" "$top/completions/$shell"
    done
    "$top/completions/readme" "$build/bin" "$top/README.md" >readme
    diff readme "$top/README.md"
}

# a stack or frames of n images of 128 x 128 in the manner of the tool's sample:
# header in big.head, one image in big.image
big_header() {
    local n=$1 dims
    case $2 in
    4) dims="dimension: 4\nsizes: 128 128 4 $((n / 4))\nspacings: 0.35 0.35 nan nan\nunits: \"A\" \"A\" \"\" \"\"\nlabels: \"x\" \"y\" \"frame\" \"tilt\"" n=$((n / 4)) ;;
    *) dims="dimension: 3\nsizes: 128 128 $n\nspacings: 0.35 0.35 nan\nunits: \"A\" \"A\" \"\"\nlabels: \"x\" \"y\" \"tilt\"" ;;
    esac
    printf 'NRRD0005\ntype: uchar\n%b\nencoding: raw\ntilt_angles:=' "$dims"
    awk -v n="$n" 'BEGIN { for (i = 0; i < n; i++) printf "%s%.6g", i ? " " : "", -70 + 140 * i / n; print "\n" }'
}

big_image() { # a disc of 200 on 40, as bytes
    awk 'BEGIN { for (y = 0; y < 128; y++) for (x = 0; x < 128; x++)
        printf "%s", (x - 64) ^ 2 + (y - 64) ^ 2 < 900 ? "\310" : "(" }'
}

streaming() { for t in $(tools); do [ "$("$t" --opt-table | head -n 1 | cut -f 5)" -eq 0 ] || echo "$t"; done; }

peak() { sed -n 's/.* \([0-9.]*\) MB peak$/\1/p' err; }

@test "per-image filters: 400 images need at most 1.2 times the memory of 20" {
    [ -z "${SANITIZED:-}" ] || skip "a sanitizer has memory of its own"
    big_image >image
    for i in $(seq 20); do cat image; done >twenty
    for i in $(seq 20); do cat twenty; done >fourhundred
    for t in $(streaming); do
        [ "$(head -c 4 "$data/$t.in")" = NRRD ] || continue
        dim=$(sed -n 's/^dimension: //p;/^$/q' "$data/$t.in")
        cat <(big_header 20 "$dim") twenty >small.nrrd
        cat <(big_header 400 "$dim") fourhundred >large.nrrd
        with_input "$PWD/small.nrrd" "$t" -v >out 2>err || { echo "$t"; cat err; false; }
        few=$(peak)
        with_input "$PWD/large.nrrd" "$t" -v >out 2>err || { echo "$t"; cat err; false; }
        many=$(peak)
        awk -v a="$few" -v b="$many" -v t="$t" 'BEGIN { if (!(a > 0 && b <= 1.2 * a)) { print t ": " a " MB for 20 images, " b " for 400"; exit 1 } }'
    done
}

@test "per-image filters: the first image leaves before the third arrives" {
    big_image >image
    for t in $(streaming); do
        [ "$(head -c 4 "$data/$t.in")" = NRRD ] || continue
        dim=$(sed -n 's/^dimension: //p;/^$/q' "$data/$t.in")
        two=2
        [ "$dim" -ne 4 ] || two=8
        rm -f pipe out
        mkfifo pipe
        with_input "$PWD/pipe" "$t" >out 2>err &
        pid=$!
        exec 7>pipe
        big_header 20 "$dim" >&7
        for i in $(seq $two); do cat image; done >&7
        for i in $(seq 100); do
            # shellcheck disable=SC2012
            [ "$(wc -c <out)" -lt 10000 ] || break
            sleep 0.1
        done
        came=$(wc -c <out)
        exec 7>&-
        wait "$pid" || true
        [ "$came" -ge 10000 ] || { echo "$t: $came bytes after two images"; cat err; false; }
    done
}

@test "tools with --dry-run print bytes and seconds and do nothing" {
    for t in $(tools); do
        rows "$t" own | cut -f 4 | grep -qx dry-run || continue
        sane "$t" --dry-run >out 2>err
        [ "$(head -n 1 out)" = "$(printf '#bytes\tcpu_seconds')" ]
        atleast "$(column out bytes)" 1
        atleast "$(column out cpu_seconds)" 0
        [ "$(wc -l <out)" -eq 2 ]
    done
}
