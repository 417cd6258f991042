#!/usr/bin/env bats
load helpers

script() {
    cat > edits.txt << 'END'
# corrections of 23 November
del id 3            # a streak; seen in every tilt
del near 1.1 3.4 -1 0.3   # twin of 25
add 0.25 0 -1e-1 O  # gap between 5 and 19, "clear" in the volume
move id 2 -1.1 -3.4 -1.2  # fit slipped
species id 4 Hf     # too bright for Zr
END
}

@test "atom-edit: every operation does what it says, and no more" {
    script
    atom-edit --script edits.txt --log log.tsv -d 0 "$data/atoms.xyz" > out.xyz
    [ "$(head -1 out.xyz)" -eq 31 ]
    grep -q '^Zr -1.1 -3.4 -1.2 91.047 core' out.xyz
    grep -q '^Hf -3.3423 -3.3864 1.1469 ' out.xyz
    [ "$(tail -1 out.xyz)" = "O 0.25 0 -0.1 nan - nan nan" ]
    run grep -c -e '-3.5684 -1.0985' -e '1.1288 3.4095' out.xyz
    [ "$output" -eq 0 ]
    # untouched rows are untouched
    [ "$(tail -n +3 out.xyz | grep -c -F -f <(tail -n +3 "$data/atoms.xyz" | awk '{ print $1, $2 + 0, $3 + 0, $4 + 0, $5 + 0 }'))" -eq 28 ]
    sed -n 2p out.xyz | grep -q 'a streak, seen in every tilt'
    [ "$(grep -vc "^#" log.tsv)" -eq 5 ]
    grep -q $'^move\t2\t-1.1168 -3.3771 -1.2523\t-1.1 -3.4 -1.2\tfit slipped$' log.tsv
    grep -q $'^del\t27\t1.1288 3.4095 -0.9982 Zr\t-\ttwin of 25$' log.tsv
    grep -q '2 deleted (6.25 %), 1 added (3.12 %), 1 moved' log.tsv
}

@test "atom-edit: the log replayed on the same input gives the same bytes" {
    script
    atom-edit --script edits.txt --log log.tsv -d 0 "$data/atoms.xyz" > a.xyz
    atom-edit --script log.tsv --log log2.tsv -d 0 "$data/atoms.xyz" > b.xyz
    cmp a.xyz b.xyz
    cmp log.tsv log2.tsv
    # the history alone repeats it too
    sed -n 2p a.xyz | grep -o 'aetools_history_1=".*"' | sed 's/^[^"]*"//; s/"$//; s/\\"/"/g; s/\\\\/\\/g; s/^atom-edit [^ ]*/atom-edit -d 0/' > cmd
    (cd "$data" && eval "$(cat "$BATS_TEST_TMPDIR/cmd")") > c.xyz
    cmp a.xyz c.xyz
}

@test "atom-edit: a log on another input fails" {
    script
    atom-edit --script edits.txt --log log.tsv -d 0 "$data/atoms.xyz" > a.xyz
    sed 's/1.1071 -1.2362/1.1071 -1.2363/' "$data/atoms.xyz" > other.xyz
    run -1 --separate-stderr atom-edit --script log.tsv other.xyz
    [[ "$stderr" == *"the log belongs to an input with checksum"* ]]
    [ -z "$output" ]
    run -1 --separate-stderr atom-edit --script log.tsv a.xyz
    run -1 --separate-stderr atom-edit --checksum 0123456789abcdef "$data/atoms.xyz"
    [[ "$stderr" == *"not 0123456789abcdef"* ]]
}

@test "atom-edit: close pairs are reported, --auto-close deletes the weaker" {
    { echo 34; sed -n '2,$p' "$data/atoms.xyz"; } > in.xyz
    echo "Zr -3.5 -3.4 -2 60 core 0.5 0.03" >> in.xyz
    echo "Zr 1.08 3.45 3.8 200 core 0.5 0.03" >> in.xyz
    run -0 --separate-stderr atom-edit in.xyz
    [[ "$stderr" == *"2 pairs nearer than 2 angstrom, the nearest 31 and 33 (0.305)"* ]]
    [ "${lines[0]}" = 34 ]
    atom-edit --auto-close --log log.tsv in.xyz > out.xyz
    [ "$(head -1 out.xyz)" -eq 32 ]
    grep -q $'^del\t31\t' log.tsv
    grep -q $'^del\t32\t.*weaker of a pair' log.tsv
    atom-edit --script log.tsv in.xyz | cmp - out.xyz
}

@test "atom-edit: ids come from the column id, labels need their column" {
    printf '3\nProperties=species:S:1:pos:R:3:id:I:1:label:I:1\nZr 0 0 0 7 1\nZr 3 0 0 12 1\nZr 6 0 0 9 2\n' > in.xyz
    atom-edit --edits 'del id 12 # a; add 9 0 0 Zr # b; add 12 0 0 Zr # b; label id 13 4 # c; label id 9 0 # d' in.xyz > out.xyz
    [ "$(values out.xyz id | tr '\n' ' ')" = "7 9 13 14 " ]
    [ "$(values out.xyz label | tr '\n' ' ')" = "1 0 4 -1 " ]
    run -1 --separate-stderr atom-edit --edits 'label id 0 1 # x' "$data/atoms.xyz"
    [[ "$stderr" == *"no column 'label'"* ]]
}

@test "atom-edit --suggest: the planted doubtful atom is first, all is commented" {
    awk 'NR == 1 { print 33; next } { print }
        END { print "Zr -3.4 -3.4 -2.2 40 core 0.5 0.03" }' "$data/atoms.xyz" > in.xyz
    atom-edit --suggest --count 5 in.xyz > s.txt
    [ "$(grep -c '^# del id' s.txt)" -eq 5 ]
    [[ "$(sed -n 2p s.txt)" == "# del id 32 "*"intensity 40"* ]]
    run grep -v '^#' s.txt
    [ -z "$output" ]
    atom-edit --script s.txt -d 0 --no-history in.xyz | cmp - <(atom-edit -d 0 --no-history in.xyz)
    sed '2s/^# //' s.txt > do.txt
    [ "$(atom-edit --script do.txt in.xyz | head -1)" -eq 32 ]
}

@test "atom-edit: a script is refused as a whole" {
    for bad in 'del id 3' 'del id 99 # none' 'del id 3 # a;del id 3 # again' 'frob id 3 # x' \
        'move id 3 1 2 # short' 'move id 3 1 2 nan # x' 'del id 3.5 # x' 'add 1 2 3 # no species' \
        'del near 0 0 0 9 # many' 'del near 50 0 0 1 # none' 'del near 0 0 0 -1 # radius'; do
        run -1 --separate-stderr atom-edit --edits "move id 1 0 0 9 # fine;$bad" "$data/atoms.xyz"
        oneline
        [ -z "$output" ]
    done
    run -1 --separate-stderr atom-edit --edits 'del id 3' "$data/atoms.xyz"
    [[ "$stderr" == *"line 1: 'del id 3' has no reason"* ]]
    run -0 atom-edit --no-reason --edits 'del id 3' "$data/atoms.xyz"
    printf 'del id 1 # ok\0\n' > zero.txt
    run -1 --separate-stderr atom-edit --script zero.txt "$data/atoms.xyz"
    printf '# atom-edit log of nothing\ndel\t1\n' > bad.log
    run -1 --separate-stderr atom-edit --script bad.log "$data/atoms.xyz"
    [[ "$stderr" == *"names no checksum"* ]]
}
