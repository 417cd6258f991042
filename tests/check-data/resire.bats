# resire on the published metallic glass sample; the published reconstructions
# themselves are in fst.bats.
# shellcheck shell=bash disable=SC2154
load ../helpers

setup() { [ -d "$DATA" ] || skip "no DATA"; }

# against NAME: correlation and relative error of v with the truth
against() {
    "$build/bench/volcmp" v "$DATA/mg-sample-truth.nrrd" >c
    corr=$(column c correlation) error=$(column c relative_error)
    echo "# resire: MG $1: correlation $corr, relative error $error" >&3
}

@test "resire: metallic glass sample, default" {
    resire -o v "$DATA/mg-sample-tilts.nrrd"
    against "200 iterations"
    atleast "$corr" 0.976
    atmost "$error" 0.207
}

@test "resire: metallic glass sample, os" {
    resire -a os -n 40 -o v "$DATA/mg-sample-tilts.nrrd"
    against "os, 40 iterations"
    atleast "$corr" 0.985
    atmost "$error" 0.17
}

@test "resire: metallic glass sample, general path" {
    # an angle too small to matter
    sed 's/^tilt_angles:=/psi_is:=/; /^psi_is/{h;s/psi_is:=/euler_angles:=/;s/\(:=\| \)\(-\?[0-9.]\+\)/\1;0 \2 1e-7/g;s/:=;/:=/;s/ ;/;/g}' "$DATA/mg-sample-tilts.nrrd" >t
    resire -o v "$DATA/mg-sample-tilts.nrrd"
    resire -o w t
    "$build/bench/volcmp" w v >c
    echo "# resire: MG general against fast path: relative difference $(column c relative_error)" >&3
    atmost "$(column c relative_error)" 1e-3
}

@test "resire: the seconds that --dry-run tells" {
    D=$DATA/mg-sample-tilts.nrrd
    resire -j 1 -v -n 0 -o v "$D" 2>read # what reading costs
    seconds() { sed -n 's/.* \([0-9.]*\) s cpu.*/\1/p' "$1"; }
    # the machine may be busy: five tries
    for o in "" "--accelerate fista" "--accelerate os"; do
        for try in 1 2 3 4 5; do
            # shellcheck disable=SC2086
            resire -j 1 --dry-run -n 100 $o "$D" >told
            # shellcheck disable=SC2086
            resire -j 1 -v -n 100 $o -o v "$D" 2>log
            ratio=$(awk "BEGIN { print $(column told cpu_seconds) / ($(seconds log) - $(seconds read)) }")
            awk "BEGIN { exit !($ratio > 0.5 && $ratio < 2) }" && break
            [ "$try" -lt 5 ]
        done
        echo "# resire: --dry-run $o: told / taken $ratio" >&3
    done
}
