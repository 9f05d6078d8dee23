/* What one thread of this machine can do at most, measured: the sides of a roofline. */
#ifndef WORKER_PEAKS_H
#define WORKER_PEAKS_H

#include "assignments/speed.h"

/* The best of a few short runs of each, on the processor that the caller is on: about 90 ms. Needs
 * x86-64-v3; wider vectors and the instructions for products of bytes are used where they are. */
void peaks_measure(struct speed_peaks *out);

#endif
