/* The two clocks. Pure files take their times as arguments; only edges ask here. */
#ifndef SANDBOX_BASE_CLOCK_H
#define SANDBOX_BASE_CLOCK_H

#include <stdint.h>

/* Monotonic nanoseconds, for measuring (CLOCK_MONOTONIC_RAW would not be comparable with timers).
 */
int64_t clock_ns(void);

/* Monotonic microseconds and milliseconds, for deadlines. */
int64_t clock_us(void);
int64_t clock_ms(void);

/* Microseconds UTC since 1970: what columns ending in _at hold. */
int64_t clock_utc_us(void);

#endif
