# Voids against planted ones and against the regions of other programs.
# shellcheck shell=bash
load ../helpers

setup() {
    [ -d "$DATA/phantom" ] || skip "no DATA"
}

# groups NAME: planted groups with a volume, found to 0.2 %, at no place twice
groups() {
    void-find --minor "$DATA/phantom/$1/atoms.xyz" >found
    awk -F'\t' 'NR == FNR { if (!/^#/) v[n++ + 0] = $4; next }
        /^#/ || $1 == "kind" || $6 == "nan" || seen[$7]++ { next }
        { all++; best = -1
          for (i = 0; i < n; i++) { d = v[i] - $6; if (d < 0) d = -d; if (!(i in used) && (best < 0 || d < least)) { best = i; least = d } }
          if (least <= 0.002 * $6) { ok++; used[best] } else print "missed", $0, v[best] > "/dev/stderr" }
        END { print ok + 0, all }' found "$DATA/phantom/$1/voids.tsv"
}

@test "phantom small: every planted group's volume to 0.2 %" {
    groups small >score
    echo "# small: groups of all: $(cat score)" >&3
    [ "$(cat score)" = "12 12" ]
}

@test "phantom full: every planted group's volume to 0.2 %, porosity, classes" {
    groups full >score
    echo "# full: groups of all: $(cat score)" >&3
    [ "$(cat score)" = "146 146" ]
    void-find -s sum "$DATA/phantom/full/atoms.xyz" >v
    near "$(awk -F'\t' '$1 == "all" { print $6 }' sum)" 0.1933 0.0001
    [ "$(awk -F'\t' '$1 ~ /vacancy|nano-pore|pore/ && $2 == "all" { printf "%s ", $3 }' sum)" = "103 40 1 " ]
}

# peer NAME FILE: regions joined through edges, volume and centroid
peer() {
    local r
    for r in 3.19 4.5; do
        void-find --join edge -r $r --minor "$2" | awk -F'\t' '!/^#/ { print $4, $12, $13, $14 }' | sort -g >ours
        awk -v n="$1" -v r=$r '$1 == n && $2 == r { print $3, $5, $6, $7 }' "$DATA/peers/structure/voids-ovito.tsv" | sort -g >theirs
        [ "$(wc -l <ours)" -eq "$(wc -l <theirs)" ]
        paste -d' ' ours theirs | awk '{ for (k = 1; k < 5; k++) if (($k - $(k + 4))^2 > 1e-6) exit 1 }'
        echo "# $1 $r: $(wc -l <ours) regions, volumes to 1e-3" >&3
    done
}

@test "edge-joined regions of another program to 1e-3" {
    peer phantom-small "$DATA/phantom/small/atoms.xyz"
    peer phantom-full "$DATA/phantom/full/atoms.xyz"
    gzip -dc "$DATA/peers/structure/poly20.xyz.gz" >poly20.xyz
    peer poly20 poly20.xyz
    peer mg-final "$DATA/mg-final.xyz"
    peer ta-final "$DATA/ta-final.xyz"
}

@test "face-joined voids of another program" {
    gzip -dc "$DATA/peers/structure/poly20.xyz.gz" >poly20.xyz
    for f in "phantom-small phantom/small/atoms.xyz" "phantom-full phantom/full/atoms.xyz" "poly20 -"; do
        read -r name path <<<"$f"
        [ "$path" = - ] && path=poly20.xyz || path=$DATA/$path
        void-find --minor "$path" >found
        awk -F'\t' -v n="$name" 'NR == FNR { if (!/^#/) { v[m + 0] = $4; s[m++ + 0] = $8 } next }
            $1 == n { best = 1e9; for (i = 0; i < m; i++) { d = v[i] - $2; if (d < 0) d = -d; if (s[i] == $8 && d < best) best = d }
                if (best > 1e-3 + 1e-6 * $2) bad++; all++ }
            END { if (bad || !all) { print bad " of " all; exit 1 } }' found "$DATA/peers/structure/voids-face-rule.tsv"
    done
}

@test "planted voids of poly20" {
    gzip -dc "$DATA/peers/structure/poly20.xyz.gz" >poly20.xyz
    void-find --minor poly20.xyz >found
    awk -F'\t' 'NR == FNR { if (!/^#/) v[m++ + 0] = $4; next } /^#/ { next }
        { want = $7; best = 1e9; for (i = 0; i < m; i++) { d = v[i] - want; if (d < 0) d = -d; if (d < best) best = d }
          if (best > 0.002 * want) { print "missed", $0; bad++ } all++ } END { exit bad || !all }' found "$DATA/peers/structure/poly20-planted-voids.tsv"
}

@test "traced atoms: planted voids found where they are, volumes to 15 %" {
    background-subtract -q "$DATA/phantom/small/aligned.nrrd" |
        resire -q --accelerate os -n 15 | peak-find -q | kmeans-trace -q >atoms.xyz
    void-find --minor atoms.xyz >found
    awk -F'\t' 'NR == FNR { if (!/^#/) { v[m + 0] = $4; x[m + 0] = $12; y[m + 0] = $13; z[m + 0] = $14; s[m + 0] = $8; m++ } next }
        /^#/ || $1 == "kind" || $6 == "nan" || $6 < 45 || seen[$7]++ { next }
        { all++; ok = 0
          for (i = 0; i < m; i++) {
              d = sqrt((x[i] - $2)^2 + (y[i] - $3)^2 + (z[i] - $4)^2); e = v[i] / $6 - 1; if (e < 0) e = -e
              if (e < 0.15 && d < 1.5 + 0.5 * (v[i])^(1 / 3)) { ok = 1; used[i] = 1; if (e > worst) worst = e } }
          if (ok) good++; else print "missed", $0 > "/dev/stderr" }
        END { for (i = 0; i < m; i++) if (v[i] >= 45 && !(i in used)) { extra++; if (!s[i]) inner++ }
            print good + 0, all, inner + 0, worst, extra + 0 }' found "$DATA/phantom/small/voids.tsv" >score
    read -r good all inner worst extra <score
    echo "# traced small: $good of $all, volumes to $worst, $extra others, all at the surface" >&3
    [ "$good" -eq "$all" ]
    [ "$inner" -eq 0 ]
}
