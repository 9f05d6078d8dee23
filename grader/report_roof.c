/* A timed case against what one core of its worker can do at most: DESIGN section 7. Pure. */
#include "assignments/speed.h"
#include "grader/report_parts.h"

#include <stdio.h>

static double work_of(const struct expression *work, const struct spec_case *given);
static bool multiplies_bytes(const struct spec *spec);

double report_share(const struct report *report, int index, bool *out_memory)
{
    const struct wire_timed *timed = &report->timed[index];
    const struct spec_case *given = &report->spec->cases[index];
    const struct wire_calibration *worker = &report->hello.calibration;
    const struct speed_peaks peaks = {
        .gigaflops = worker->gigaflops, .gigaops = worker->gigaops, .gigabytes = worker->gigabytes};
    *out_memory = false;
    if (!report->has_hello || report->spec->limits.threads > 1 || report->device == DEVICE_GPU)
        return 0; /* the peaks are those of one thread of the processor */
    return speed_share(work_of(&given->flops, given), work_of(&given->bytes, given),
                       multiplies_bytes(report->spec), timed->student_us, &peaks, out_memory);
}

void report_roof(struct report *report)
{
    report->beyond[0] = 0;
    for (int i = 0; i < report->spec->cases_count; i++) {
        bool memory = false;
        if (!report->has_timed[i] || !report->timed[i].measured)
            continue;
        double share = report_share(report, i, &memory);
        if (!speed_is_beyond(share))
            continue;
        (void)snprintf(report->beyond, sizeof report->beyond,
                       "%s ran at %.0f %% of what one core of %s can %s",
                       report->spec->cases[i].name, share * 100, report->hello.worker,
                       memory ? "read" : "compute"); /* a cut is fine */
        return;
    }
}

/* 0: not said. */
static double work_of(const struct expression *work, const struct spec_case *given)
{
    int64_t value = 0;
    bool known = work->count > 0 && !err_is(expression_value(work, given->values, &value));
    return known ? (double)value : 0;
}

/* Products of bytes have instructions, and so a peak, of their own. */
static bool multiplies_bytes(const struct spec *spec)
{
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INPUT && spec->arguments[i].element == SPEC_I8)
            return true;
    return false;
}
