load helpers

@test "zr-zro2: the figures of a particle with a core" {
    DIAMETER=34 "$top/examples/zr-zro2/run.sh" out > said
    [ "$(awk -F'\t' '!/^#/ && $1 > 0 && $2 != 0' out/fig-3h.tsv | wc -l)" -eq 0 ]     # metal
    [ "$(awk -F'\t' '!/^#/ && $1 == 0 { print $2 }' out/fig-3h.tsv)" = 4 ]             # interface
    [ "$(awk -F'\t' '!/^#/ && $1 < 0 && $2 != 8' out/fig-3h.tsv | wc -l)" -eq 0 ]      # oxide
    for f in 1c 2d-rho 2e-mean 3a-bond_mean 3c-ideal 4 4d 4e 4f-shape s-coordination; do [ "$(wc -l < out/fig-$f.tsv)" -gt 2 ]; done
    for f in out/*.png; do head -c 8 "$f" | grep -a -q PNG; done
    # the metal is denser and holds less oxygen
    mean() { awk -F'\t' -v g="$2" '$1 == g { print $4 }' "out/fig-2c-$1.tsv"; }
    atleast "$(mean rho core)" "$(mean rho c-oxide)"
    atmost "$(mean oxidation core)" "$(mean oxidation c-oxide)"
}

@test "zr-zro2: a fully oxidised particle, and a model of one's own" {
    DIAMETER=30 CORE=none "$top/examples/zr-zro2/run.sh" a > said
    [ -s a/fig-4e.tsv ]
    [ -s a/fig-2f.png ]
    if grep -q 'needs a core' "$top"/examples/zr-zro2/*.sh; then grep -q 'no metal core' said; fi
    cp a/atoms.xyz model.xyz
    DATA=model.xyz "$top/examples/zr-zro2/run.sh" b > said
    cmp a/fig-4.tsv b/fig-4.tsv
    run -1 env DATA=nothing.xyz "$top/examples/zr-zro2/run.sh" c
    [[ "$output" == *"no such file"* ]]
}

@test "zr-zro2: a tilt series of one's own" {
    phantom -q --diameter 26 -o truth.xyz
    atoms-project --angles -66:6:66 --pixel 0.4 truth.xyz -o tilts.nrrd
    DATA=tilts.nrrd "$top/examples/zr-zro2/run.sh" d > said
    atoms-compare -q d/atoms.xyz truth.xyz > table
    [ "$(awk -F'\t' '$1 == "missing" || $1 == "spurious" { s += $2 } END { print s + 0 }' table)" -eq 0 ]
    grep -q 'phase:S' d/labelled.xyz        # by phase-label
    for f in 1c 2d-rho 4e; do [ "$(wc -l < d/fig-$f.tsv)" -gt 2 ]; done
}
