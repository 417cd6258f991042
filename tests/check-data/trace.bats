#!/usr/bin/env bats
# Tracing and comparing on published data: MG sample, Ta film.
load ../helpers

setup() {
    [ -d "${DATA:-}" ] || skip "no DATA"
}

what() { awk -F'\t' -v q="$2" '$1 == q { print $2 }' "$1"; }

# right FILE: matched atoms whose type is that of the truth
right() { awk -F'\t' '$1 ~ /^confusion:/ { split($1, a, ":"); if (a[2] == a[3]) n += $2 } END { print n + 0 }' "$1"; }

say() { echo "# $1: matched $(what "$2" matched) of $(what "$2" reference), false $(what "$2" spurious), types right $(right "$2"), rmsd $(what "$2" rmsd) % of a voxel" >&3; }

# truth: the true peaks, types in the column label
truth() { sed '2s/type:I/label:I/' "$DATA/mg-sample-truth-peaks.xyz" > truth.xyz; }

@test "MG sample: the published tracing agrees with the truth as stated" {
    awk 'NR == 1 { next } NR == 2 { h = $0; next } $5 > 0 { r[n++] = $0 }
        END { print n; print h; for (i = 0; i < n; i++) print r[i] }' "$DATA/mg-sample-peer-peaks.xyz" > peer.xyz
    atoms-compare --by type peer.xyz "$DATA/mg-sample-truth-peaks.xyz" > out
    say "published tracing" out
    [ "$(what out matched)" -eq 401 ]
    [ "$(what out spurious)" -eq 3 ]
    [ "$(right out)" -eq 401 ]
    near "$(what out rmsd)" 20.6 0.1
}

@test "MG sample: our tracing of the published volume is at least as good" {
    vol=$DATA/mg-sample-recon-published.nrrd
    truth
    peak-find --pixel 1 --box 2.3334 --min-distance 3 "$vol" > peaks.xyz
    kmeans-trace --species Co,Pd,Pt --volume "$vol" --pixel 1 --box 2.3334 --min-distance 3 --template peaks.xyz > atoms.xyz
    # indices from 0 in the truth, the centre at 0 here
    atoms-compare --by label --start 32,32,32 atoms.xyz truth.xyz > out
    say "peak-find | kmeans-trace --template" out
    atleast "$(what out matched)" 401
    atmost "$(what out spurious)" 3
    [ "$(right out)" -eq "$(what out matched)" ]
    atmost "$(what out rmsd)" 20.65

    kmeans-trace --species Co,Pd,Pt --volume "$vol" --pixel 1 --box 2.3334 --min-distance 3 peaks.xyz > atoms.xyz
    atoms-compare --by label --start 32,32,32 atoms.xyz truth.xyz > out
    say "peak-find | kmeans-trace" out
    atleast "$(what out matched)" 401
    atmost "$(what out spurious)" 4
    [ "$(right out)" -eq "$(what out matched)" ]
}

@test "MG sample: the three types are found in the volume itself" {
    vol=$DATA/mg-sample-truth.nrrd
    truth
    peak-find --pixel 1 --box 2.3334 --min-distance 3 --threshold 100 "$vol" > peaks.xyz
    kmeans-trace --species Co,Pd,Pt --volume "$vol" --pixel 1 --box 2.3334 --min-distance 3 peaks.xyz > atoms.xyz 2> err
    atoms-compare --by label --start 32,32,32 atoms.xyz truth.xyz > out
    say "the true volume" out
    [ "$(what out matched)" -eq 406 ]
    [ "$(right out)" -eq 406 ]
    grep -q "no non-atoms are separated" err
}

@test "Ta film: positions before and after refinement are one model" {
    atoms-compare --hist h.tsv "$DATA/ta-before-refinement.xyz" "$DATA/ta-final.xyz" > out
    echo "# Ta before refinement: matched $(what out matched), rmsd $(what out rmsd) pm, at 0.5 A $(what out percent_0.5) %" >&3
    [ "$(what out matched)" -eq 8284 ]
    [ "$(column h.tsv atoms | awk '{ s += $1 } END { print s }')" -eq 8284 ]
    # rows correspond: the plain difference of the two files
    paste <(tail -n +3 "$DATA/ta-before-refinement.xyz") <(tail -n +3 "$DATA/ta-final.xyz") |
        awk '{ for (a = 2; a <= 4; a++) { d = $a - $(a + 4); s[a] += d; q[a] += d * d } }
            END { for (a = 2; a <= 4; a++) v += (q[a] - s[a] ^ 2 / NR) / (NR - 1); print 100 * sqrt(v) }' > want
    near "$(what out rmsd)" "$(cat want)" 0.05
}
