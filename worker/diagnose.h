/* What a wrong answer looks like: a hint from the pattern of the errors, as a stable code. The
 * sentences stand in the grader's table. Pure, but for the oracle, which is asked once more for
 * what it expected.
 *
 * Codes, the first that fits:
 *
 *   precision     right to two digits everywhere: a sum or a function that is too coarse
 *   second_call   the first call of the case was right, this one is not: static state
 *   unwritten     the first wrong element was never written, and none of NAME_ignored, tail, last
 *   nan           the first wrong element is one, and the same
 *   infinite      the first wrong element is
 *   zero_output   nothing but zeros
 *   sign          minus the right answer
 *   scale         the right answer times a constant
 *   offset        the right answer plus a constant
 *   transposed    rows and columns of the last two indices exchanged
 *   rounding      integers, all within one of the right answer
 *   row_scale     each row (last index) times a factor of its own
 *   NAME_ignored  right where the integer input NAME is at its largest, else wrong: "kvlen_ignored"
 *   tail          wrong only in the last rows or columns, behind the last whole 4, 8 or 16
 *   last, first   wrong only at the last, or the first, value of one index
 *   slices        along one index some slices are right and all others wrong: batches, heads
 *
 * and "" if none does. */
#ifndef WORKER_DIAGNOSE_H
#define WORKER_DIAGNOSE_H

#include "reference/oracle.h"

#define DIAGNOSE_CODE_MAX 32

struct diagnose_input {
    const struct call *given, *answer;
    const struct compare *compare; /* wrong, with a mismatch */
    int call_number;               /* 0: the first call of the case; all before were right */
};

/* out_code is always filled. ERR_SYSTEM: no memory. */
struct err diagnose_hint(const struct diagnose_input *input, char out_code[DIAGNOSE_CODE_MAX]);

#endif
