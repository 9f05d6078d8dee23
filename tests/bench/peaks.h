/* What one core can do at most, measured: the two sides of a roofline. Bench only. */
#ifndef TESTS_BENCH_PEAKS_H
#define TESTS_BENCH_PEAKS_H

double peak_float_gflops(void); /* fused multiply-adds in registers, two operations each */
double peak_int8_gops(void); /* vpdpbusd where there is one, else vpmaddwd; two operations each */
double peak_read_gbs(void);  /* reading 1.5 MB again and again: the second-level cache */

#endif
