#!/usr/bin/env bats
# strain: planted matrices, rotations, jitter
load helpers

# tensor FILE: the six components of the atom at the origin
tensor() { awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1e-9 { print $(NF - 5), $(NF - 4), $(NF - 3), $(NF - 2), $(NF - 1), $NF }' "$1"; }
# same6 "A..." "B..." TOL
same6() { for k in 1 2 3 4 5 6; do near "$(cut -d' ' -f$k <<< "$1")" "$(cut -d' ' -f$k <<< "$2")" "$3" || return 1; done; }
# E and Almansi of r -> (1 + e) r, e symmetric: e + e^2/2, (1 - (1+e)^-2)/2
e=0.01,-0.02,0.005,0.003,-0.004,0.006
green() { awk -v e="$1" 'BEGIN { split(e, s, ","); a[1,1]=1+s[1]; a[2,2]=1+s[2]; a[3,3]=1+s[3]; a[2,3]=a[3,2]=s[4]; a[1,3]=a[3,1]=s[5]; a[1,2]=a[2,1]=s[6]
    for (i=1;i<=3;i++) for (j=1;j<=3;j++) { c[i,j] = -(i==j); for (k=1;k<=3;k++) c[i,j] += a[k,i]*a[k,j]; c[i,j] /= 2 }
    printf "%.12f %.12f %.12f %.12f %.12f %.12f\n", c[1,1], c[2,2], c[3,3], c[2,3], c[1,3], c[1,2] }'; }

@test "strain: a planted matrix comes back to 1e-9 in fcc, hcp and bcc" {
    crystal --structure fcc --a 4.666 --size R8 | particle --strain $e | ptm | strain -r 3.2993602405 > s.xyz
    same6 "$(tensor s.xyz)" "$(green $e)" 1e-9
    crystal --structure bcc --a 3.61 --size R8 | particle --strain $e | ptm | strain -r 3.3336295472 > s.xyz
    same6 "$(tensor s.xyz)" "$(green $e)" 1e-9
    # hcp turned by its own lattice only: xx, yy, zz of an axial strain stay; use one along z
    crystal --structure hcp --a 3.2 --c 5.2255781179366 --cells 3,3,3 | particle --strain 0.01,0.01,-0.02 | ptm | strain -r 3.2 > s.xyz
    for k in exx:0.01005 eyy:0.01005 ezz:-0.0198 eyz:0 exz:0 exy:0; do
        near "$(values s.xyz "${k%:*}" | sort -g | head -n 1)" "${k#*:}" 1e-8
        near "$(values s.xyz "${k%:*}" | sort -g | tail -n 1)" "${k#*:}" 1e-8
    done
}

@test "strain: sample axes, with the crystal turned before" {
    # crystal turned by 20,30,40, then strained in the sample: Almansi does not know of the turn
    crystal --structure fcc --a 4.666 --size R8 | particle --rotate 20,30,40 | particle --strain $e | ptm | strain -r 3.2993602405 --frame sample > s.xyz
    awk -v e=$e 'BEGIN { split(e, s, ","); m[1,1]=1+s[1]; m[2,2]=1+s[2]; m[3,3]=1+s[3]; m[2,3]=m[3,2]=s[4]; m[1,3]=m[3,1]=s[5]; m[1,2]=m[2,1]=s[6]
        for (i=1;i<=3;i++) for (j=1;j<=3;j++) { b[i,j]=0; for (k=1;k<=3;k++) b[i,j]+=m[i,k]*m[k,j] } # (1 - b^-1)/2
        d = b[1,1]*(b[2,2]*b[3,3]-b[2,3]^2) - b[1,2]*(b[1,2]*b[3,3]-b[2,3]*b[1,3]) + b[1,3]*(b[1,2]*b[2,3]-b[2,2]*b[1,3])
        printf "%.12f %.12f %.12f %.12f %.12f %.12f\n", (1-(b[2,2]*b[3,3]-b[2,3]^2)/d)/2, (1-(b[1,1]*b[3,3]-b[1,3]^2)/d)/2, (1-(b[1,1]*b[2,2]-b[1,2]^2)/d)/2,
            -(b[1,2]*b[1,3]-b[1,1]*b[2,3])/d/2, -(b[1,2]*b[2,3]-b[1,3]*b[2,2])/d/2, -(b[1,3]*b[2,3]-b[1,2]*b[3,3])/d/2 }' > want
    same6 "$(tensor s.xyz)" "$(cat want)" 1e-9
}

@test "strain: a pure rotation has none, and the mean is the default reference" {
    crystal --structure fcc --a 4.666 --size R9 | particle --rotate 20,30,40 | ptm > r.xyz
    for f in template sample; do
        strain --frame $f r.xyz > s.xyz
        same6 "$(tensor s.xyz)" "0 0 0 0 0 0" 1e-9
    done
    # two grains of different bonds, no strain in either when grain is there
    crystal --structure fcc --a 4.5 --cells 3,3,3 | ptm | awk 'NR == 2 { sub(/deformation:R:9/, "deformation:R:9:grain:I:1") } NR > 2 { $0 = $0 " 0" } 1' > a
    crystal --structure fcc --a 4.9 --cells 3,3,3 | ptm | awk 'NR > 2 { print $0 " 1" }' > b
    { echo $(($(head -n 1 a) + $(wc -l < b))); sed -n '2,$p' a; cat b; } > two.xyz
    near "$(strain two.xyz | values /dev/stdin exx | sort -g | tail -n 1)" 0 1e-8
    near "$(strain -r 3.1819805 two.xyz | values /dev/stdin ezz | sort -g | tail -n 1)" "$(awk 'BEGIN { print ((4.9 / 4.5) ^ 2 - 1) / 2 }')" 1e-6
}

@test "strain: c/a of the crystal is its reference with --ca" {
    crystal --structure hcp --a 3.2 --c 5.0976 --cells 3,3,3 | ptm > h.xyz
    atmost "$(strain h.xyz | values /dev/stdin ezz | sort -g | tail -n 1)" -0.01
    near "$(strain --ca 1.593 h.xyz | values /dev/stdin ezz | sort -g | tail -n 1)" 0 1e-6
    near "$(strain --ca 1.593 h.xyz | values /dev/stdin exx | sort -g | head -n 1)" 0 1e-6
}

@test "strain: jitter of 0.06 angstrom scatters one atom as its twelve sites tell, a grain's mean by little" {
    crystal --structure fcc --a 4.80833 --cells 8,8,8 | particle --jitter 0.06 | ptm | strain -r 3.4 > j.xyz
    # F = sum v w^T / 4, sum w_x^2 = 4: 0.06 / 3.4 / 2 for xx, over sqrt(2) for xy; 0.0073 in the mean of all directions
    values j.xyz exx | awk '{ s += $1; q += $1 * $1; n++ } END { print s / n, sqrt(q / n - (s / n) ^ 2) }' > score
    near "$(cut -d' ' -f1 score)" 0 0.0004
    near "$(cut -d' ' -f2 score)" 0.008824 0.0004
    values j.xyz exy | awk '{ s += $1; q += $1 * $1; n++ } END { print s / n, sqrt(q / n - (s / n) ^ 2) }' > score
    near "$(cut -d' ' -f1 score)" 0 0.0004
    near "$(cut -d' ' -f2 score)" 0.006239 0.0003
}

@test "strain: --lattice gives the planted matrix, next to a vacancy too" {
    for lattice in "fcc 4.666 3.2993602405" "bcc 3.61 3.3336295472"; do
        read -r name a d <<< "$lattice"
        crystal --structure "$name" --a "$a" --size R9 | particle --strain $e | ptm > l.xyz
        strain --lattice -r "$d" l.xyz > s.xyz
        same6 "$(tensor s.xyz)" "$(green $e)" 1e-9
        strain --lattice --frame sample -r "$d" l.xyz | values /dev/stdin exx | grep -v nan | sort -g | sed -n '1p;$p' > ends
        near "$(head -n 1 ends)" "$(tail -n 1 ends)" 1e-9
    done
    # grains: the neighbours of a vacancy have no template, but a place on the lattice
    crystal --structure fcc-zr --size R14 | particle --cut sphere=13.9 > b.xyz
    n=$(awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 1e-9 { print NR - 3 }' b.xyz)
    particle --remove "$n" b.xyz | boo --cutoff 4 | ptm | grains | strain --lattice > s.xyz
    [ "$(awk 'NR > 2 && $2 ^ 2 + $3 ^ 2 + $4 ^ 2 < 12 { n++; v = $NF < 0 ? -$NF : $NF; good += v < 1e-9 } END { print n, good }' s.xyz)" = "12 12" ]
    run -1 --separate-stderr bash -o pipefail -c 'crystal --structure fcc-zr --cells 3,3,3 | ptm | strain --lattice'
    [[ $stderr == *"open box"* ]]
}

@test "strain: wants the columns of ptm; other atoms are nan" {
    run -1 --separate-stderr strain "$data/atoms.xyz"
    [[ $stderr == *"run ptm first" ]]
    oneline
    [ "$(strain "$data/strain.in" | awk 'NR > 2 && $5 == 0 { print $NF }' | sort -u)" = nan ]
}
