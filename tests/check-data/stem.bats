#!/usr/bin/env bats
# Scanning transmission electron microscopy against an independent program's
# answers: DATA/peers/stem, or DATA itself.
# shellcheck shell=bash disable=SC2054,SC2154
load ../helpers

setup() {
    [ -d "$DATA" ] || skip "no DATA"
    stem=$DATA/peers/stem
    [ -d "$stem" ] || stem=$DATA
    [ -e "$stem/single-atom.tsv" ] || skip "no stem data"
}

signal() { awk -F'\t' -v i="$2" -v n="$3" '$1 !~ /^#/ && ++k == i { print $n }' "$1"; }
# values N FILE: the last N floats
floats() { tail -c "$(($2 * 4))" "$1" | od -An -v -tf4 -w4 | awk '{ print $1 }'; }
# worst NAME A B N TOL: largest difference of N floats, relative to B's largest
worst() {
    paste <(floats "$2" "$4") <(floats "$3" "$4") | awk -v name="$1" -v tol="$5" '
        { d = $1 - $2; d = d < 0 ? -d : d; a = $2 < 0 ? -$2 : $2; if (d > w) w = d; if (a > m) m = a }
        END { printf "# %s: %.2g of the largest, %d values\n", name, w / m, NR; exit !(w <= tol * m && m > 0 && NR > 0) }' >&3
}
relative() { awk -v a="$2" -v b="$3" -v t="$4" -v n="$1" 'BEGIN { d = a / b - 1; d = d < 0 ? -d : d; if (!(d <= t)) { print n ": " a " " b " " d; exit 1 } }'; }

@test "single atoms in double precision: 1e-9" {
    while read -r e offset bf a b c sum; do
        case $e in '#'*) continue ;; esac
        printf '1\nProperties=species:S:1:pos:R:3\n%s 10.24 10.24 1\n' "$e" > one
        multislice --cell 20.48,20.48,2 -p 0.032 --scan "$(awk "BEGIN { print 10.24 + $offset }"),10.24,1,1,1" --double \
            -d 0,25 --also 'a=25,40;b=40,200;c=60,200' --report r.tsv one > o
        relative "$e $offset bf" "$(signal r.tsv 1 4)" "$bf" 1e-9
        relative "$e $offset 25-40" "$(signal r.tsv 1 5)" "$a" 1e-9
        relative "$e $offset 40-200" "$(signal r.tsv 1 6)" "$b" 1e-9
        relative "$e $offset 60-200" "$(signal r.tsv 1 7)" "$c" 1e-9
        relative "$e $offset all" "$(signal r.tsv 1 8)" "$sum" 1e-9
    done < "$stem/single-atom.tsv"
    echo "# single atoms: bf, 25-40, 40-200, 60-200, all within 1e-9" >&3
}

@test "scattering factors, projected potentials, wavelength: the tables" {
    for what in factors:scattering-factor-kirkland:1e-8 potentials:projected-potential-kirkland:1e-6 constants:constants:1e-8; do
        IFS=: read -r name table tol <<< "$what"
        read -r worst n < <("$build/bench/scattering_tables" "$name" < "$stem/$table.tsv")
        echo "# $table: $worst relative, $n numbers" >&3
        atmost "$worst" "$tol"
        atleast "$n" 10
    done
}

# The probe in vacuum (a hydrogen atom in the far corner) along x, against the
# intensity of one that is alone in the plane: what a cell of 51.2 angstrom and
# apertures of whole pixels differ by is in their README.
@test "the probe: intensity against distance" {
    printf '1\nProperties=species:S:1:pos:R:3\nH 0 0 0.01\n' > one
    while read -r column tol args; do
        # shellcheck disable=SC2086
        multislice --cell 51.2,51.2,0.02 -p 0.1 --slice 0.02 --scan 25.6,25.6,1,1,1 -d 0,1 --exit-wave w.nrrd $args one > o
        floats w.nrrd 524288 | awk -v c="$column" -v tol="$tol" '
            NR == FNR { if ($1 !~ /^#/ && $1 * 10 == int($1 * 10)) want[$1 * 10] = $c; next }
            { n++; if (n <= 262144) re[n - 1] = $1; else im[n - 262145] = $1 }
            END { for (i = 0; i < 262144; i++) sum += re[i]^2 + im[i]^2
                for (k in want) { i = 256 + k + 256 * 512; d = (re[i]^2 + im[i]^2) / (sum * 0.01) - want[k]; d = d < 0 ? -d : d
                    if (d > worst) worst = d
                    if (want[k] > most) most = want[k]; many++ }
                printf "# probe, column %d: %.2g of the peak, %d places\n", c, worst / most, many
                exit !(many > 40 && worst <= tol * most) }' "$stem/probe-radial.tsv" - >&3
    done <<< '2 2e-4 -c 25
3 3e-4 -c 30
4 2e-3 -c 25 --defocus 50 --cs 0.1
5 9e-3 -c 25 --defocus -80
6 2e-3 -c 10 --cs 1.2 --defocus 595.3'
}

@test "silicon [110]: the wave that leaves, and its beams" {
    multislice --cell 3.840297,5.431,199.69544 -p 0.04 --slice 1.920148462 -c 0 -d 0,1 --scan 0,0,1,1,1 --double \
        --report r.tsv --exit-wave w.nrrd "$stem/si-110-1x1x52.xyz" > o
    relative beam "$(signal r.tsv 1 4)" "$(tail -n 1 "$stem/si-110-plane-wave-beams.tsv" | cut -f 2)" 1e-9
    relative all "$(signal r.tsv 1 5)" "$(tail -n 1 "$stem/si-110-plane-wave-beams.tsv" | cut -f 8)" 1e-9
    # theirs has the parts as the fastest axis
    floats "$stem/si-110-exit-wave.nrrd" 26112 | awk 'NR % 2 { re[++n] = $1 } !(NR % 2) { im[n] = $1 } END { for (i = 1; i <= n; i++) print re[i]; for (i = 1; i <= n; i++) print im[i] }' > theirs
    paste <(floats w.nrrd 26112) theirs | awk '{ d = $1 - $2; if (d * d > w) w = d * d } END { printf "# exit wave: %.2g\n", sqrt(w); exit !(w < 1e-12 && NR == 26112) }' >&3
}

# zro2 FILE.xyz THICKNESS SLICES ROWS: the four places in double precision
zro2() {
    multislice --cell "20.368,20.368,$2" -p 0.031825 --slice 2.546 --scan 10.184,10.184,3,3,0.6365 --double \
        -d 0,25 --also 'a=25,40;b=36,200;c=40,200;d=60,200;e=90,200;f=40,80' --report r.tsv <(awk -v l="$2" 'NR > 2 && $4 < l' "$1" | { cat > rows; wc -l < rows; echo Properties=species:S:1:pos:R:3; cat rows; }) > o
}
# compare TSV THICKNESS TOL: Zr is place 1, bridge 3, mid 5, O 9
compare() {
    local at name
    for at in 1:Zr 9:O 5:mid 3:bridge; do
        name=${at#*:}
        awk -v t="$2" -v p="$name" '$1 == t && $2 == p' "$1" > want
        for i in 1 2 3 4 5 6 7 8; do
            relative "$2 $name column $i" "$(signal r.tsv "${at%:*}" $((i + 3)))" "$(cut -f $((i + 2)) want)" "$3"
        done
    done
}

@test "c-ZrO2 [100] at rest, 20 angstrom, double precision: 1e-9" {
    zro2 "$stem/zro2-100-4x4x16.xyz" 20.368
    compare "$stem/zro2-100-static.tsv" 20.3680 1e-9
    echo "# zro2 static 20.368 A: 32 signals within 1e-9" >&3
}

@test "c-ZrO2 [100], displaced atoms, 20 angstrom, double precision: 1e-9" {
    zro2 "$stem/zro2-100-4x4x16-displaced0.xyz" 20.368
    compare "$stem/zro2-100-displaced0.tsv" 20.3680 1e-9
    echo "# zro2 displaced 20.368 A: 32 signals within 1e-9" >&3
}

@test "c-ZrO2 [100], displaced and at rest, 81 angstrom, double precision: 1e-9" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    zro2 "$stem/zro2-100-4x4x16.xyz" 81.472
    compare "$stem/zro2-100-static.tsv" 81.4720 1e-9
    zro2 "$stem/zro2-100-4x4x16-displaced0.xyz" 81.472
    compare "$stem/zro2-100-displaced0.tsv" 81.4720 2e-9 # positions of 6 decimals
    echo "# zro2 81.472 A: 32 signals within 1e-9, 32 within 2e-9" >&3
}

@test "c-ZrO2 [100], their 16 phonon configurations, 81 angstrom: 1e-6" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    "${PYTHON:-python3}" -c 'import numpy' || skip "needs numpy: PYTHON=a python3 that has it"
    for c in {0..15}; do
        "${PYTHON:-python3}" - "$stem/zro2-100-4x4x16.xyz" "$c" > moved.xyz <<'PY'
import sys, numpy
lines = open(sys.argv[1]).read().splitlines()
atoms = [l.split() for l in lines[2:]]
u = numpy.array([(({"Zr": 0.5, "O": 0.8}[a[0]]) / 8) ** 0.5 / numpy.pi for a in atoms])
r = numpy.array([[float(x) for x in a[1:4]] for a in atoms])
r += numpy.random.default_rng(1000 + int(sys.argv[2])).normal(size=r.shape) * u[:, None]
r %= [20.368, 20.368, 81.472]
print(*lines[:2], sep="\n")
for a, x in zip(atoms, r):
    print(a[0], *("%.12g" % v for v in x))
PY
        zro2 moved.xyz 81.472
        grep -v '^#' r.tsv
    done > all
    awk '{ n = FNR % 9; for (i = 4; i <= 10; i++) s[n, i] += $i / 16 }
        END { for (n = 1; n <= 9; n++) for (i = 1; i <= 10; i++) printf "%.10g%s", s[n % 9, i], i < 10 ? "\t" : "\n" }' all > r.tsv
    # column I of theirs is followed by its standard error
    awk '{ o = $1 "\t" $2; for (i = 3; i <= NF; i += 2) o = o "\t" $i; print o }' "$stem/zro2-100-phonons.tsv" > theirs
    for at in 1:Zr 9:O 5:mid 3:bridge; do
        awk -v p="${at#*:}" '$1 == 81.472 && $2 == p' theirs > want
        for i in 1 2 3 4 5 6 7; do
            relative "$at column $i" "$(signal r.tsv "${at%:*}" $((i + 3)))" "$(cut -f $((i + 2)) want)" 1e-6
        done
    done
    echo "# zro2, mean of 16 configurations: 28 signals within 1e-6; O/Zr at 40-200: $(awk 'NR == 1 { z = $7 } NR == 9 { print $7 / z }' r.tsv)" >&3
}

@test "c-ZrO2 [100]: what slices and pixels change, and 16 phonon configurations" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    bash "$BATS_TEST_DIRNAME/../../examples/channelling.sh" chan > table
    sed 's/^/# /' table >&3
    # their rows at rest: case, samples, slices
    row() { awk -F'\t' -v c="$1" -v n="$2" -v s="$3" -v p="$4" '$1 == c && $3 == n && $6 == s && $7 == p { print $10 }' "$stem/zro2-100-convergence.tsv"; }
    while read -r line case samples slices; do
        relative "$case $samples $slices Zr" "$(signal table "$line" 2)" "$(row "$case" "$samples" "$slices" Zr)" 1e-4
        relative "$case $samples $slices O" "$(signal table "$line" 3)" "$(row "$case" "$samples" "$slices" O)" 1e-3 # 4 digits
    done <<< '1 base 640 32
2 slice 640 16
3 slice 640 64
4 pixel 800 32'
    near "$(tail -n 1 table | cut -f 4)" 0.108 0.005
}

@test "the scan of c-ZrO2: multislice, and PRISM 2 and 4, single precision: 2e-5" {
    args=(--cell 20.368,20.368,81.472 -p 0.0795625 --slice 2.546 --scan 10.184,10.184,26,26,0.195846153846 -d 40,80)
    for m in '' '-prism-f2' '-prism-f4'; do
        [ -n "$LONG" ] || [ -n "$m" ] || continue
        how=(); [ -z "$m" ] || how=(--method prism --factor "${m#-prism-f}")
        multislice "${args[@]}" --also 'b=60,80;c=0,25' "${how[@]}" "$stem/zro2-100-4x4x16.xyz" > a
        worst "scan$m 40-80" a "$stem/zro2-100-scan-adf40-80$m.nrrd" 676 2e-5
        worst "scan$m 60-80" b "$stem/zro2-100-scan-adf60-80$m.nrrd" 676 2e-5
        worst "scan$m 0-25" c "$stem/zro2-100-scan-bf0-25$m.nrrd" 676 2e-5
    done
}

@test "the particle at two tilts, every probe in the whole cell: 2e-5" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    for t in '0 23.04,20.16,60,16,0.36 960' '37 23.04,20.88,40,12,0.36 480'; do
        read -r tilt scan n <<< "$t"
        multislice --cell 46.08,46.08,44 -p 0.096 --scan "$scan" -d 30,65 --also 'b=40,65;c=0,25' "$stem/particle-$tilt.xyz" > a
        worst "particle $tilt 30-65" a "$stem/particle-$tilt-adf30-65.nrrd" "$n" 2e-5
        worst "particle $tilt 40-65" b "$stem/particle-$tilt-adf40-65.nrrd" "$n" 2e-5
        worst "particle $tilt 0-25" c "$stem/particle-$tilt-bf0-25.nrrd" "$n" 2e-5
    done
}

# Where a window of PRISM begins half way between two pixels (every fourth place)
# rounding takes either.
@test "the particle by PRISM 4: 2e-5" {
    [ -n "$LONG" ] || skip "needs LONG=1"
    multislice --cell 46.08,46.08,44 -p 0.096 --scan 23.04,20.16,60,16,0.36 -d 30,65 --also 'b=40,65;c=0,25' \
        --method prism --factor 4 "$stem/particle-0.xyz" > a
    for f in a:adf30-65 b:adf40-65 c:bf0-25; do
        paste <(floats "${f%:*}" 960) <(floats "$stem/particle-0-${f#*:}-prism-f4.nrrd" 960) | awk -v name="${f#*:}" '
            { d = $1 - $2; d = d < 0 ? -d : d; a = $2 < 0 ? -$2 : $2; if (a > m) m = a
                half = (NR - 1) % 4 == 2 || int((NR - 1) / 60) % 4 == 2; if (d > w[half]) w[half] = d }
            END { printf "# particle 0 prism %s: %.2g of the largest, half way %.2g\n", name, w[0] / m, w[1] / m
                exit !(NR == 960 && w[0] <= 2e-5 * m && w[1] <= 1e-3 * m) }' >&3
    done
}

@test "the particle: windows within 1 % of the whole cell, the quick model" {
    args=(--cell 46.08,46.08,44 -p 0.096 --scan 23.04,20.16,60,16,0.36 -d 40,65 "$stem/particle-0.xyz")
    rms() { paste <(floats "$1" 960) <(floats "$stem/particle-0-adf40-65.nrrd" 960) | awk -v n="$2" '{ d = $1 - $2; s += d * d; m += $2; a += $1 }
        END { printf "%s: r.m.s. %.2f %% of the mean, mean %+.2f %%\n", n, 100 * sqrt(s * NR) / m, 100 * (a / m - 1) }'; }
    multislice "${args[@]}" --window 15 > w
    rms w "window 15 A, 40-65" | tee said; sed 's/^/# /' said >&3
    atmost "$(sed 's/.*r.m.s. \([0-9.]*\) .*/\1/' said)" 1
    multislice "${args[@]}" --tolerance 0.01 > w
    rms w "window of --tolerance 0.01, 40-65" | tee said; sed 's/^/# /' said >&3
    atmost "$(sed 's/.*r.m.s. \([0-9.]*\) .*/\1/' said)" 1
    multislice "${args[@]}" --fast > f
    rms f "fast, 40-65" | tee said; sed 's/^/# /' said >&3
    atmost "$(sed 's/.*r.m.s. \([0-9.]*\) .*/\1/' said)" 20
}
