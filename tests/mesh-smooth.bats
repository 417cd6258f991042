load helpers

# an octahedron of half diagonal a
octahedron() {
    printf 'ply\nformat ascii 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float z\nelement face 8\nproperty list uchar int vertex_indices\nend_header\n'
    awk -v a="$1" 'BEGIN { print a, 0, 0; print -a, 0, 0; print 0, a, 0; print 0, -a, 0; print 0, 0, a; print 0, 0, -a }'
    printf '3 %s\n' '0 2 4' '2 1 4' '1 3 4' '3 0 4' '2 0 5' '1 2 5' '3 1 5' '0 3 5'
}

@test "mesh-smooth: an octahedron shrinks by 1 - lambda a step" {
    octahedron 3.7 > o.ply
    mesh-smooth -n 0 -r r o.ply > same.ply
    near "$(column r volume | head -n 1)" "$(awk 'BEGIN { print 4 / 3. * 3.7^3 }')" 1e-4
    near "$(column r area | head -n 1)" "$(awk 'BEGIN { print 4 * sqrt(3) * 3.7^2 }')" 1e-4
    [ "$(column r euler | head -n 1)" -eq 2 ]
    [ "$(column r edges | head -n 1)" -eq 12 ]
    # the mean of the four neighbours is the centre: every vertex moves to it
    mesh-smooth -n 3 -l 0.3 -r r o.ply > small.ply
    near "$(column r volume | tail -n 1)" "$(awk 'BEGIN { print 4 / 3. * (3.7 * 0.7^3)^3 }')" 1e-4
    near "$(column r change | tail -n 1)" "$(awk 'BEGIN { print 0.7^9 - 1 }')" 1e-6
    # (1 - lambda)(1 - mu)
    mesh-smooth -n 2 -m taubin -l 0.3 --mu -0.4 -r r o.ply > t.ply
    near "$(column r volume | tail -n 1)" "$(awk 'BEGIN { print 4 / 3. * (3.7 * (0.7 * 1.4)^2)^3 }')" 1e-4
}

@test "mesh-smooth: a rim stays, the inside becomes flat" {
    # four triangles around a vertex lifted off the plane of its rim
    { printf 'ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\nelement face 4\nproperty list uchar int vertex_indices\nend_header\n'
      printf '%s\n' '1 0 0' '0 1 0' '-1 0 0' '0 -1 0' '0 0 0.8' '3 0 1 4' '3 1 2 4' '3 2 3 4' '3 3 0 4'; } > tent.ply
    mesh-smooth -n 40 -r r tent.ply > flat.ply
    near "$(column r area | tail -n 1)" 2 1e-6
    [ "$(column r open_edges | tail -n 1)" -eq 4 ]
    [ "$(column r euler | tail -n 1)" -eq 1 ]
}

@test "mesh-smooth: Laplacian shrinks a void, Taubin keeps it, both keep its shape's holes" {
    crystal -s fcc --a 5.092 -S R24 | particle --pore 0,0,0,8 > hollow.xyz
    void-find -m void.ply hollow.xyz --surface drop > v
    mesh-smooth -n 0 -r r void.ply > same.ply
    cmp same.ply void.ply
    near "$(column r volume | head -n 1)" "$(column v volume | head -n 1)" 0.01
    near "$(column r area | head -n 1)" "$(column v area | head -n 1)" 0.01
    [ "$(column r open_edges | head -n 1)" -eq 0 ]
    mesh-smooth -r l void.ply > l.ply
    mesh-smooth -m taubin -r t void.ply > t.ply
    atmost "$(column l change | tail -n 1)" -0.1
    atleast "$(column t change | tail -n 1)" -0.1
    for f in l t; do [ "$(column $f euler | uniq | wc -l)" -eq 1 ]; done
    atmost "$(column t area | tail -n 1)" "$(column t area | head -n 1)"
    mesh-smooth -j 1 void.ply | cmp - l.ply
}

@test "mesh-smooth: bad meshes and wishes" {
    octahedron 1 > o.ply
    run -2 mesh-smooth -m taubin --mu -0.2 o.ply
    [[ "$output" == *"below -lambda"* ]]
    head -c 250 o.ply > cut.ply
    run -1 --separate-stderr mesh-smooth cut.ply
    oneline
    sed 's/^3 0 2 4/3 0 2 9/' o.ply > far.ply
    run -1 --separate-stderr mesh-smooth far.ply
    oneline
    sed 's/^1 0 0$/nan 0 0/' o.ply > nan.ply
    run -1 --separate-stderr mesh-smooth nan.ply
    oneline
}
