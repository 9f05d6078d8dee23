/* The stages of a submission: the same words in the database, the log, the metrics, the API and the
 * pages. Pure. */
#ifndef GRADER_STAGE_H
#define GRADER_STAGE_H

#include <stdbool.h>

enum stage {
    STAGE_RECEIVED,
    STAGE_QUEUED,
    STAGE_COMPILING,
    STAGE_CHECKING,
    STAGE_CHECKED, /* correctness points are known and committed; timing may follow */
    STAGE_TIMING,
    /* final from here on */
    STAGE_GRADED,
    STAGE_COMPILE_ERROR,
    STAGE_REJECTED,
    STAGE_SYSTEM_ERROR,
    STAGE_COMPILED_ONLY,
    STAGE_SUPERSEDED,
    STAGE_CANCELLED,
};

/* The word of a stage, a stage by its word, and whether nothing can follow it. */
const char *stage_word(enum stage stage);
bool stage_from_word(enum stage *out, const char *word);
bool stage_is_final(enum stage stage);

#endif
