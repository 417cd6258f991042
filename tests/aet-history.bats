load helpers

@test "aet-history: one command a line, in order" {
    aet-history "$data/aet-history.in" >out
    [ "$(wc -l <out)" -eq 5 ]
    [ "$(head -n 1 out)" = "vol-import 0.1.0 --angles angles.tlt --pixel 0.358 frames.mrc" ]
    [ "$(tail -n 1 out)" = "kmeans-trace 0.1.0" ]
}

@test "aet-history: --script of atoms runs and gives the same bytes" {
    atoms-select 'z > -100' "$data/atoms.xyz" | atoms-select 'row < 20' >want.xyz
    [ "$(aet-history want.xyz | wc -l)" -eq 2 ]
    aet-history --script want.xyz >again.sh
    sh again.sh >again.xyz
    cmp want.xyz again.xyz
}

@test "aet-history: from a volume, with quoted arguments" {
    tilt-select --keep '0,2' "$data/tilts.nrrd" -o few.nrrd
    tilt-select --drop '1' few.nrrd >one.nrrd
    rm few.nrrd # its commands are the beginning of the chain
    aet-history --script one.nrrd >again.sh
    sh again.sh | cmp - one.nrrd
}

@test "aet-history: a chain whose first step read a stream runs on that stream" {
    tilt-select --keep 1-3 <"$data/tilts.nrrd" | resire -n 3 >volume.nrrd
    aet-history -s volume.nrrd >again.sh
    sh again.sh <"$data/tilts.nrrd" | cmp - volume.nrrd
}

@test "aet-history: arguments with blanks, quotes and braces come back whole" {
    atoms-select 'species == "Zr" && x < 1000' "$data/atoms.xyz" >"it's here.xyz"
    atoms-select 'y < 1000' "it's here.xyz" >two.xyz
    aet-history -s two.xyz >again.sh
    sh again.sh | cmp - two.xyz
}

@test "aet-history: other versions are named in comments" {
    sed 's/resire 0.1.0/resire 0.0.9/' "$data/aet-history.in" >old.xyz
    run -0 aet-history -s old.xyz
    [ "${lines[1]}" = "# made by: resire 0.0.9 --iterations 200" ]
}

@test "aet-history: without history --script is an error, the list is empty" {
    run -1 --separate-stderr aet-history -s "$data/volume.nrrd"
    oneline
    run -0 aet-history "$data/volume.nrrd"
    [ -z "$output" ]
}

@test "aet-history: a file that one command writes and a later one reads cuts the pipe" {
    printf '2\nProperties=species:S:1:pos:R:3 aetools_history_1="vol-import 0.1.0 a.mrc" aetools_history_2="frame-register 0.1.0 --noise-out n.nrrd --upsample 20" aetools_history_3="bm3d-denoise 0.1.0 --noise-from n.nrrd" aetools_history_4="peak-find 0.1.0 --box 20"\nZr 0 0 0\nZr 1 1 1\n' >a.xyz
    aet-history -s a.xyz >script
    [ "$(grep -c '^  | ' script)" -eq 2 ]
    grep -q 'frame-register --noise-out n.nrrd --upsample 20 >"$step/1"' script
    grep -q '^bm3d-denoise --noise-from n.nrrd <"$step/1"' script
    sh -n script
}
