/* When checking goes on: a time-out ends its group, a second one ends the checking, a forbidden
 * call ends it at once. The same for C and for CUDA. Pure. */
#ifndef WORKER_CHECK_RULES_H
#define WORKER_CHECK_RULES_H

#include "worker/wire.h"

struct check_rules {
    bool group_over[SPEC_GROUPS_MAX]; /* a time-out was there */
    int timeouts;
    bool over;        /* nothing runs any more */
    bool device_gone; /* because of this */
};

/* If this case is not to be run: true, and its row says so. */
bool check_rules_skip(const struct check_rules *rules, const struct spec *spec,
                      struct wire_case *one);

/* After a case. */
void check_rules_apply(struct check_rules *rules, const struct spec *spec,
                       const struct wire_case *one);

#endif
