/* The runners of the table of operations, by the file that has them. */
#ifndef GRADER_OPERATIONS_H
#define GRADER_OPERATIONS_H

#include "grader/operation.h"
#include "grader/store_regrade.h"

struct err op_cohort_create(struct operation_call *call); /* op_cohort.c */
struct err op_cohort_list(struct operation_call *call);
struct err op_cohort_close(struct operation_call *call);

struct err op_roster_import(struct operation_call *call); /* op_roster.c */

struct err op_user_list(struct operation_call *call); /* op_user.c */
struct err op_user_add(struct operation_call *call);
struct err op_user_erase(struct operation_call *call);
struct err op_audit(struct operation_call *call);

struct err op_token_list(struct operation_call *call); /* op_token.c */
struct err op_token_make(struct operation_call *call);
struct err op_token_revoke(struct operation_call *call);
struct err op_token_renew(struct operation_call *call);

struct err op_offer(struct operation_call *call); /* op_offer.c */
struct err op_offer_list(struct operation_call *call);
struct err op_extend(struct operation_call *call);

struct err op_show(struct operation_call *call); /* op_history.c */
struct err op_user_show(struct operation_call *call);

struct err op_similar_list(struct operation_call *call); /* op_similar.c */
struct err op_similar_pair(struct operation_call *call);

struct err op_gradebook(struct operation_call *call); /* op_results.c */
struct err op_grade(struct operation_call *call);

struct err op_worker_list(struct operation_call *call); /* op_worker.c */
struct err op_worker_add(struct operation_call *call);
struct err op_worker_drain(struct operation_call *call);
struct err op_worker_resume(struct operation_call *call);
struct err op_worker_remove(struct operation_call *call);

extern const char *const queue_what_words[]; /* op_queue.c */
struct err op_queue_list(struct operation_call *call);
struct err op_queue_release(struct operation_call *call);
struct err op_queue_cancel(struct operation_call *call);
struct err op_queue_review(struct operation_call *call);

extern const char *const regrade_words[]; /* op_regrade.c */
struct err op_regrade(struct operation_call *call);

/* Its way without a run; the rest of the arguments are read from the call. */
struct err op_points(struct operation_call *call, const struct cohort_row *cohort,
                     const struct offering *offering); /* op_points.c */

/* Both: looks up what counts where the choice is by that; `counting` has to live as long. */
#define REGRADE_COUNTING_BYTES ((size_t)1 << 20)
struct err op_regrade_choose(struct operation_call *call, const struct cohort_row *cohort,
                             struct regrade_choice *choice, struct buf *counting);

#endif
