# The chain on simulated particles of known atoms: tilts in, atoms out, no hand
# edits. Matched %, false and RMSD of a plain numpy chain: clean 100 / 0 / 3.1
# pm, aligned 100 / 0 / 3.6, full aligned 100 / 0 / 7.8.
# shellcheck shell=bash
load ../helpers

setup() {
    [ -d "$DATA/phantom" ] || skip "no DATA"
}

score() { # score NAME RMSD_LIMIT: atoms.xyz against the truth of NAME
    atoms-compare -q --tolerance 0.9 atoms.xyz "$DATA/phantom/$1/atoms.xyz" >table
    value() { awk -F'\t' -v n="$1" '$1 == n { print $2 }' table; }
    echo "# $BATS_TEST_DESCRIPTION: $(value percent_0.9) % matched, $(value spurious) false, $(value rmsd) pm" >&3
    [ "$(value missing)" -eq 0 ]
    [ "$(value spurious)" -eq 0 ]
    atmost "$(value rmsd)" "$2"
}

@test "phantom small, clean images, resire as it is" {
    resire -q "$DATA/phantom/small/clean.nrrd" | peak-find -q | kmeans-trace -q >atoms.xyz
    score small 3.1
}

@test "phantom small, aligned images with background and noise" {
    background-subtract -q "$DATA/phantom/small/aligned.nrrd" |
        resire -q --accelerate os -n 15 | peak-find -q | kmeans-trace -q >atoms.xyz
    score small 3.6
}

@test "phantom full, aligned images with background and noise" {
    [ -n "$LONG" ] || skip "needs LONG=1 (3 minutes)"
    background-subtract -q "$DATA/phantom/full/aligned.nrrd" |
        resire -q --accelerate os -n 15 | peak-find -q | kmeans-trace -q >atoms.xyz
    score full 7.8
}

@test "phantom full, aligned images, resire as it is" {
    [ -n "$LONG" ] || skip "needs LONG=1 (6 minutes)"
    background-subtract -q "$DATA/phantom/full/aligned.nrrd" |
        resire -q | peak-find -q | kmeans-trace -q >atoms.xyz
    score full 7.8
}
