load helpers

@test "vol-info: values of a stack against closed forms" {
    { printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: 3 5 7\nkinds: space space list\nlabels: "x" "y" "tilt"\nspace dimension: 2\nspace units: "nm" "nm"\nspace directions: (0.03,0) (0,0.03) none\nencoding: ascii\ntilt_angles:=-60 -40 -20 0 20 40 61.5\ndose:=1.2e5\nremark:=a "b" \\\\ c\n\n'
    seq 1 105; } > s.nrrd
    vol-info s.nrrd > t
    grep -qx 'kind: *tilt stack' t
    grep -qx 'sizes: *3 5 7' t
    grep -qx 'pixel: *0.3 0.3 angstrom' t
    grep -qx 'min: *1' t
    grep -qx 'max: *105' t
    grep -qx 'mean: *53' t
    near "$(awk '$1 == "std:" { print $2 }' t)" 30.3095 1e-4   # sqrt((105^2 - 1) / 12)
    grep -qx '  images: *7' t
    grep -qx '  tilt range: *-60 61.5 degree' t
    [ "$(grep -c '  dose: *1.2e5' t)" -eq 2 ]   # in the table and among the keys
}

@test "vol-info: --json is valid and says the same" {
    vol-info --json "$data/tilts-general.nrrd" > j
    [ "$(grep -c '"sizes": \[12, 11, 7\]' j)" -eq 1 ]
    grep -q '"phi": \[-2, 2.2\]' j
    [ "$(tr -cd '{' < j | wc -c)" -eq "$(tr -cd '}' < j | wc -c)" ]
    if command -v python3; then python3 -m json.tool < j > /dev/null; fi
}

@test "vol-info: keys with quotes and control bytes stay valid JSON" {
    printf 'NRRD0005\ntype: float\ndimension: 2\nsizes: 2 1\nencoding: ascii\nk"\001\377:=v\\n"\\\\\n\n1 2\n' > k.nrrd
    vol-info --json k.nrrd > j
    grep -qF '"k\"\u0001\u00ff": "v\u000a\"\\"' j
}

@test "vol-info: no pixel size is said, not invented" {
    printf 'NRRD0005\ntype: float\ndimension: 2\nsizes: 2 1\nencoding: ascii\n\n1 2\n' > k.nrrd
    vol-info k.nrrd > t
    grep -q 'pixel: *unknown; give --pixel' t
    vol-info -p 0.4 k.nrrd > t
    grep -qx 'pixel: *0.4 0.4 angstrom' t
}
