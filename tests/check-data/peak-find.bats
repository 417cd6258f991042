#!/usr/bin/env bats
# Tracing of published reconstructions against the published code's answers.
load ../helpers

setup() { [ -d "$DATA" ] || skip "no DATA"; }

# matched A.xyz B.xyz TOL [SCALE SHIFT]: how many atoms of A have one of B within TOL; A's positions times SCALE plus SHIFT
matched() {
    awk -v tol="$3" -v scale="${4:-1}" -v shift="${5:-0}" '
        FNR <= 2 { next }
        NR != FNR { x = $2; y = $3; z = $4; best = tol * tol; hit = 0
            for (i = int(x / w) - 1; i <= int(x / w) + 1; i++) for (j = int(y / w) - 1; j <= int(y / w) + 1; j++) for (k = int(z / w) - 1; k <= int(z / w) + 1; k++) {
                m = n[i, j, k]; for (q = 1; q <= m; q++) { split(c[i, j, k, q], p, " "); d = (p[1] - x)^2 + (p[2] - y)^2 + (p[3] - z)^2
                    if (d <= best) { best = d; hit = 1 } } }
            if (hit) { found++; sum += best }
            next }
        { w = 4; x = $2 * scale + shift; y = $3 * scale + shift; z = $4 * scale + shift
            i = int(x / w); j = int(y / w); k = int(z / w); c[i, j, k, ++n[i, j, k]] = x " " y " " z }
        END { print found + 0, found ? sqrt(sum / found) : "nan" }' "$1" "$2"
}

@test "peak-find: Ta sub-area 65, the published tracing" {
    peak-find --grid published --upsample linear --box 0.8 --threshold 0 --min-distance 2 --maximum det --edge-margin 0 \
        -v "$DATA/ta-area65-recon-published.nrrd" > ta.xyz 2> log
    grep 'local maxima' log | sed 's/^/# /' >&3
    grep -q '11871 local maxima: 2772 no peak, 2 left the box, .* 4 not converged, 0 near a face, 1734 kept' log
    read -r same rms < <(matched ta.xyz "$DATA/ta-area65-peer-peaks.xyz" 0.0003216)
    awk 'NR > 2 && $2 >= 39.92 && $2 <= 64.28 && $3 >= 39.55 && $3 <= 56.24' "$DATA/ta-traced-peaks.xyz" > rows
    { wc -l < rows; echo Properties=species:S:1:pos:R:3; cat rows; } > patch.xyz
    read -r patch _ < <(matched ta.xyz patch.xyz 0.0003216)
    echo "# peak-find: $same of 1734 peer peaks within 1e-3 voxel (r.m.s. $rms A), $patch of 897 published ones" >&3
    atleast "$same" 1717
    atleast "$patch" 888
}

@test "peak-find: metallic-glass sample, published reconstruction" {
    peak-find --pixel 1 --box 2.3334 --min-distance 3 --edge-margin 0 "$DATA/mg-sample-recon-published.nrrd" > mg.xyz
    { head -2 mg.xyz; tail -n +3 mg.xyz | sort -k 5,5gr | head -n 410; } > strong.xyz # column 5 is the intensity
    sed -i '1s/.*/410/' strong.xyz
    read -r found rms < <(matched strong.xyz "$DATA/mg-sample-truth-peaks.xyz" 1.5 1 32)
    echo "# peak-find: $found of 406 true peaks among the 410 strongest, r.m.s. $rms voxel (published tracing 401, 0.206)" >&3
    atleast "$found" 401
    atmost "$rms" 0.2075
    peak-find --pixel 1 --box 2.3334 --min-distance 3 --edge-margin 0 --fit gauss "$DATA/mg-sample-recon-published.nrrd" > gauss.xyz
    { head -2 gauss.xyz; tail -n +3 gauss.xyz | sort -k 5,5gr | head -n 410; } > strong.xyz
    read -r found rms < <(matched strong.xyz "$DATA/mg-sample-truth-peaks.xyz" 1.5 1 32)
    echo "# peak-find --fit gauss: $found of 406, r.m.s. $rms voxel" >&3
    atleast "$found" 395
}

@test "atom-width: metallic-glass sample" {
    { head -1 "$DATA/mg-sample-truth-peaks.xyz"; sed -n 2p "$DATA/mg-sample-truth-peaks.xyz"
      tail -n +3 "$DATA/mg-sample-truth-peaks.xyz" | awk '{ $2 -= 32; $3 -= 32; $4 -= 32; print }'; } > truth.xyz
    atom-width --pixel 0.35 --radius 0.85 --atoms <(awk 'NR > 2 { $2 *= 0.35; $3 *= 0.35; $4 *= 0.35 } { print }' truth.xyz) --summary s "$DATA/mg-sample-truth.nrrd" > w
    echo "# atom-width: sigma $(column s mean) +- $(column s spread) A at 0.35 A, $(column s accepted) of $(column s atoms) accepted" >&3
    atleast "$(column s accepted)" 380
}
