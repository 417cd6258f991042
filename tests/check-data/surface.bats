#!/usr/bin/env bats
# Surfaces, cells and distances against OVITO, and Voronoi indices against the
# published procedure with its face areas put right.
load ../helpers

setup() {
    [ -d "${DATA:-}" ] || skip "no DATA"
    peers=$DATA/peers/structure
}

what() { awk -F'\t' -v q="$2" '$1 == q { print $2 }' "$1"; }

# the atoms that a row of the peers' tables means
model() {
    case $1 in
    phantom-*) cat "$DATA/phantom/${1#phantom-}/atoms.xyz" ;;
    poly20) zcat "$peers/poly20.xyz.gz" ;;
    *) cat "$DATA/$1.xyz" ;;
    esac
}

peer() { zcat "$peers/$1-atoms.tsv.gz" | tr '\t' ' ' | awk -v want="$2" 'NR == 1 { sub(/^#/, ""); for (i = 1; i <= NF; i++) if ($i == want) c = i; next } { print $c }'; }

@test "alpha-shape: volumes and areas equal OVITO's to 1e-6" {
    worst=0
    while IFS=$'\t' read -r name radius volume area _ _ regions faces vertices _ filled; do
        model "$name" | alpha-shape --no-fill -a "$radius" -w table > t
        worst=$(awk -v a="$(what t volume)" -v b="$volume" -v c="$(what t area)" -v d="$area" -v w="$worst" 'BEGIN {
            a = a / b - 1; c = c / d - 1; a = a < 0 ? -a : a; c = c < 0 ? -c : c
            w = a > w ? a : w; print (c > w ? c : w) }')
        [ "$(what t regions)" -eq "$regions" ]
        [ "$(what t faces)" -eq $((faces / 2)) ]
        [ "$(what t vertices)" -eq "$vertices" ]
        [ "$filled" = - ] && continue
        model "$name" | alpha-shape -a "$radius" -w table > t
        near "$(awk "BEGIN { print $(what t volume) / $filled }")" 1 1e-6
    done < <(tail -n +2 "$peers/surfaces.tsv")
    echo "# alpha-shape: largest relative difference $worst" >&3
    atmost "$worst" 1e-6
}

@test "voronoi-rho: volumes and faces of bounded cells equal OVITO's" {
    for name in phantom-small phantom-full mg-final ta-final poly20; do
        model "$name" | voronoi-rho > v
        paste <(peer $name bounded) <(peer $name vol) <(peer $name nface1pct) <(values v voronoi_volume) <(values v nface) |
            awk '$1 == 1 { n++; d = $2 - $4; d = d < 0 ? -d : d; if (!(d <= w)) w = d; f += $3 != $5 } END { print n, w + 0, f + 0 }' > r
        read -r cells worst faces < r
        echo "# voronoi-rho $name: $cells cells, volume to $worst A3, $faces with other faces" >&3
        atmost "$worst" 1e-4
        [ "$faces" -eq 0 ]
    done
}

@test "voronoi-rho: indices of the metallic glass" {
    voronoi-rho "$DATA/mg-final.xyz" > v
    tail -n +2 "$DATA/mg-voronoi-corrected-per-atom.tsv" | awk '{ print $4, $5, $6, $7 }' > want
    for k in 0 1 2 3; do values v voronoi_index $k > i$k; done
    paste -d ' ' i0 i1 i2 i3 > got
    same=$(paste -d '|' got want | awk -F'|' '$1 == $2' | wc -l)
    echo "# voronoi-rho: $same of $(wc -l < want) indices equal" >&3
    atleast "$same" "$(awk 'END { print 0.999 * NR }' want)"
    [ "$(grep -c '^0 0 0 0$' got)" -eq 430 ]
}

@test "voronoi-rho: every phantom atom has a density, by phase as stated" {
    for want in 'small core 0.0338 c-oxide 0.0297 a-oxide 0.0286' 'full core 0.0367 c-oxide 0.0301 a-oxide 0.0290'; do
        read -r -a w <<< "$want"
        voronoi-rho "$DATA/phantom/${w[0]}/atoms.xyz" > v
        [ "$(values v rho | grep -c nan)" -eq 0 ]
        atoms-hist --column rho --by phase v > h
        for i in 1 3 5; do
            mean=$(awk -F'\t' -v g="${w[i]}" '$1 == g { print $4 }' h)
            echo "# voronoi-rho ${w[0]} ${w[i]}: $mean" >&3
            near "$mean" "${w[i + 1]}" "$(awk "BEGIN { print 0.01 * ${w[i + 1]} }")"
        done
    done
}

@test "surface-distance: equal to OVITO's and the face rule's to 1e-4" {
    for name in phantom-small phantom-full mg-final ta-final poly20; do
        for kind in 'sd4.5 --no-fill' 'sd3.19 --no-fill -a 3.19' sdfill4.5; do
            read -r column options <<< "$kind"
            # shellcheck disable=SC2086
            model $name | surface-distance $options > d
            worst=$(paste <(peer $name "$column") <(values d distance) |
                awk '{ d = ($2 < 0 ? -$2 : $2) - $1; d = d < 0 ? -d : d; if (!(d <= w)) w = d } END { print w + 0 }')
            echo "# surface-distance $name $column: $worst A" >&3
            atmost "$worst" 1e-4
        done
    done
}

@test "atoms-profile: density across the surface of the phantom's core" {
    voronoi-rho --voids keep "$DATA/phantom/full/atoms.xyz" | surface-distance --from 'phase == "core"' |
        atoms-select 'vflag == 0' > d
    atoms-profile --y '1 / voronoi_volume' --bin 1 --range -10,14 --width d > w
    echo "# atoms-profile: density $(what w low) to $(what w high), width $(what w width) A" >&3
    near "$(what w low)" 0.0400 0.0006
    near "$(what w high)" 0.0300 0.0006
    near "$(what w width)" 3.5 1
}
