#!/usr/bin/env bash
# The short form of tests/soak.
STUDENTS=${STUDENTS:-30} SUBMISSIONS=${SUBMISSIONS:-40} ARRIVAL=${ARRIVAL:-8} KILL_EVERY=${KILL_EVERY:-3} SEED=${SEED:-7} \
    exec bash "$(dirname "$0")/../soak"
