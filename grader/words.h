/* Every sentence that a student may read, with its stable code, in English and Chinese: one table.
 */
#ifndef GRADER_WORDS_H
#define GRADER_WORDS_H

#include "grader/report.h"

struct word {
    const char *code; /* "kvlen_ignored", "http_404_assignment" */
    const char *en;   /* may hold printf conversions; zh has the same ones in the same order */
    const char *zh;
};

/* The sentence of a code; the code itself if the table lacks it (a test walks all codes in use). */
const char *words_of(const char *code, enum language language);

/* The same, or NULL if the table lacks it. */
const char *words_find(const char *code, enum language language);

/* Appends the sentence with its conversions filled in; the arguments are those of the row. The
 * compiler cannot check them: rows use %s, %lld, %.1f and the like, and tests use each. */
void words_put(struct buf *out, enum language language, const char *code, ...);

/* "zh" anywhere first in an Accept-Language header or a ?lang= value picks Chinese, all else
 * English. */
enum language words_language(const char *accept_language, const char *lang_parameter);

/* For tests: all rows. */
const struct word *words_all(size_t *out_count);

#endif
