# The unit tests of lib: every program of tests/unit.
load helpers

@test "lib: every unit test passes" {
    for f in "$top"/tests/unit/*.c; do
        unit=$(basename "$f" .c)
        "$build/unit/$unit" >out 2>&1 || { echo "$unit:"; tail -n 20 out; false; }
    done
}
