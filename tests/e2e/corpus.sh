#!/usr/bin/env bash
# Every right variant passes and every wrong mutant fails: through the real worker with the service's flags, and
# (tests/meta) at gcc -O2, where a mutant may be optimised into a right program, every fourth one over SEEDS seeds. Two
# at a time. `make meta` is the long form: all of them in every build, 40 seeds.
. "$(dirname "$0")/lib.sh"
SEEDS=${SEEDS:-1} ONLY=${ONLY:-[a-d]*}
assignments=$(cd assignments && ls -d */ | tr -d /)
export GRADER BUILD WORK SEEDS ONLY
{
    for a in $assignments; do echo "check $a"; echo "meta $a"; done
} | xargs -P 2 -L 1 bash -c '
    if [ "$0" = check ]; then "$GRADER" check "$1" --no-timing >"$WORK/check-$1" 2>&1; else
        "$BUILD/tests/meta" "$1" --seeds "$SEEDS" --build "gcc -O2" --only "$ONLY" >"$WORK/meta-$1" 2>&1; fi
    echo $? >"$WORK/$0-$1.code"'
for a in $assignments; do
    while read -r line; do
        case "$line" in ok\ *) ok "$a ${line#ok }" ;; BAD*) not_ok "$a $line" ;; esac
    done <"$WORK/check-$a"
    equals "$a: check agrees" 0 "$(cat "$WORK/check-$a.code")"
    [ "$(cat "$WORK/check-$a.code")" = 0 ] || tail -n 20 "$WORK/check-$a" | sed 's/^/#   /'
    equals "$a at -O2 ($ONLY): 0 false rejections, 0 survivors" 0 "$(cat "$WORK/meta-$a.code")"
    [ "$(cat "$WORK/meta-$a.code")" = 0 ] || tail -n 20 "$WORK/meta-$a" | sed 's/^/#   /'
    echo "# $a: $(tail -n 1 "$WORK/check-$a"); meta: $(tail -n 1 "$WORK/meta-$a")"
done
