/* Codes group_ended and checking_ended. */
#include "worker/check_rules.h"

#include "sandbox/base/text.h"

bool check_rules_skip(const struct check_rules *rules, const struct spec *spec,
                      struct wire_case *one)
{
    const int group = spec->cases[one->index].group;

    if (!rules->over && !rules->group_over[group])
        return false;
    one->verdict = VERDICT_NOT_RUN;
    (void)text_copy(one->code, sizeof one->code,
                    rules->over ? "checking_ended" : "group_ended"); /* fits */
    (void)text_copy(one->detail, sizeof one->detail,
                    !rules->over           ? "not run: a time-out ends its group"
                    : rules->device_gone   ? "not run: the device did not come back"
                    : rules->timeouts >= 2 ? "not run: a second time-out ends the checking"
                                           : "not run: a forbidden call ends the checking");
    return true;
}

void check_rules_apply(struct check_rules *rules, const struct spec *spec,
                       const struct wire_case *one)
{
    if (one->verdict == VERDICT_TIME_LIMIT) {
        rules->group_over[spec->cases[one->index].group] = true;
        rules->timeouts++;
    }
    if (rules->timeouts >= 2 || one->verdict == VERDICT_FORBIDDEN_CALL)
        rules->over = true;
}
