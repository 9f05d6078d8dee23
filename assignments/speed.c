/* Several measurements: pooled, held against the machine. */
#include "assignments/speed.h"

#include <math.h>

#define EXPERT_OFF 0.10
/* Of the logarithm: an interval narrower than this (one part in a million) is no claim to weigh. */
#define WIDTH_LEAST 1e-6

static bool is_measurement(const struct speed *one);
static double width(const struct speed *one);

bool speed_pool(const struct speed *all, size_t count, struct speed *out)
{
    double weights = 0, mean = 0, below = 0, above = 0, spread = 0;
    size_t used = 0, only = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_measurement(&all[i]))
            continue;
        double weight = 1 / (width(&all[i]) * width(&all[i]));
        double step = log(all[i].speedup) - mean;
        weights += weight;
        mean += step * weight / weights;
        spread += weight * step * (log(all[i].speedup) - mean);
        /* Each side of the interval in its own right: bootstrap intervals lean. */
        below += weight * weight * pow(log(all[i].speedup / all[i].low), 2);
        above += weight * weight * pow(log(all[i].high / all[i].speedup), 2);
        only = i;
        used++;
    }
    if (used == 0)
        return false;
    if (used == 1) {
        *out = all[only];
        return true;
    }
    /* The width is four standard errors of a logarithm, so 16 / width^2 is the weight of theory. */
    double birge = sqrt(fmax(1, 16 * spread / (double)(used - 1)));
    out->speedup = exp(mean);
    out->low = exp(mean - birge * sqrt(below) / weights);
    out->high = exp(mean + birge * sqrt(above) / weights);
    return true;
}

double speed_share(double operations, double bytes, bool integers, double microseconds,
                   const struct speed_peaks *peaks, bool *out_memory)
{
    const double peak = integers ? peaks->gigaops : peaks->gigaflops;
    double arithmetic = 0, memory = 0;

    if (microseconds > 0 && peak > 0)
        arithmetic = operations / microseconds / 1e3 / peak;
    if (microseconds > 0 && peaks->gigabytes > 0)
        memory = bytes / microseconds / 1e3 / peaks->gigabytes;
    if (out_memory != NULL)
        *out_memory = memory > arithmetic;
    return fmax(arithmetic, memory);
}

bool speed_is_beyond(double share)
{
    return share > SPEED_BEYOND;
}

bool speed_replaces(const struct speed *before, const struct speed *after)
{
    if (!is_measurement(after))
        return false;
    return !is_measurement(before) || width(after) < width(before);
}

bool speed_expert_fits(double recorded, double measured)
{
    return !(recorded > 0) || fabs(measured / recorded - 1) <= EXPERT_OFF;
}

static bool is_measurement(const struct speed *one)
{
    return isfinite(one->high) && one->low > 0 && one->low <= one->speedup &&
           one->speedup <= one->high;
}

static double width(const struct speed *one)
{
    return fmax(log(one->high / one->low), WIDTH_LEAST);
}
