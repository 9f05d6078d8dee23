/* What cc1, as and ld said, made fit for a student: no path of this machine, no control characters,
 * bounded. Pure. */
#ifndef WORKER_DIAGNOSTICS_H
#define WORKER_DIAGNOSTICS_H

#include "sandbox/base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define DIAGNOSTICS_LINES_MAX 100
#define DIAGNOSTICS_LINE_MAX 500 /* bytes of one line: macros and constants can fill megabytes */

struct diagnostics_count {
    int64_t errors, warnings;
};

/* Appends the text to `out`: headers of the host as <math.h>, names of tools and of /work gone, cut
 * to DIAGNOSTICS_LINES_MAX lines and max bytes ("..." marks a cut). Counts all lines that report an
 * error or a warning, the cut ones too.
 *
 * file_name  stands for what the assembler calls its standard input
 * out        holds at least max more bytes */
struct diagnostics_count diagnostics_clean(struct buf *out, const char *text, size_t size,
                                           const char *file_name, size_t max);

#endif
