load helpers

number() { head -n 1 "$1"; }

@test "particle: a cut sphere is crystal's ball" {
    crystal -s fcc --a 5.092 -S 60 | particle --cut sphere=20 > cut.xyz
    [ "$(number cut.xyz)" -eq 959 ]
    diff <(tail -n +3 cut.xyz | sort) <(crystal -s fcc --a 5.092 -S R20 | tail -n +3 | sort)
}

@test "particle: shapes hold what their formulas say" {
    crystal -s sc --a 1.3 -S 40 > all
    # shellcheck disable=SC2016
    for want in 'ellipsoid=5,7,9:($2/5)^2+($3/7)^2+($4/9)^2<=1' 'box=7,11,13:$2>=-3.5&&$2<3.5&&$3>=-5.5&&$3<5.5&&$4>=-6.5&&$4<6.5' \
        'slab=1,2,2,-3.1,4.2:($2+2*$3+2*$4)/3>=-3.1&&($2+2*$3+2*$4)/3<4.2' \
        'wulff=1,1,1,7.7/1,0,0,9.2:(A($2)+A($3)+A($4))/sqrt(3)<=7.7&&A($2)<=9.2&&A($3)<=9.2&&A($4)<=9.2'; do
        n=$(particle --cut "${want%%:*}" all | head -n 1)
        [ "$n" -gt 100 ]
        [ "$n" -eq "$(awk "function A(v) { return v < 0 ? -v : v } NR > 2 && (${want#*:}) { n++ } END { print n }" all)" ]
    done
}

@test "particle: strain, rotation, bend and twist move a known atom" {
    printf '1\nLattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3\nZr 1 2 3\n' > one
    at() { values "$1" pos "$2"; }
    particle --strain 0.1,0.2,-0.1,0.01,0.02,0.03 one > s
    near "$(at s 0)" 1.22 1e-12    # 1.1 + 2 0.03 + 3 0.02
    near "$(at s 1)" 2.46 1e-12    # 0.03 + 2.4 + 3 0.01
    near "$(at s 2)" 2.74 1e-12    # 0.02 + 0.02 + 2.7
    grep -q 'Lattice="4.4' s
    particle --rotate 0,30,0 one > r
    near "$(at r 0)" "$(awk 'BEGIN { print sqrt(3) / 2 - 1.5 }')" 1e-5
    near "$(at r 2)" "$(awk 'BEGIN { print 0.5 + 3 * sqrt(3) / 2 }')" 1e-5
    particle --twist 180,6 one > t      # half of 180 at half the depth
    near "$(at t 0)" -2 1e-12
    near "$(at t 1)" 1 1e-12
    particle --bend 90,2 one > b        # beyond R0 the whole angle, y to z
    near "$(at b 1)" -3 1e-12
    near "$(at b 2)" 2 1e-12
    run -1 grep -q Lattice b
    # below 0 the other way: z = -2.5 with R0 = 10 is a quarter of 120 degrees back
    printf '1\nProperties=species:S:1:pos:R:3\nZr 0 3 -2.5\n' | particle --bend 120,10 > d
    near "$(at d 1)" "$(awk 'BEGIN { print 3 * sqrt(3) / 2 - 1.25 }')" 1e-5
    near "$(at d 2)" "$(awk 'BEGIN { print -1.5 - 2.5 * sqrt(3) / 2 }')" 1e-5
}

@test "particle: a joined crystal keeps its distance" {
    crystal -s fcc-zr -S R10 > a
    crystal -s c-zro2 -S 30 > b
    particle --join b --dmin 2.5 a > ab
    na=$(number a)
    cmp <(sed -n "3,$((na + 2))p" ab) <(tail -n +3 a)
    # brute force: how many of b are at least 2.5 from all of a
    n=$(awk 'FNR == 1 { f++ } FNR <= 2 { next } f == 1 { x[++n] = $2; y[n] = $3; z[n] = $4; next }
        { ok = 1; for (i = 1; i <= n && ok; i++) if (($2-x[i])^2 + ($3-y[i])^2 + ($4-z[i])^2 < 6.25) ok = 0; m += ok } END { print m }' a b)
    [ "$(number ab)" -eq $((na + n)) ]
}

@test "particle: defects are as many as asked for" {
    crystal -s c-zro2 -S R15 > a
    n=$(number a)
    particle -n 17 a > v
    [ "$(number v)" -eq $((n - 17)) ]
    [ "$(comm -23 <(tail -n +3 a | sort) <(tail -n +3 v | sort) | wc -l)" -eq 17 ]
    particle --remove 3,5 a > r
    diff <(tail -n +3 a | sed '4d;6d') <(tail -n +3 r)
    particle --pore 1,2,3,4 a > p
    [ "$(number p)" -eq "$(awk 'NR > 2 && ($2-1)^2 + ($3-2)^2 + ($4-3)^2 >= 16 { n++ } END { print n }' a)" ]
    particle --swap Zr,Hf,0.25 a > s
    [ "$(values s species | grep -c Hf)" -eq "$(values a species | awk '$1 == "Zr" { n++ } END { print int(n / 4 + 0.5) }')" ]
    [ "$(values s species | grep -c O)" -eq "$(values a species | grep -c O)" ]
}

@test "particle: jitter has the standard deviation, and follows the seed" {
    crystal -s sc --a 4 -S 80 > a
    particle -J 0.16 a > j
    paste <(tail -n +3 a) <(tail -n +3 j) | awk '{ for (k = 2; k < 5; k++) { d = $(k + 4) - $k; s += d; q += d * d; n++ } }
        END { exit !(sqrt(q / n) > 0.157 && sqrt(q / n) < 0.163 && s / n < 0.003 && s / n > -0.003) }'
    particle -J 0.16 --seed 1 a | tail -n +3 | cmp - <(tail -n +3 j)
    run -1 cmp -s <(particle -J 0.16 --seed 2 a | tail -n +3) <(tail -n +3 j)
}

@test "particle: bad wishes" {
    crystal -s fcc-zr -S R5 > a
    run -2 particle --cut sphere=-3 a
    [[ "$output" == *"--cut: want sphere=R"* ]]
    run -2 particle --cut cube=3 a
    run -2 particle --strain 0.1,0.1 a
    [[ "$output" == *"3, 6 or 9"* ]]
    run -2 particle --bend 10 a
    [[ "$output" == *"an angle and a depth"* ]]
    run -2 particle --pore 1,2,3 a
    run -2 particle --swap Zr,Hf a
    run -1 particle --remove 1000 a
    [[ "$output" == *"no atom 1000"* ]]
    run -1 particle -n 1000 a
    [[ "$output" == *"--vacancies: 1000 of"* ]]
}
