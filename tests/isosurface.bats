load helpers

# volume N SPACING EXPR: EXPR of x y z (samples from the centre) as NRRD
volume() {
    printf 'NRRD0005\ntype: float\ndimension: 3\nsizes: %d %d %d\nspace dimension: 3\nspace directions: (%g,0,0) (0,%g,0) (0,0,%g)\nspace units: "angstrom" "angstrom" "angstrom"\nencoding: ascii\n\n' "$1" "$1" "$1" "$2" "$2" "$2"
    awk -v n="$1" "BEGIN { c = int(n / 2); for (k = 0; k < n; k++) for (j = 0; j < n; j++) for (i = 0; i < n; i++) { x = i - c; y = j - c; z = k - c; print $3 } }"
}

measure() { mesh-smooth -n 0 -r r "$1" > /dev/null; }
got() { column r "$1" | head -n 1; }

@test "isosurface: a sphere of 20 voxels" {
    volume 45 0.5 '20 - sqrt(x*x + y*y + z*z)' > ball.nrrd
    isosurface -l 0 ball.nrrd > ball.ply
    measure ball.ply
    near "$(got volume)" "$(awk 'BEGIN { print 4.18879 * 1000 }')" 21     # 0.5 %
    near "$(got area)" "$(awk 'BEGIN { print 12.56637 * 100 }')" 12.6      # 1 %
    [ "$(got euler)" -eq 2 ]
    [ "$(got open_edges)" -eq 0 ]
    [ "$(got shared_edges)" -eq 0 ]
    [ "$(got pieces)" -eq 1 ]
}

@test "isosurface: a plane is exact, closed and open" {
    volume 11 0.7 'x - 1.25' > half.nrrd
    isosurface -l 0 --open half.nrrd > open.ply
    measure open.ply
    near "$(got area)" 49 1e-5           # (10 x 0.7)^2
    atleast "$(got open_edges)" 40
    # closed: a slab from x = 1.25 to the frame, where f rises from -6.25 outside to 0
    isosurface -l 0 half.nrrd > closed.ply
    measure closed.ply
    [ "$(got open_edges)" -eq 0 ]
    [ "$(got euler)" -eq 2 ]
    atleast "$(got volume)" "$(awk 'BEGIN { print 7 * 7 * 3.75 * 0.7 }')"
}

@test "isosurface: places follow origin and step, faces look outwards" {
    volume 15 0.8 '9 - x*x - y*y - z*z' |
        sed 's/^encoding/space origin: (10,20,-30)\nencoding/' > v.nrrd
    isosurface -l 0 v.nrrd > v.ply
    measure v.ply
    atleast "$(got volume)" 50           # positive: outwards; 4/3 pi 2.4^3 = 57.9
    atmost "$(got volume)" 58
    # the middle sample, 7 steps from the origin
    stl v.ply | awk '/vertex/ { n++; for (k = 2; k < 5; k++) s[k] += $k } END { print s[2] / n, s[3] / n, s[4] / n }' > centre
    read -r x y z < centre
    near "$x" 15.6 0.02
    near "$y" 25.6 0.02
    near "$z" -24.4 0.02
}

@test "isosurface: random volumes are always closed" {
    for seed in 1 2 3; do
        volume 12 1 "0 * srand($seed + i + 12 * j + 144 * k) + rand()" > r.nrrd
        isosurface -l 0.5 r.nrrd > r.ply
        measure r.ply
        [ "$(got open_edges)" -eq 0 ]
        [ "$(got shared_edges)" -eq 0 ]
        # inside and outside change places
        volume 12 1 "1 - (0 * srand($seed + i + 12 * j + 144 * k) + rand())" > s.nrrd
        isosurface --open -l 0.5 r.nrrd > r.ply
        measure r.ply
        a=$(got area)
        isosurface --open -l 0.5 s.nrrd > s.ply
        measure s.ply
        near "$(got area)" "$a" "$(awk "BEGIN { print 1e-4 * $a }")"
    done
}

@test "isosurface: the level by Otsu, nan as outside" {
    volume 21 1 'sqrt(x*x + y*y + z*z) < 7 ? 5 : 1' > step.nrrd
    isosurface -v step.nrrd 2> said > a.ply
    level=$(sed -n 's/.*level \([0-9.]*\):.*/\1/p' said)
    atleast "$level" 1.001
    atmost "$level" 4.99
    volume 21 1 'sqrt(x*x + y*y + z*z) < 7 ? 5 : (x > 9 ? "nan" : 1)' > nan.nrrd
    isosurface -l 3 nan.nrrd | cmp - <(isosurface -l 3 step.nrrd)
    volume 11 1 'x*x + y*y + z*z < 10 ? 5 : (x > 0 ? "nan" : 1)' > nan.nrrd
    isosurface -l 3 nan.nrrd > nan.ply
    [ "$(stl nan.ply | grep -c nan)" -eq 0 ]
    run -1 isosurface -l 7 step.nrrd
    [[ "$output" == *"no sample reaches the level 7"* ]]
    run -1 isosurface "$data/tilts.nrrd"
    sed 's/^space directions.*/space directions: (nan,0,0) (0,1,0) (0,0,1)/; /^space units/d' step.nrrd > none.nrrd
    run -2 isosurface -l 1,2 step.nrrd
}

@test "isosurface: other programs read the mesh" {
    command -v admesh > /dev/null || skip "no admesh"
    volume 15 0.8 '20 - x*x - y*y - z*z' | isosurface -l 0 > v.ply
    stl v.ply > v.stl
    admesh v.stl > said
    grep -Eq 'Number of parts *: *1 ' said
    grep -Eq 'Total disconnected facets *: *0 ' said
    near "$(sed -n 's/.*Volume *: *\([-0-9.]*\).*/\1/p' said)" "$(measure v.ply; got volume)" 0.1
}
