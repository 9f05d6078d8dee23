/* Boards in memory, and those who watch them. */
#include "grader/boards.h"

#include "grader/store_board.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct kept;
static struct kept *kept_find(struct boards *boards, int64_t offering_id);
static struct kept *kept_oldest(struct boards *boards);
static struct err refresh(struct boards *boards, struct kept *kept);
static uint64_t fingerprint(const struct board *board);
static void on_tick(uv_timer_t *timer);
static void tell(struct kept *kept);

#define KEPT_MAX 32     /* offerings whose boards people look at just now */
#define AGE_MAX_MS 1000 /* of a board that is shown, while the database changes */
#define TICK_MS 1000
#define WATCHER_COST_MS 5 /* between two tellings, for each watcher */

struct kept {
    int64_t offering_id; /* 0: free */
    struct board board;
    int64_t version; /* of the database when it was read */
    int64_t read_ms, used_ms, told_ms;
    uint64_t told; /* fingerprint of what watchers have */
    struct list watchers;
    int64_t watchers_count;
};

struct boards {
    struct db *reader;
    uv_timer_t tick;
    struct kept kept[KEPT_MAX];
};

struct err boards_start(struct boards **out, uv_loop_t *loop, struct db *reader)
{
    struct boards *boards = calloc(1, sizeof *boards);

    if (!boards)
        return err_make(ERR_SYSTEM, "keep boards");
    boards->reader = reader;
    for (size_t i = 0; i < KEPT_MAX; i++) {
        board_init(&boards->kept[i].board);
        list_init(&boards->kept[i].watchers);
    }
    (void)uv_timer_init(loop, &boards->tick); /* cannot fail */
    boards->tick.data = boards;
    *out = boards;
    return err_none();
}

void boards_stop(struct boards *boards)
{
    if (boards && !uv_is_closing((uv_handle_t *)&boards->tick))
        uv_close((uv_handle_t *)&boards->tick, NULL);
}

void boards_free(struct boards *boards)
{
    for (size_t i = 0; boards && i < KEPT_MAX; i++)
        board_release(&boards->kept[i].board);
    free(boards);
}

struct err boards_get(struct boards *boards, int64_t offering_id, const struct board **out)
{
    struct kept *kept = kept_find(boards, offering_id);

    if (!kept)
        return err_make(ERR_BUSY, "%d boards are watched already", KEPT_MAX);
    struct err err = refresh(boards, kept);
    if (!err_is(err))
        *out = &kept->board;
    return err;
}

static struct kept *kept_find(struct boards *boards, int64_t offering_id)
{
    struct kept *kept = NULL;

    for (size_t i = 0; i < KEPT_MAX && !kept; i++)
        if (boards->kept[i].offering_id == offering_id)
            kept = &boards->kept[i];
    if (!kept) {
        kept = kept_oldest(boards);
        if (!kept)
            return NULL;
        board_release(&kept->board);
        *kept = (struct kept){.offering_id = offering_id};
        list_init(&kept->watchers);
    }
    kept->used_ms = clock_ms();
    return kept;
}

static struct kept *kept_oldest(struct boards *boards)
{
    struct kept *oldest = NULL;

    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &boards->kept[i];
        if (list_is_empty(&kept->watchers) && (!oldest || kept->used_ms < oldest->used_ms))
            oldest = kept;
    }
    return oldest;
}

static struct err refresh(struct boards *boards, struct kept *kept)
{
    int64_t version = 0;
    struct board fresh;

    if (kept->read_ms && clock_ms() - kept->read_ms < AGE_MAX_MS)
        return err_none();
    struct err err = store_changes(boards->reader, &version);
    if (err_is(err) || (kept->read_ms && version == kept->version))
        return err;
    board_init(&fresh);
    err = store_board_runs(boards->reader, kept->offering_id, &fresh);
    if (!err_is(err) && fresh.failed)
        err = err_make(ERR_SYSTEM, "read a board");
    if (err_is(err)) {
        board_release(&fresh);
        return err;
    }
    board_rank(&fresh);
    board_release(&kept->board);
    kept->board = fresh;
    kept->version = version;
    kept->read_ms = clock_ms();
    return err_none();
}

static uint64_t fingerprint(const struct board *board)
{
    crypto_generichash_state state;
    uint64_t sum = 0;
    unsigned char hash[16];

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash); /* sizes are right */
    for (size_t i = 0; i < board->rows_count; i++) {
        const int64_t facts[] = {board->rows[i].best.submission_id, board->rows[i].rank,
                                 board->rows[i].shared};
        const double *speedup = &board->rows[i].best.speedup;
        (void)crypto_generichash_update(&state, (const unsigned char *)facts, sizeof facts);
        (void)crypto_generichash_update(&state, (const unsigned char *)speedup, sizeof *speedup);
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(&sum, hash, sizeof sum);
    return sum;
}

/* -- watching ---------------------------------------------------------------------------------- */

void boards_watch(struct boards *boards, struct board_watch *watch)
{
    struct kept *kept = kept_find(boards, watch->offering_id);

    list_init(&watch->link);
    if (!kept)
        return; /* the page stays as it was loaded */
    if (list_is_empty(&kept->watchers))
        kept->told = fingerprint(&kept->board);
    list_push(&kept->watchers, &watch->link);
    if (!uv_is_active((uv_handle_t *)&boards->tick))
        (void)uv_timer_start(&boards->tick, on_tick, TICK_MS, TICK_MS);
}

void boards_unwatch(struct board_watch *watch)
{
    list_remove(&watch->link);
}

static void on_tick(uv_timer_t *timer)
{
    struct boards *boards = timer->data;
    bool is_watched = false;

    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &boards->kept[i];
        if (list_is_empty(&kept->watchers))
            continue;
        is_watched = true;
        if (clock_ms() - kept->told_ms < kept->watchers_count * WATCHER_COST_MS)
            continue;
        struct err err = refresh(boards, kept);
        if (err_is(err))
            log_err("boards.refresh", err);
        else if (fingerprint(&kept->board) != kept->told)
            tell(kept);
    }
    if (!is_watched)
        (void)uv_timer_stop(timer);
}

/* Whoever is told may go away: nobody holds on to a next one. */
static void tell(struct kept *kept)
{
    struct list untold;

    list_init(&untold);
    kept->told = fingerprint(&kept->board);
    kept->told_ms = clock_ms();
    kept->watchers_count = 0;
    list_each (link, &kept->watchers) {
        list_remove(link);
        list_push(&untold, link);
    }
    while (!list_is_empty(&untold)) {
        struct board_watch *watch = list_of(untold.next, struct board_watch, link);
        list_remove(&watch->link);
        list_push(&kept->watchers, &watch->link);
        kept->watchers_count++;
        watch->changed(watch, &kept->board);
    }
}
