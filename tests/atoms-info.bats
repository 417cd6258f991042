load helpers

@test "atoms-info: counts, box, nearest distance, columns" {
    printf '5\nLattice="10 0 0 0 11 0 0 0 12" Properties=species:S:1:pos:R:3:rho:R:1:phase:S:1 note="a b"\nZr 0 0 0 0.03 core\nO 3 4 0 nan core\nZr 3 4 2.5 0.05 void\nO -7 0 0 0.04 core\nO 0 0 -9 0.04 core\n' > a.xyz
    atoms-info a.xyz > t
    grep -qx 'atoms: *5' t
    grep -qx '  Zr: *2' t
    grep -qx '  O: *3' t
    grep -qx 'lowest: *-7 0 -9 angstrom' t
    grep -qx 'extent: *10 4 11.5 angstrom' t
    grep -qx 'nearest distance: *2.5 angstrom' t
    grep -qx '    mean: *0.04' t
    grep -qx '    undefined: *1' t
    grep -qx '    core: *4' t
    grep -q '  note: *a b' t
}

@test "atoms-info: the nearest pair is found in a dense clump with far outliers" {
    { echo 1002; echo 'Properties=species:S:1:pos:R:3'
    awk 'BEGIN { for (i = 0; i < 1000; i++) print "Zr", i % 10, int(i / 10) % 10, int(i / 100); print "Zr 1e6 0 0"; print "Zr 0 0 0.875" }'; } > c.xyz
    [ "$(atoms-info c.xyz | awk '/nearest/ { print $3 }')" = 0.125 ]
}

@test "atoms-info: frames, an empty one too, and JSON" {
    { cat "$data/atoms.xyz"; printf '0\nProperties=species:S:1:pos:R:3\n1\nProperties=species:S:1:pos:R:3\nZr 1 2 3\n'; } > f.xyz
    [ "$(atoms-info f.xyz | awk '/^atoms:/ { print $2 }' | tr '\n' ' ')" = "32 0 1 " ]
    atoms-info --json f.xyz > j
    [ "$(grep -c '"atoms":' j)" -eq 3 ]
    if command -v python3; then python3 -m json.tool < j > /dev/null; fi
}
