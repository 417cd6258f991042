#!/usr/bin/env bats
# atom-width: sampled Gaussians of known width in an fcc block
load helpers

# fcc block (a = 4.67 A, neighbours at 3.3 A) of Gaussians of SIGMA_XY, SIGMA_Z (A) at 0.343 A: block.nrrd, block.xyz (inner atoms)
block() {
    awk -v sx="$1" -v sz="$2" 'BEGIN { h = 0.343; a = 4.67; n = 40; o = -20 * h
        for (i = -1; i <= 2; i++) for (j = -1; j <= 2; j++) for (k = -1; k <= 2; k++) for (b = 0; b < 4; b++) {
            m++; x[m] = (i + (b == 1 || b == 2) / 2) * a + 0.11; y[m] = (j + (b == 1 || b == 3) / 2) * a - 0.07; z[m] = (k + (b == 2 || b == 3) / 2) * a + 0.05 }
        for (k = 1; k <= m; k++) if (x[k]^2 < 25 && y[k]^2 < 25 && z[k]^2 < 25) { inner++; rows = rows sprintf("Zr %.6f %.6f %.6f\n", x[k] + 0.03, y[k] - 0.05, z[k] + 0.04) }
        printf "%d\nProperties=species:S:1:pos:R:3\n%s", inner, rows > "block.xyz"
        printf "NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nencoding: ascii\nspace dimension: 3\n", n, n, n
        printf "space directions: (%s,0,0) (0,%s,0) (0,0,%s)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\nspace origin: (%g,%g,%g)\n\n", h, h, h, o, o, o
        for (k = 1; k <= m; k++) { # add each atom where it is not negligible
            for (p = 0; p < n; p++) { gx[p] = exp(-(o + p * h - x[k])^2 / (2 * sx^2)); gy[p] = exp(-(o + p * h - y[k])^2 / (2 * sx^2)); gz[p] = exp(-(o + p * h - z[k])^2 / (2 * sz^2)) }
            for (r = 0; r < n; r++) if (gz[r] > 1e-9) for (q = 0; q < n; q++) if (gz[r] * gy[q] > 1e-9) for (p = 0; p < n; p++)
                if (gx[p] > 1e-9) v[r * n * n + q * n + p] += 7 * gx[p] * gy[q] * gz[r] }
        for (i = 0; i < n * n * n; i++) printf "%.7g\n", v[i] }' > block.nrrd
}

@test "atom-width: sigma of Gaussian atoms in an fcc block within 1 %, spread below 0.005 A" {
    block 0.357 0.357
    atom-width --atoms block.xyz --summary sum block.nrrd > width.tsv
    near "$(column sum mean)" 0.357 0.00357
    atmost "$(column sum spread)" 0.005
    near "$(column sum d_min)" 2.129 0.011
    [ "$(column sum accepted)" = "$(head -1 block.xyz)" ]
    near "$(column width.tsv A | sort -g | head -1)" 7 0.02
    # r0 is free: the positions given are 0.07 A off
    near "$(column width.tsv x | head -1)" "$(awk 'NR == 3 { print $2 - 0.03 }' block.xyz)" 0.002
}

@test "atom-width: --aniso gives the widths along the axes" {
    block 0.30 0.40
    atom-width --aniso --atoms block.xyz block.nrrd > width.tsv
    near "$(column width.tsv sigma_x | head -3 | tail -1)" 0.30 0.003
    near "$(column width.tsv sigma_z | head -3 | tail -1)" 0.40 0.006
    near "$(column width.tsv cov_xz | head -1)" 0 0.001
    near "$(column width.tsv sigma | head -1)" "$(awk 'BEGIN { print (0.3 * 0.3 * 0.4) ^ (1 / 3) }')" 0.003
}

@test "atom-width: the histogram of widths that differ" {
    # one atom a row, 12 voxels apart, sigma normal about 0.36 A by sums of uniform numbers
    awk 'BEGIN { srand(4); h = 0.343; n = 13; m = 60
        printf "%d\nProperties=species:S:1:pos:R:3\n", m > "row.xyz"
        printf "NRRD0005\ntype: float\ndimension: 3\nsizes: 13 13 %d\nencoding: ascii\nspace dimension: 3\n", 13 * m
        print "space directions: (0.343,0,0) (0,0.343,0) (0,0,0.343)\nspace units: \"angstrom\" \"angstrom\" \"angstrom\"\nspace origin: (0,0,0)\n"
        for (k = 0; k < m; k++) { s = 0; for (i = 0; i < 12; i++) s += rand() - 0.5; s = (0.36 + 0.012 * s) / h
            print s * h > "true"; printf "Zr %.6f %.6f %.6f\n", 6 * h, 6 * h, (13 * k + 6) * h > "row.xyz"
            for (z = -6; z <= 6; z++) for (y = -6; y <= 6; y++) for (x = -6; x <= 6; x++) printf "%.7g\n", exp(-(x*x + y*y + z*z) / (2*s*s)) } }' > row.nrrd
    atom-width --atoms row.xyz --summary sum row.nrrd > width.tsv
    want=$(awk '{ s += $1; q += $1 * $1; n++ } END { m = s / n; print m, sqrt((q - n * m * m) / (n - 1)) }' true)
    near "$(column sum mean)" "${want% *}" 1e-5
    near "$(column sum spread)" "${want#* }" 1e-5
    near "$(column sum centre)" 0.36 0.004
    near "$(column sum width)" 0.012 0.004
}

@test "atom-width: fits that are none are not accepted" {
    printf '2\nProperties=species:S:1:pos:R:3\nZr 0 0 0\nZr 900 0 0\n' > off.xyz
    run -0 --separate-stderr atom-width --atoms off.xyz "$data/peak-find.in"
    [[ $stderr == "atom-width: warning: no fit of 2 atoms is accepted" ]]
    run -2 --separate-stderr atom-width "$data/peak-find.in"
    run -0 atom-width --atoms <(printf '0\nProperties=species:S:1:pos:R:3\n') "$data/peak-find.in"
}
