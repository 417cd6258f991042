# Structures, orientations, gradients and grains of another program (OVITO
# 3.17.2) on a polycrystal of known truth, phantoms and a published film.
# shellcheck shell=bash
load ../helpers

setup() {
    [ -d "$DATA/peers/structure" ] || skip "no DATA"
    peers=$DATA/peers/structure
}

# ours FILE: type rmsd dist and 4 + 9 numbers of each atom
ours() {
    ptm -q "$1" | awk 'NR == 2 { match($0, /Properties=[^ ]+/); m = split(substr($0, RSTART + 11, RLENGTH - 11), f, ":")
            for (i = 1; i <= m && f[i] != "ptm_type"; i += 3) at += f[i + 2] }
        NR > 2 { for (k = at + 1; k <= at + 16; k++) printf "%s ", $k; print "" }'
}
theirs() { gzip -dc "$peers/$1-atoms.tsv.gz" | tail -n +2; }

# agreement NAME FILE: atoms with their rmsd below 0.1, shares of equal types, rmsd to 1e-4, dist to 1e-4 (rmsd below 0.05)
agreement() {
    paste -d' ' <(ours "$2") <(theirs "$1") | awk 'function abs(x) { return x < 0 ? -x : x }
        $17 > 0 && $18 < 0.1 { n++; same += $1 == $17; near += $1 == $17 && abs($2 - $18) < 1e-4 + 5e-6
            if ($18 < 0.05 && $17 < 3) { m++; far += !(abs($3 - $19) < 1e-4 + 5e-5) } }
        END { printf "%d %.5f %.5f %d %d\n", n, same / n, near / n, m, far }' > score
    read -r n same near m far < score
    echo "# ptm: $1: $n atoms below 0.1, types $same, rmsd $near equal; dist of $m, $far off" >&3
}

@test "ptm: poly20 and phantom-full, types and rmsd" {
    gzip -dc "$peers/poly20.xyz.gz" > poly20.xyz
    for name in poly20 phantom-full; do
        file=poly20.xyz
        [ $name = poly20 ] || file=$DATA/phantom/full/atoms.xyz
        agreement $name "$file"
        atleast "$same" 0.999
        atleast "$near" 0.99
        [ "$far" -eq 0 ]
    done
}

@test "ptm: the published film, where nearest twelve and twelve by solid angle differ" {
    agreement ta-final "$DATA/ta-final.xyz"
    atleast "$same" 0.94
    atleast "$near" 0.94
}

@test "ptm: poly20, complete atoms have their lattice's type" {
    gzip -dc "$peers/poly20.xyz.gz" | ptm -q -r 0.1 > p.xyz
    awk 'NR > 2 && $8 == 1 { n++; t = $5 == "fcc" ? 1 : $5 == "hcp" ? 2 : 3; good += t == $9 } END { print n, n - good }' p.xyz > score
    echo "# ptm: poly20: complete atoms, wrong types: $(cat score)" >&3
    [ "$(cat score)" = "11100 0" ]
}

@test "ptm: poly20, orientations to 0.01 degree and gradients" {
    gzip -dc "$peers/poly20.xyz.gz" > poly20.xyz
    paste -d' ' <(ours poly20.xyz) <(theirs poly20 | cut -f1-7) <(gzip -dc "$peers/poly20-ptm-gradient.tsv.gz" | tail -n +2) |
        awk 'function abs(x) { return x < 0 ? -x : x }
        # F and G are template to sample; the turn R between them is one of the lattice: F = G R, so (G^-1 F) is near a matrix of the group
        $1 > 0 && $1 == $17 && $18 < 0.05 { n++
            w = $20 * $4 + $21 * $5 + $22 * $6 + $23 * $7; x = $20 * $5 - $21 * $4 - $22 * $7 + $23 * $6
            y = $20 * $6 + $21 * $7 - $22 * $4 - $23 * $5; z = $20 * $7 - $21 * $6 + $22 * $5 - $23 * $4
            q[0] = abs(w); q[1] = abs(x); q[2] = abs(y); q[3] = abs(z); best = 0
            if ($1 == 2) { # about z by multiples of 60, and half turns across
                for (k = 0; k < 12; k++) { c = cos(k * 0.523598775598299); s = sin(k * 0.523598775598299)
                    a = abs(w * c + z * s); if (a > best) best = a; a = abs(x * c + y * s); if (a > best) best = a } }
            else { # 24 turns: the largest of q, sums of two, sum of four
                for (i = 0; i < 4; i++) { if (q[i] > best) best = q[i]
                    for (j = 0; j < i; j++) { a = (q[i] + q[j]) / sqrt(2); if (a > best) best = a } }
                a = (q[0] + q[1] + q[2] + q[3]) / 2; if (a > best) best = a }
            rest = w * w + x * x + y * y + z * z - best * best; angle = 2 * atan2(sqrt(rest > 0 ? rest : 0), best) * 57.29577951
            if (angle > worst) worst = angle; bad += angle > 0.01
            f = g = 0 # what no turn of the template changes: the norm, and the rows of F F^T
            for (i = 0; i < 3; i++) for (j = 0; j < 3; j++) { f = g = 0
                for (k = 0; k < 3; k++) { f += $(8 + 3 * i + k) * $(8 + 3 * j + k); g += $(24 + 3 * i + k) * $(24 + 3 * j + k) }
                if (abs(f - g) > most) most = abs(f - g) } }
        END { printf "%d %d %.4f %.5f\n", n, bad, worst, most }' > score
    read -r n bad worst most < score
    echo "# ptm: poly20: $n orientations, $bad beyond 0.01 degree, largest $worst; gradients F F^T differ by at most $most" >&3
    atleast "$n" 11000
    [ "$bad" -eq 0 ]
    atmost "$most" 4e-4 # four digits printed
}

# score TRUTH FOUND: recall and precision of each true grain, purity, to file "score"
grade() {
    paste <(values "$1" "$3") <(values "$2" grain) | awk '{ n[$1]++; m[$2]++; c[$1, $2]++ }
        END { for (t in n) if (t >= 0) { best = -1; most = 0
                for (f in m) if (f >= 0 && c[t, f] > most) { most = c[t, f]; best = f }
                printf "%d %d %d %.4f %.4f\n", t, n[t], best, most / n[t], most / m[best] }
            for (f in m) if (f >= 0) { b = 0; for (t in n) if (c[t, f] > b) b = c[t, f]; sum += b; all += m[f] }
            printf "purity %.4f\n", sum / all }' | sort > score
}

@test "grains: phantom-full, grains 0 to 3, no merge" {
    boo -q "$DATA/phantom/full/atoms.xyz" | ptm -q > p.xyz
    grains -q --no-adopt p.xyz > plain.xyz
    grade "$DATA/phantom/full/atoms.xyz" plain.xyz grain
    echo "# grains: phantom-full before adoption: $(tail -n 1 score)" >&3
    atleast "$(awk '$1 == "purity" { print $2 }' score)" 0.99
    grains -q p.xyz > adopted.xyz
    grade "$DATA/phantom/full/atoms.xyz" adopted.xyz grain
    while read -r t n f recall precision; do
        [ "$t" != purity ] || continue
        echo "# grains: phantom-full $t ($n atoms) is $f: recall $recall, precision $precision" >&3
        atleast "$recall" 0.93
        atleast "$precision" 0.92
    done < score
    [ "$(awk '$1 != "purity" { print $3 }' score | sort -u | wc -l)" = 4 ]
}

@test "grains: poly20, orientations of its domains" {
    gzip -dc "$peers/poly20.xyz.gz" > poly20.xyz
    boo -q poly20.xyz | ptm -q | grains -q --report rep.tsv > g.xyz
    paste <(values poly20.xyz domain) <(values g.xyz grain) | awk '$2 >= 0 { c[$2, $1]++; m[$2]; t[$1] }
        END { for (g in m) { b = 0; for (d in t) if (c[g, d] > b) { b = c[g, d]; of = d } print g, of } }' | sort -n > map
    awk 'NR == FNR { of[$1] = $2; next } FNR == 1 { next } FILENAME ~ /rep/ { t[$1] = $4; for (k = 5; k <= 8; k++) q[$1, k] = $k; n++; next }
        { for (k = 7; k <= 10; k++) true_q[$1, k - 2] = $k }
        function abs(x) { return x < 0 ? -x : x }
        END { for (g = 0; g < n; g++) { d = of[g]
            a0 = true_q[d, 5]; a1 = -true_q[d, 6]; a2 = -true_q[d, 7]; a3 = -true_q[d, 8]; b0 = q[g, 5]; b1 = q[g, 6]; b2 = q[g, 7]; b3 = q[g, 8]
            w = a0*b0 - a1*b1 - a2*b2 - a3*b3; x = a0*b1 + a1*b0 + a2*b3 - a3*b2; y = a0*b2 - a1*b3 + a2*b0 + a3*b1; z = a0*b3 + a1*b2 - a2*b1 + a3*b0
            best = 0
            if (t[g] == "hcp") for (k = 0; k < 12; k++) { c = cos(k * 0.523598775598299); s = sin(k * 0.523598775598299)
                v = abs(w * c + z * s); if (v > best) best = v; v = abs(x * c + y * s); if (v > best) best = v }
            else { p[0] = abs(w); p[1] = abs(x); p[2] = abs(y); p[3] = abs(z)
                for (i = 0; i < 4; i++) { if (p[i] > best) best = p[i]; for (j = 0; j < i; j++) if ((p[i] + p[j]) / sqrt(2) > best) best = (p[i] + p[j]) / sqrt(2) }
                v = (p[0] + p[1] + p[2] + p[3]) / 2; if (v > best) best = v }
            r = w * w + x * x + y * y + z * z - best * best; print g, d, t[g], 2 * atan2(sqrt(r > 0 ? r : 0), best) * 57.29578 } }' map FS='\t' rep.tsv "$peers/poly20-grains.tsv" > angles
    while read -r g d type angle; do
        echo "# grains: poly20 grain $g ($type) is domain $d, $angle degrees off" >&3
        # hcp layers of the fault and the twin have the cubic parent's orientation
        [ "$d" = 1 ] || [ "$d" = 2 ] && [ "$type" = hcp ] || atmost "$angle" 0.15
    done < angles
    [ "$(awk '{ print $2 }' angles | sort -u | wc -l)" -ge 9 ]
}

@test "strain: poly20's strained grain, the mean of its complete atoms" {
    gzip -dc "$peers/poly20.xyz.gz" | ptm -q | strain -q -r 3.4 --frame sample > s.xyz
    awk 'NR > 2 && $7 == 3 && $8 == 1 && $9 == 1 { n++; for (k = 0; k < 6; k++) s[k] += $(NF - 5 + k) }
        END { for (k = 0; k < 6; k++) printf "%.6f ", s[k] / n; print n }' s.xyz > mean
    echo "# strain: poly20 domain 3: $(cat mean)" >&3
    read -r xx yy zz yz xz xy n < mean
    near "$xx" 0.016331 0.0004
    near "$yy" -0.010158 0.0004
    near "$zz" 0.010468 0.0004
    near "$xy" -0.010493 0.0004
    near "$xz" -0.003053 0.0004
    near "$yz" 0.006380 0.0004
}
