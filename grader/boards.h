/* The boards of the running service: read from the database at most once a second each, and told
 * to whoever watches them. Whoever changes the database, this service or a command beside it, is
 * noticed. All on the loop thread. */
#ifndef GRADER_BOARDS_H
#define GRADER_BOARDS_H

#include "grader/board.h"
#include "grader/db.h"
#include "sandbox/base/list.h"

#include <uv.h>

struct boards;

/* `reader` is borrowed. */
struct err boards_start(struct boards **out, uv_loop_t *loop, struct db *reader);
/* Closes its timer; the loop must run on until that is over. */
void boards_stop(struct boards *boards);
void boards_free(struct boards *boards); /* after the loop has ended; NULL is fine */

/* The board as it stands, lent until the loop goes round. */
struct err boards_get(struct boards *boards, int64_t offering_id, const struct board **out);

/* Told after the ranking has changed, never from inside boards_watch. Many watchers are told less
 * often: a page that moves each second helps nobody. */
struct board_watch {
    void (*changed)(struct board_watch *watch, const struct board *board);
    int64_t offering_id;
    struct list link; /* private */
};
void boards_watch(struct boards *boards, struct board_watch *watch);
void boards_unwatch(struct board_watch *watch); /* twice is fine */

#endif
