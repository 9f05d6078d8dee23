/* The words of the stages. */
#include "grader/stage.h"

#include "sandbox/base/err.h"

#include <string.h>

static const char *const words[] = {
    [STAGE_RECEIVED] = "received",
    [STAGE_QUEUED] = "queued",
    [STAGE_COMPILING] = "compiling",
    [STAGE_CHECKING] = "checking",
    [STAGE_CHECKED] = "checked",
    [STAGE_TIMING] = "timing",
    [STAGE_GRADED] = "graded",
    [STAGE_COMPILE_ERROR] = "compile_error",
    [STAGE_REJECTED] = "rejected",
    [STAGE_SYSTEM_ERROR] = "system_error",
    [STAGE_COMPILED_ONLY] = "compiled_only",
    [STAGE_SUPERSEDED] = "superseded",
    [STAGE_CANCELLED] = "cancelled",
};

const char *stage_word(enum stage stage)
{
    return words[stage];
}

bool stage_from_word(enum stage *out, const char *word)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(words[i], word) == 0) {
            *out = (enum stage)i;
            return true;
        }
    }
    return false;
}

bool stage_is_final(enum stage stage)
{
    return stage >= STAGE_GRADED;
}
