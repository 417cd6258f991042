# The stream readers and writers, through the tools that pass them on.
load helpers

# a stack's bytes through a filter that keeps every image
pass() { tilt-select --no-history --keep 0--1; }

@test "NRRD: what teem writes reads the same: raw, gzip, big endian" {
    pass <"$data/tilts.nrrd" >want
    for how in "-e raw" "-e gzip" "-e raw -en big"; do
        # shellcheck disable=SC2086
        teem-unu save -f nrrd $how -i "$data/tilts.nrrd" -o copy.nrrd
        pass <copy.nrrd >got
        cmp want got || { echo "$how"; false; }
    done
}

@test "NRRD: teem reads what we write: sizes, range, directions" {
    pass <"$data/tilts.nrrd" >ours.nrrd
    teem-unu head ours.nrrd >head
    grep -q 'sizes: 12 11 7' head
    grep -q 'space directions: (0.7,0) (0,0.7) none' head
    [ "$(teem-unu minmax ours.nrrd)" = "$(teem-unu minmax "$data/tilts.nrrd")" ]
    teem-unu save -f nrrd -i ours.nrrd | tail -c 3696 | cmp - <(tail -c 3696 "$data/tilts.nrrd")
}

@test "NRRD: every integer and float type" {
    printf 'NRRD0001\ntype: float\ndimension: 3\nsizes: 3 2 2\nencoding: ascii\n\n1 2 3 4 5 6 70 80 90 100 110 127\n' >small.nrrd
    vol-export --format npy - <small.nrrd >want.npy
    for type in int8 uchar short ushort int uint longlong ulonglong double; do
        for endian in little big; do
            teem-unu convert -t "$type" -i small.nrrd | teem-unu save -f nrrd -e raw -en $endian -o typed.nrrd
            vol-export --format npy - <typed.nrrd | cmp - want.npy || { echo "$type $endian"; false; }
        done
    done
}

@test "NRRD: detached: one file, a list, a numbered series, skips" {
    printf 'junk\n\001\002' >all.raw
    tail -c 3696 "$data/tilts.nrrd" >body
    cat body >>all.raw
    head='NRRD0004\ntype: float\ndimension: 3\nsizes: 12 11 7\nendian: little\nencoding: raw\nlabels: "x" "y" "tilt"'
    { printf '%b\n' "$head"; printf 'line skip: 1\nbyte skip: 2\ndata file: all.raw\n'; } >one.nhdr
    { printf '%b\n' "$head"; printf 'byte skip: -1\ndata file: all.raw\n'; } >end.nhdr
    for i in 1 2 3 4 5 6 7; do tail -c +$((528 * (i - 1) + 1)) body | head -c 528 >"part00$i"; done
    { printf '%b\n' "$head"; printf 'data file: LIST\n'; for i in 1 2 3 4 5 6 7; do echo "part00$i"; done; } >list.nhdr
    { printf '%b\n' "$head"; printf 'data file: part%%03d 1 7 1\n'; } >series.nhdr
    for f in one end list series; do
        tilt-select --keep 0--1 "$f.nhdr" | tail -c 3696 | cmp - body || { echo "$f"; false; }
    done
    rm part004
    run -1 --separate-stderr tilt-select --keep 0--1 series.nhdr
    oneline
}

@test "NRRD: units, spacings, axis mins, cells, NaN on other axes, comments" {
    printf 'NRRD0004\n# a comment\ntype: uchar\ndimension: 3\nsizes: 2 3 2\nspacings: 0.05 0.05 nan\naxis mins: -0.1 -0.2 nan\nunits: "nm" "nm" ""\nlabels: "x" "y" "tilt"\nencoding: raw\nsome_key:=kept \\\\ \\n here\ntilt_angles:=-10 20.5\n\nabcdefghijkl' >nm.nrrd
    tilt-select --no-history --keep 0--1 nm.nrrd >out
    grep -aq 'space directions: (0.5,0) (0,0.5) none' out
    grep -aq 'space origin: (-1,-2)' out
    grep -aq 'tilt_angles:=-10 20.5' out
    grep -aqF 'some_key:=kept \\ \n here' out
    sed 's/nm/mm/g' nm.nrrd >mm.nrrd
    run -1 --separate-stderr tilt-select --keep 0 mm.nrrd
    [[ $stderr == *"unit 'mm' is not angstrom"* ]]
}

# bad NRRD CHANGE MESSAGE
bad() {
    sed "$1" "$data/six-tilts.nrrd" >bad.nrrd
    run -1 --separate-stderr tilt-select --keep 0 bad.nrrd
    oneline
    [[ $stderr == *"$2"* ]] || { echo "$stderr"; false; }
    [ -z "$output" ]
}

@test "NRRD: bad headers are named" {
    [ -e "$data/six-tilts.nrrd" ]
    bad 's/^sizes:.*/sizes: 3 0 6/' "every size positive"
    bad 's/^sizes:.*/sizes: 999999999999 1000000 6/' "at most 2^31 samples"
    bad 's/^sizes:.*/sizes: 3 4/' "one whole number per axis"
    bad 's/^dimension:.*/dimension: 9/' "a whole number from 2 to 4"
    bad 's/^type:.*/type: block/' "an integer or float type"
    bad 's/^encoding:.*/encoding: bzip2/' "raw, gzip or ascii"
    bad '/^encoding:/d' "lacks the field 'encoding'"
    bad 's/^tilt_angles:=[^ ]* /tilt_angles:=/' "5 angles for 6 images"
    bad 's/^tilt_angles:=[^ ]* /tilt_angles:=x /' "want finite numbers, got 'x"
    bad 's/^tilt_angles:=[^ ]* /tilt_angles:=nan /' "want finite numbers"
    bad 's/^NRRD000./NRRD0007/' "not NRRD"
    bad 's/^sizes/sizes here/;s/:/ /' "want 'field: value'"
}

@test "NRRD: NaN and infinity are refused with their place" {
    printf 'NRRD0001\ntype: float\ndimension: 3\nsizes: 3 2 2\nencoding: ascii\nlabels: "x" "y" "tilt"\ntilt_angles:=0 1\n\n1 2 3 4 5 6 7 8 9 10 nan 12\n' >nan.nrrd
    run -1 --separate-stderr resire nan.nrrd
    [[ $stderr == *"image 1, x 1, y 1: value is nan"* ]]
    sed 's/nan/-inf/' nan.nrrd >inf.nrrd
    run -1 --separate-stderr resire inf.nrrd
    [[ $stderr == *"value is infinite"* ]]
}

@test "XYZ: columns, keys, quotes, frames pass through" {
    cat >two.xyz <<'X'
2
Lattice="5.1 0 0 0 5.2 0 0.1 0 5.3" Properties=species:S:1:pos:R:3:tag:I:1:ok:L:1:name:S:2:v:R:2 pbc="T F T" note="say \"hi\" \\ there" bare
Zr 0.1 -2.385 3e-7 -9007199254740993 T a b 0.30000000000000004 nan
O 1 2 3 7 F c d -inf 5
1
Properties=species:S:1:pos:R:3 energy=-1.5
Zr 1.25 2.5 -3.75
X
    atoms-select --no-history 'x > -5' two.xyz >out.xyz
    grep -q '^Zr 0.1 -2.385 3e-07 -9007199254740993 T a b 0.30000000000000004 nan$' out.xyz
    grep -q '^O 1 2 3 7 F c d -inf 5$' out.xyz
    grep -qF 'note="say \"hi\" \\ there" bare=T' out.xyz
    grep -qF 'Lattice="5.1 0 0 0 5.2 0 0.1 0 5.3"' out.xyz
    grep -qF 'pbc="T F T"' out.xyz
    [ "$(grep -c Properties out.xyz)" -eq 2 ]
    atoms-select --no-history 'x > -5' out.xyz | cmp - out.xyz
}

@test "XYZ: plain XYZ of other programs" {
    printf '2\nfree text, with = signs "\nC 0 1 2\nN 3 4 5\n' >plain.xyz
    run -0 atoms-select --count 'species == "N" && z == 5' plain.xyz
    [ "$output" -eq 1 ]
}

@test "XYZ: bad rows are named with their line" {
    head='2\nProperties=species:S:1:pos:R:3:n:I:1\n'
    for row in 'Zr 1 2:too few values' 'Zr 1 2 x 1:want a number' 'Zr 1 2 nan 1:z is nan' 'Zr 1 2 3 1.5:want a whole number' 'Zr 1 2 3 4 5:more values'; do
        printf '%bZr 0 0 0 1\n%s\n' "$head" "${row%%:*}" >bad.xyz
        run -1 --separate-stderr atoms-select 'x > 0' bad.xyz
        oneline
        [[ $stderr == *"line 4"*"${row##*:}"* ]] || { echo "$stderr"; false; }
    done
    printf '%bZr 0 0 0 1\n' "$head" >short.xyz
    run -1 --separate-stderr atoms-select 'x > 0' short.xyz
    [[ $stderr == *"the file ends after 1 of 2 atoms"* ]]
    printf 'x\ny\n' >word.xyz
    run -1 --separate-stderr atoms-select 'x > 0' word.xyz
    [[ $stderr == *"line 1: want the number of atoms"* ]]
}

@test "XYZ: thousands of rows are read by many threads as by one" {
    awk 'BEGIN { srand(3); n = 20000
        print n; print "Properties=species:S:1:pos:R:3:name:S:1:count:I:2:flag:L:1 pbc=\"F F F\""
        for (i = 0; i < n; i++) {
            count = i % 7 ? int(2e9 * rand()) - 1000000000 : i % 2 ? "-9223372036854775808" : "9223372036854775807"
            printf "%s %.6f %.6f %.6f atom%d %s 0 %s\n", i % 3 ? "Zr" : "O", i + 0.123456, 1 + rand(), 1 + rand(), i, count, i % 2 ? "T" : "F" } }' >many.xyz
    for j in 1 2 5; do
        atoms-select --no-history -j $j 'x > -1' many.xyz >out.xyz
        cmp <(sed -E 's/(\.[0-9]*[1-9])0+ /\1 /g' many.xyz) out.xyz
        # the first wrong row is named, however far behind it the next one is
        sed '15001s/ atom/ x atom/; 8001s/ atom[0-9]*/ & 1e3/' many.xyz >wrong.xyz
        run -1 --separate-stderr atoms-select -j $j 'x > -1' wrong.xyz
        [[ $stderr == *"line 8001: count: want a whole number, got '1e3'"* ]]
        head -n 12002 wrong.xyz | tail -n +8002 | cat <(head -n 2 many.xyz) - >short.xyz
        run -1 --separate-stderr atoms-select -j $j 'x > -1' short.xyz
        [[ $stderr == *"the file ends after 4001 of 20000 atoms"* ]]
    done
}

@test "XYZ: ASE reads what we write, and we read what ASE writes" {
    python3 -c 'import ase' 2>/dev/null || skip "ASE is not installed"
    atoms-select 'x > -1000' "$data/atoms.xyz" >ours.xyz
    python3 -c 'import ase.io; a = ase.io.read("ours.xyz"); ase.io.write("ase.xyz", a, format="extxyz")'
    [ "$(atoms-select --count 'x > -1000' ase.xyz)" -eq "$(head -n 1 ours.xyz)" ]
}
