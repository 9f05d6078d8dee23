/* The newest comparison of an offering's sources. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_SIMILAR_H
#define GRADER_STORE_SIMILAR_H

#include "grader/db.h"
#include "grader/similar.h"

/* What is compared: the submissions that count, a JSON list of numbers (gradebook_counting). */
struct err store_similar_sources(struct db *db, const char *counting,
                                 void (*each)(void *context, int64_t submission_id,
                                              const unsigned char source_hash[32]),
                                 void *context);

/* Takes the place of the comparison before: clear, then put each pair. */
struct err store_similar_clear(struct db *db, int64_t offering_id);
struct err store_similar_put(struct db *db, int64_t offering_id,
                             const struct similar_source *sources, const struct similar_pair *pair,
                             int64_t now_at);

struct similar_line {
    int64_t one_id, other_id, one_share, other_share, made_at;
    const char *one_login, *other_login; /* lent for the call */
    bool same_bytes;
};
struct err store_similar_list(struct db *db, int64_t offering_id, int64_t least, int64_t limit,
                              void (*each)(void *context, const struct similar_line *line),
                              void *context);
/* The lines that two share, most tokens first. */
struct err store_similar_runs(struct db *db, int64_t one_id, int64_t other_id,
                              void (*each)(void *context, const struct similar_run *run),
                              void *context);

#endif
