#!/usr/bin/env bash
# What the README says is so: its counts, its commands, its endpoints, its targets.
. "$(dirname "$0")/lib.sh"
readme=$(cat README.md)
right=$(ls tests/submissions/*/correct/*.c | wc -l) wrong=$(ls tests/submissions/*/wrong/*.c | wc -l)
contains "the count of right variants" "$right right variants" "$(tr -s '\n ' '  ' <README.md)"
contains "the count of wrong mutants" "$wrong wrong mutants" "$(tr -s '\n ' '  ' <README.md)"
check "at least 4 right and 10 wrong for each assignment" bash -c 'for a in assignments/*/; do a=$(basename $a); [ $(ls tests/submissions/$a/correct/*.c | wc -l) -ge 4 ] && [ $(ls tests/submissions/$a/wrong/*.c | wc -l) -ge 10 ] || { echo $a; exit 1; }; done'
for command in $("$GRADER" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    contains "command $command is in the README" "grader $command" "$readme"
    check "grader help $command" sh -c "$GRADER help $command | grep -q 'usage: grader $command'"
done
for pattern in $(sed -n 's|.*{"[A-Z]*", *"\(/[^"]*\)".*|\1|p' grader/routes.c | sed 's/[{[].*//' | sort -u); do
    contains "endpoint $pattern is in the README" "$pattern" "$readme"
done
for target in test run san lint shape bench soak fuzz format clean; do
    check "make $target exists" grep -q "^$target:" Makefile
done
check "nothing here names a path of the builder's machine" bash -c "! git grep -nE '/(root|home)/[a-z]+/' -- ':!tests' ':!LICENSE'"
