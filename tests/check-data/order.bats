#!/usr/bin/env bats
# Bond-orientational order, pair distribution and phases against published values and other programs.
load ../helpers

setup() { [ -d "$DATA" ] || skip "no DATA"; }

# largest A B: the largest difference of two columns of numbers, in files
largest() { paste "$1" "$2" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (!(d <= m)) m = d; n++ } END { if (n < 2) exit 1; printf "%.3g\n", m }'; }

# peer NAME COLUMN: a column of the other programs' table of atoms
peer() { zcat "$DATA/peers/structure/$1-atoms.tsv.gz" | awk -F'\t' -v want="$2" 'NR == 1 { sub(/^#/, ""); for (i = 1; i <= NF; i++) if ($i == want) c = i; next } { print $c }'; }

atoms_of() {
    case $1 in
    phantom-full) echo "$DATA/phantom/full/atoms.xyz" ;;
    phantom-small) echo "$DATA/phantom/small/atoms.xyz" ;;
    poly20) zcat "$DATA/peers/structure/poly20.xyz.gz" > poly20.xyz && echo poly20.xyz ;;
    *) echo "$DATA/$1.xyz" ;;
    esac
}

@test "boo: published values of the Ta film and the metallic glass" {
    for set in ta-final:4.12 mg-final:3.688; do
        boo --cutoff "${set#*:}" "$DATA/${set%:*}.xyz" > q.xyz
        values "$DATA/${set%:*}.xyz" boo > want
        values q.xyz boo > got
        d=$(largest want got)
        echo "# boo ${set%:*}: largest difference $d" >&3
        atmost "$d" 1e-6
    done
    for q in 4 6; do
        values "$DATA/mg-final.xyz" Q$q > want
        values q.xyz q${q}bar > got
        d=$(largest want got)
        echo "# boo mg-final Q$q: largest difference $d" >&3
        atmost "$d" 1e-7
    done
}

@test "boo: OVITO's neighbours, plain and averaged q4, q6" {
    for set in phantom-small:4.5 phantom-full:4.5 poly20:4.5 mg-final:3.688 ta-final:4.12; do
        name=${set%:*}
        boo --cutoff "${set#*:}" --local "$(atoms_of "$name")" > q.xyz
        for c in q4bar q6bar q4 q6 boo_nn:cn; do
            values q.xyz "${c%:*}" > got
            peer "$name" "${c#*:}" > want
            d=$(largest want got)
            echo "# boo $name ${c%:*}: largest difference $d" >&3
            atmost "$d" 1e-6
        done
    done
}

@test "pdf: OVITO's pairs" {
    for name in phantom-small phantom-full poly20 mg-final ta-final; do
        pdf --norm none --quiet "$(atoms_of "$name")" > g.tsv
        column g.tsv pairs > got
        zcat "$DATA/peers/structure/$name-pairs.tsv.gz" | awk -F'\t' 'NR > 1 { print $3 }' | head -n "$(wc -l < got)" > want
        d=$(largest want got)
        echo "# pdf $name: largest difference $d of $(wc -l < want) bins" >&3
        [ "$d" = 0 ]
    done
}

# shells FILE PUBLISHED BIN: largest difference of pairs; of volumes from 1 A on, relative; their mean and std; the last row is cut
shells() {
    paste <(tail -n +2 "$1") <(tail -n +2 "$2") | awk -F'\t' -v bin="$3" 'NR == 1 { next } $5 + bin / 2 > 20 { next }
        { d = $3 - $6; if (d < 0) d = -d; if (d > m) m = d }
        $5 > 0.9999 { e = $4 / $7 - 1; n++; s += e; q += e * e; if (e < 0) e = -e; if (e > v) v = e }
        END { print m, v, (s < 0 ? -s : s) / n, sqrt(q / n) }'
}

@test "pdf: published pairs and shell volumes of the metallic glass" {
    pdf --alpha 4 --no-fill --bin-shift 0.01 -v "$DATA/mg-final.xyz" > all.tsv 2> log
    grep -q 'volume 359801.19 A^3' log
    pdf --alpha 4 --no-fill --bin-shift 0.01 --bin 0.05 --select 'boo < 0.5' --quiet "$DATA/mg-final.xyz" > amorphous.tsv
    for set in all:0.1 amorphous:0.05; do
        read -r pairs volume mean std < <(shells "${set%:*}.tsv" "$DATA/mg-rdf-${set%:*}.tsv" "${set#*:}")
        echo "# pdf ${set%:*}: pairs $pairs, volumes $volume, in the mean $mean, std $std" >&3
        atmost "$pairs" 10
        atmost "$volume" 1e-4
        atmost "$mean" 3e-5
    done
}

@test "pdf: published partial pairs of the metallic glass" {
    pdf --norm none --no-scale --bin-shift 0.01 --partial type "$DATA/mg-final.xyz" > partial.tsv
    for pair in 11 12 13 22 23 33; do
        a=${pair:0:1} b=${pair:1:1}
        column partial.tsv "pairs:$a-$b" > got
        [ -s got ] || column partial.tsv "pairs:$b-$a" > got
        column "$DATA/mg-rdf-all.tsv" "pairs_$pair" | head -n 200 > want
        d=$(largest <(tail -n +2 got) <(tail -n +2 want))
        echo "# pdf $pair: largest difference of pairs $d" >&3
        atmost "$d" 10
    done
}

@test "phase-label: the shared phantoms" {
    for set in full:0.90:0.94:0.94 small:0.78:0.87:0.80; do
        IFS=: read -r name core crystal amorphous <<< "$set"
        boo "$DATA/phantom/$name/atoms.xyz" | phase-label --column label > l.xyz
        paste <(values l.xyz phase) <(values l.xyz label) | awk '{ t[$1]++; l[$2]++; hit[$1] += $1 == $2 } END { for (p in t) print p, hit[p] / t[p], hit[p] / l[p] }' > score
        for want in "core $core" "c-oxide $crystal" "a-oxide $amorphous"; do
            read -r p recall precision < <(grep "^${want% *} " score)
            echo "# phase-label $name $p: recall $recall, precision $precision" >&3
            atleast "$recall" "${want#* }"
            atleast "$precision" "${want#* }"
        done
    done
    phantom --core none --diameter 40 | boo | phase-label > none.xyz
    [ -z "$(values none.xyz phase | grep core)" ]
}
