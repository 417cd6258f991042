#!/bin/bash
# Voxel-projection pairs a second of one core, both directions, on the fast
# path and in general orientation: lines "what value unit ratio-to-limit limit".
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$top/build}
make -s -C "$top" BUILD="$build" "$build/bench/projector" >&2 || exit 1
exec "$build/bench/projector" "${1:-200}"
