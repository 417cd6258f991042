load helpers

# 8 x 8 x 8 atoms at 0..7 along each axis
lattice() {
    echo 512
    echo 'Properties=species:S:1:pos:R:3:id:I:1:dir:R:2'
    awk 'BEGIN { for (z = 0; z < 8; z++) for (y = 0; y < 8; y++) for (x = 0; x < 8; x++)
        print (x + y + z) % 2 ? "O" : "Zr", x, y, z, i++, x / 8, y / 8 }'
}

@test "atoms-select: a column comparison is awk's own" {
    atoms-select 'phase == "core" && rho > 0.04' "$data/atoms.xyz" > got
    [ "$(head -n 1 got)" -eq "$(awk 'NR > 2 && $6 == "core" && $8 > 0.04' "$data/atoms.xyz" | wc -l)" ]
    [ "$(values got phase | sort -u)" = core ]
    diff <(tail -n +3 got | awk '{ print $2 + 0, $3 + 0, $4 + 0, $8 + 0 }') \
        <(awk 'NR > 2 && $6 == "core" && $8 > 0.04 { print $2 + 0, $3 + 0, $4 + 0, $8 + 0 }' "$data/atoms.xyz")
}

@test "atoms-select: --invert has the rest, --count the number" {
    a=$(atoms-select --count 'boo >= 0.5' < "$data/atoms.xyz")
    b=$(atoms-select --count --invert 'boo >= 0.5' < "$data/atoms.xyz")
    [ $((a + b)) -eq 32 ]
    [ "$a" -eq "$(awk 'NR > 2 && $7 >= 0.5' "$data/atoms.xyz" | wc -l)" ]
}

@test "atoms-select: near is open, plane is half open" {
    lattice > all
    [ "$(atoms-select -c 'near(3,3,3,2)' all)" -eq 27 ]      # 1 + 6 + 12 + 8, the 6 at 2 are out
    [ "$(atoms-select -c 'near(3,3,3,2.0001)' all)" -eq 33 ]
    [ "$(atoms-select -c 'plane(0,0,1,2,4)' all)" -eq 128 ]
    [ "$(atoms-select -c 'plane(0,0,1,-1,0)' all)" -eq 0 ]
    [ "$(atoms-select -c 'plane(0,0,1,0,0.5)' all)" -eq 64 ]
    [ "$(atoms-select -c 'plane(0,0,-3,0,0,2,-0.5,0.5)' all)" -eq 64 ]
}

@test "atoms-select: neighbours counts other atoms closer than r" {
    lattice > all
    [ "$(atoms-select -c 'neighbours(1.0) == 0' all)" -eq 512 ]
    [ "$(atoms-select -c 'neighbours(1.01) == 6' all)" -eq 216 ]
    [ "$(atoms-select -c 'neighbours(1.5) == 18' all)" -eq 216 ]
    [ "$(atoms-select -c 'neighbours(1.01) == 3' all)" -eq 8 ]
    [ "$(atoms-select -c 'neighbours(100) == 511' all)" -eq 512 ]
}

@test "atoms-select: vectors, rows and integers" {
    lattice > all
    [ "$(atoms-select -c 'dir[1] == 0.5 && id % 2 == 1' all)" -eq 32 ]
    [ "$(atoms-select -c 'row == id' all)" -eq 512 ]
    [ "$(atoms-select -c 'in(species, "Zr")' all)" -eq 256 ]
    [ "$(atoms-select -c -- '-x > -1' all)" -eq 64 ]
}

@test "atoms-select: every frame is filtered, an empty one stays" {
    lattice > all
    { cat all; printf '2\nProperties=species:S:1:pos:R:3\nO 0 0 6.5\nZr 1 1 1\n'; cat all; } > three
    atoms-select -c 'species == "Zr"' three > got
    [ "$(tr '\n' ' ' < got)" = "256 1 256 " ]
    atoms-select 'z > 6.5' three > got
    [ "$(grep -c Properties got)" -eq 3 ]
    [ "$(awk '/^0$/' got | wc -l)" -eq 1 ]
}

@test "atoms-select: errors are usage errors and name the column" {
    run -2 atoms-select 'rho > 1 && phse == "a"' "$data/atoms.xyz"
    [ "$output" = "atoms-select: column 12: no column 'phse'; the file has species pos intensity phase boo rho" ]
    run -2 atoms-select '1 < 2 < 3' "$data/atoms.xyz"
    [ "$output" = "atoms-select: column 7: comparisons do not chain; write a < b && b < c" ]
    run -2 atoms-select 'near(1,2)' "$data/atoms.xyz"
    [ "$output" = "atoms-select: column 1: near has 2 arguments; want near(x,y,z,r)" ]
    run -2 atoms-select '' "$data/atoms.xyz"
    [ "$output" = "atoms-select: column 1: the expression is empty" ]
    run -2 atoms-select
    [[ "$output" == *"want operands: EXPR [FILE]"* ]]
}

@test "atoms-select: a comparison with NaN is false, != included" {
    printf '3\nProperties=species:S:1:pos:R:3:rho:R:1\nZr 0 0 0 nan\nZr 1 0 0 0.03\nZr 2 0 0 0.04\n' > nan
    [ "$(atoms-select -c 'rho != 0.03' nan)" -eq 1 ]
    [ "$(atoms-select -c 'rho == rho' nan)" -eq 2 ]
    [ "$(atoms-select -c 'isnan(rho)' nan)" -eq 1 ]
    [ "$(atoms-select -c '!(rho > 0)' nan)" -eq 1 ]
}
