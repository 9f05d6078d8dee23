/* What grading costs without a sandbox: the same cases, inputs and oracle around a function that
 * is linked in. Bench only. Built by tests/bench/run into one object;
 * `gcc FLAGS student.c bare.o ... && ./a.out SPEC`. Exit code 0 when every correctness case is
 * right. */
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "worker/runtime/control.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static bool run_case(const struct spec *spec, const struct spec_case *one, uint64_t iteration)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {7};
    struct call given;
    struct call answer;
    struct random random;
    if (err_is(call_allocate(&given, spec, one)) || err_is(call_allocate(&answer, spec, one)))
        return false;
    random_init(&random, key, one->name, iteration);
    bool good = !err_is(inputs_find(spec->name)(&given, &random));
    call_poison_outputs(&answer);

    int64_t values[SPEC_ARGUMENTS_MAX] = {0};
    void *tensors[SPEC_ARGUMENTS_MAX] = {0};
    for (int i = 0; i < spec->arguments_count; i++) {
        enum spec_role role = spec->arguments[i].role;
        values[i] = one->values[i];
        tensors[i] = role == SPEC_INPUT ? given.tensors[i].at : answer.tensors[i].at;
        if (role == SPEC_INOUT)
            __builtin_memcpy(tensors[i], given.tensors[i].at,
                             (size_t)spec_tensor_bytes(spec, one, i));
    }
    adapter_call(values, given.scalars, tensors);

    struct compare compare;
    compare_init(&compare);
    good = good && !err_is(oracle_find(spec->name)(&given, &answer, &compare));
    compare_end(&compare);
    call_release(&given);
    call_release(&answer);
    return good && !compare.wrong;
}

int main(int argc, char **argv)
{
    static struct spec spec;
    struct err err = sodium_init() < 0 || argc != 2 ? err_make(ERR_INPUT, "usage: bare SPEC")
                                                    : spec_load(&spec, argv[1]);
    if (err_is(err)) {
        fprintf(stderr, "%s\n", err.text);
        return 64;
    }
    for (int i = 0; i < spec.cases_count; i++) {
        const struct spec_case *one = &spec.cases[i];
        if (spec.groups[one->group].is_speed)
            continue;
        for (uint64_t call = 0; call < SPEC_CALLS; call++) {
            if (!run_case(&spec, one, call)) {
                fprintf(stderr, "case %s is wrong\n", one->name);
                return 1;
            }
        }
    }
    return 0;
}
