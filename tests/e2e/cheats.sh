#!/usr/bin/env bash
# The cheats that matter most, through the real worker with its clock, on smaller ranked cases: none gains anything.
# The long form is `make bench T=cheats`.
cd "$(dirname "$0")/../.." || exit 1
export BUILD="${BUILD:-build}"
exec python3 tests/cheats.py --short --tap
