load helpers

# shells FILE A B MAX: distances below MAX from the atom A nearest to 0 0 0 to
# the atoms B, "count distance" a line, by brute force
shells() {
    awk -v A="$2" -v B="$3" -v max="$4" '
        NR > 2 { s[NR] = $1; x[NR] = $2; y[NR] = $3; z[NR] = $4; r = x[NR]^2 + y[NR]^2 + z[NR]^2
            if (s[NR] == A && (!c || r < best)) { c = NR; best = r } }
        END { for (i in x) if (i != c && s[i] == B) {
                d = sqrt((x[i]-x[c])^2 + (y[i]-y[c])^2 + (z[i]-z[c])^2)
                if (d < max) printf "%.3f\n", d } }' "$1" | sort -n | uniq -c | awk '{ printf "%s%s*%d", sep, $2, $1; sep = " " }'
}

@test "crystal: balls of cubic zirconia have 8151, 3463, 959 Zr" {
    while read -r radius n; do
        crystal --structure c-zro2 --size "R$radius" > ball
        [ "$(values ball species | grep -c Zr)" -eq "$n" ]
    done <<< $'40 8151\n30 3463\n20 959'
    [ "$(crystal -s fcc --a 5.092 --size R20 | head -n 1)" -eq 959 ]
}

@test "crystal: density of whole cells, to 1e-6" {
    for want in fcc-zr:0.039375 hcp-zr:0.042954 bcc-zr:0.042547 c-zro2:0.030297 t-zro2:0.0286429 m-zro2:0.028393; do
        crystal -s "${want%:*}" --cells 3,4,5 > block
        n=$(values block species | grep -c Zr)
        volume=$(awk 'NR == 2 { match($0, /Lattice="[^"]*"/); split(substr($0, RSTART + 9, RLENGTH - 10), m, " ")
            printf "%.9f", m[1]*(m[5]*m[9]-m[6]*m[8]) - m[2]*(m[4]*m[9]-m[6]*m[7]) + m[3]*(m[4]*m[8]-m[5]*m[7]) }' block)
        near "$(awk -v n="$n" -v v="$volume" 'BEGIN { printf "%.9f", n / v }')" "${want#*:}" 1e-6
    done
    # the cell of m-ZrO2 from its own closed form a b c sin(beta)
    near "$(awk -v v="$volume" 'BEGIN { print v / 60 }')" 140.881 1e-3
}

@test "crystal: half-open blocks of whole cells count each atom once" {
    [ "$(crystal -s fcc-zr --size 13.998 | head -n 1)" -eq 108 ]
    [ "$(crystal -s c-zro2 --size 15.276,10.184,5.092 | head -n 1)" -eq 72 ]
    [ "$(crystal -s sc --a 2.385 --size 16.695,26.235,31.005 | head -n 1)" -eq 1001 ]
}

@test "crystal: first shells of the structures" {
    crystal -s c-zro2 -S R6 > c
    [ "$(shells c Zr O 3)" = "2.205*8" ]
    [ "$(shells c O Zr 3)" = "2.205*4" ]
    [ "$(shells c Zr Zr 4)" = "3.601*12" ]
    crystal -s t-zro2 -S R6 > t
    [ "$(shells t Zr O 3)" = "2.065*4 2.463*4" ]
    [ "$(shells t Zr Zr 4)" = "3.640*4 3.683*8" ]
    [ "$(shells t O O 3.5)" = "2.635*2 2.663*4 3.229*4" ] # c/2, sqrt(a^2/2 + (0.13 c)^2), sqrt(a^2/2 + (0.37 c)^2)
    crystal -s hcp-zr -S R6 > h
    [ "$(shells h Zr Zr 4)" = "3.179*6 3.232*6" ]
    crystal -s m-zro2 -S R6 > m
    [ "$(shells m Zr O 3)" = "2.052*1 2.063*1 2.153*1 2.157*1 2.176*1 2.242*1 2.267*1" ]
    crystal -s fcc-zr -S R6 > f
    [ "$(shells f Zr Zr 4)" = "3.299*12" ]
    crystal -s si -S R6 > s
    [ "$(shells s Si Si 3)" = "2.352*4" ]
}

@test "crystal: a rotation keeps the shells; zone puts planes across z" {
    crystal -s m-zro2 -S R6 > a
    crystal -s m-zro2 -S R6 --orient 31,-17,55 > b
    [ "$(shells a Zr O 5)" = "$(shells b Zr O 5)" ]
    # {111} planes of fcc: z is a multiple of a/sqrt(3), [1-10] rows along x of a/sqrt(2)
    crystal -s fcc --a 4.1 -S R9 --orient zone=1,1,1/1,-1,0 > z
    awk 'NR > 2 { q = $4 / (4.1 / sqrt(3)); d = q - sprintf("%.0f", q); if (d * d > 1e-16) exit 1 }' z
    awk 'NR > 2 && $4 == 0 && $3 == 0 && $2 > 0 { print $2 }' z > row
    near "$(sort -n row | head -n 1)" "$(awk 'BEGIN { printf "%.9f", 4.1 / sqrt(2) }')" 1e-9
}

@test "crystal: Euler angles turn as a projection sees the atoms" {
    # the neighbour on x = a of a simple cubic crystal, theta = 30: u = a cos, w = a sin
    crystal -s sc --a 3 -S R3.1 --orient 0,30,0 > r
    awk 'NR > 2 && ($2 - 3 * cos(3.14159265358979 / 6))^2 + $3^2 + ($4 - 1.5)^2 < 1e-18 { n++ } END { exit n != 1 }' r
    crystal -s sc --a 3 -S R3.1 --orient 0.8660254037844386,0,-0.5,0,1,0,0.5,0,0.8660254037844386 > m
    [ "$(wc -l < m)" -eq 9 ]
    awk 'NR > 2 && ($2 - 3 * cos(3.14159265358979 / 6))^2 + $3^2 + ($4 - 1.5)^2 < 1e-18 { n++ } END { exit n != 1 }' m
}

@test "crystal: any cell from its edges, angles and basis" {
    crystal -s cell --cell 5.64,5.64,5.64,90,90,90 -S R4 \
        --basis 'Na 0 0 0, Na 0 .5 .5, Na .5 0 .5, Na .5 .5 0, Cl .5 .5 .5, Cl .5 0 0, Cl 0 .5 0, Cl 0 0 .5' > nacl
    [ "$(shells nacl Na Cl 3)" = "2.820*6" ]
    # the rhombohedral cell of fcc has its twelve neighbours
    crystal -s cell --cell 3.3,3.3,3.3,60,60,60 --basis 'Zr 0 0 0' -S R4 > rh
    [ "$(shells rh Zr Zr 4)" = "3.300*12" ]
}

@test "crystal: bad wishes are usage errors with a way out" {
    run -2 crystal -s zro3 -S 10
    [[ "$output" == *"no structure zro3; there are fcc-zr"* ]]
    run -2 crystal -s fcc -S 10
    [[ "$output" == *"give --a" ]]
    run -2 crystal
    [[ "$output" == *"give --size or --cells" ]]
    run -2 crystal -S R-4
    [[ "$output" == *"--size: want"* ]]
    run -2 crystal -S 10 --orient zone=1,1,1/2,2,2
    [[ "$output" == *"take another"* ]]
    run -2 crystal -S 10 --orient 1,0,0,0,1,0,0,0,2
    [[ "$output" == *"unit vectors"* ]]
    run -2 crystal -s cell --cell 3,3,3,10,10,30 --basis 'Zr 0 0 0' -S 10
    [[ "$output" == *"no cell has the angles"* ]]
    run -2 crystal -s cell --cell 3,3,3,90,90,90 --basis 'Zr 0 0' -S 10
    [[ "$output" == *"basis: want"* ]]
    run -1 crystal -S 1e9
    [[ "$output" == *"too many"* ]]
}
