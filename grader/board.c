/* Folding runs into one row per person and class, ranking, and what a viewer sees of it. */
#include "grader/board.h"

#include "assignments/ranking.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct board_row *row_of(struct board *board, const struct board_run *run);
static bool is_better(const struct board_run *one, const struct board_run *two);
static void history_add(struct board_row *row, const struct board_run *run);
static int by_class(const void *left, const void *right);
static void rank_class(struct board_row *rows, size_t count);
static void pseudonym(const struct board_run *run, char *out, size_t size);

void board_init(struct board *board)
{
    *board = (struct board){0};
}

void board_release(struct board *board)
{
    free(board->rows);
    board_init(board);
}

void board_add(struct board *board, const struct board_run *run)
{
    struct board_row *row = row_of(board, run);

    if (!row)
        return;
    if (row->history_count > 0 && !is_better(run, &row->best))
        return;
    row->best = *run;
    history_add(row, run);
}

/* Linear from the newest row on: a person's runs stand close together in time. */
static struct board_row *row_of(struct board *board, const struct board_run *run)
{
    for (size_t i = board->rows_count; i-- > 0;) {
        struct board_row *row = &board->rows[i];
        if (row->best.membership_id == run->membership_id &&
            strcmp(row->best.class_name, run->class_name) == 0)
            return row;
    }
    if (board->rows_count == board->rows_room) {
        size_t room = board->rows_room ? 2 * board->rows_room : 64;
        struct board_row *rows = reallocarray(board->rows, room, sizeof *rows);
        if (!rows) {
            board->failed = true;
            return NULL;
        }
        board->rows = rows;
        board->rows_room = room;
    }
    struct board_row *row = &board->rows[board->rows_count++];
    *row = (struct board_row){0};
    return row;
}

/* A run that waits for a TA takes the place of no other one. */
static bool is_better(const struct board_run *one, const struct board_run *two)
{
    if (one->is_held != two->is_held)
        return two->is_held;
    return one->low > two->low;
}

static void history_add(struct board_row *row, const struct board_run *run)
{
    if (row->history_count == BOARD_HISTORY_MAX) {
        memmove(row->history, row->history + 1, sizeof row->history - sizeof row->history[0]);
        row->history_count--;
    }
    row->history[row->history_count].received_at = run->received_at;
    row->history[row->history_count].speedup = run->speedup;
    row->history_count++;
}

void board_rank(struct board *board)
{
    size_t end = 0;

    if (board->rows_count > 0)
        qsort(board->rows, board->rows_count, sizeof *board->rows, by_class);
    for (size_t begin = 0; begin < board->rows_count; begin = end) {
        while (end < board->rows_count &&
               strcmp(board->rows[begin].best.class_name, board->rows[end].best.class_name) == 0)
            end++;
        rank_class(board->rows + begin, end - begin);
    }
}

static int by_class(const void *left, const void *right)
{
    const struct board_row *one = left;
    const struct board_row *two = right;

    return strcmp(one->best.class_name, two->best.class_name);
}

static void rank_class(struct board_row *rows, size_t count)
{
    struct ranking_entry *entries = calloc(count, sizeof *entries);
    struct board_row *sorted = calloc(count, sizeof *sorted);

    if (!entries || !sorted) { /* without ranks: nobody is shown to others */
        free(entries);
        free(sorted);
        return;
    }
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct ranking_entry){.who = rows[i].best.membership_id,
                                            .low = rows[i].best.low,
                                            .high = rows[i].best.high,
                                            .at = rows[i].best.received_at,
                                            .is_held = rows[i].best.is_held,
                                            .index = i};
    (void)ranking_make(entries, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = rows[entries[i].index];
        sorted[i].rank = entries[i].rank;
        sorted[i].shared = entries[i].shared;
    }
    memcpy(rows, sorted, count * sizeof *rows);
    free(entries);
    free(sorted);
}

/* -- classes ----------------------------------------------------------------------------------- */

static struct board_class class_at(const struct board *board, size_t begin)
{
    struct board_class class = {.name = board->rows[begin].best.class_name,
                                .rows = board->rows + begin};

    for (size_t i = begin; i < board->rows_count; i++) {
        if (strcmp(board->rows[i].best.class_name, class.name) != 0)
            break;
        class.rows_count++;
        class.ranked_count += board->rows[i].rank > 0;
    }
    return class;
}

struct board_class board_class(const struct board *board, const char *class_name)
{
    struct board_class found = {.name = class_name};

    for (size_t at = 0; at < board->rows_count;) {
        struct board_class class = class_at(board, at);
        bool is_wanted = class_name[0] ? strcmp(class.name, class_name) == 0
                                       : class.rows_count > found.rows_count;
        if (is_wanted)
            found = class;
        at += class.rows_count;
    }
    return found;
}

size_t board_classes(const struct board *board, const char *out[SPEC_CLASSES_MAX])
{
    size_t count = 0;

    for (size_t at = 0; at < board->rows_count && count < SPEC_CLASSES_MAX;) {
        struct board_class class = class_at(board, at);
        out[count++] = class.name;
        at += class.rows_count;
    }
    return count;
}

struct board_place board_place(const struct board *board, const struct board_run *run)
{
    struct board_class class = board_class(board, run->class_name);
    struct ranking_entry *entries = calloc(class.rows_count + 1, sizeof *entries);
    struct board_place place = {0};
    size_t count = 0;

    if (!entries || !run->class_name[0]) {
        free(entries);
        return place;
    }
    struct board_run own = *run;
    for (size_t i = 0; i < class.rows_count; i++) {
        const struct board_run *best = &class.rows[i].best;
        if (best->membership_id != run->membership_id)
            entries[count++] = (struct ranking_entry){.who = best->membership_id,
                                                      .low = best->low,
                                                      .high = best->high,
                                                      .at = best->received_at,
                                                      .is_held = best->is_held};
        else if (is_better(best, &own))
            own = *best;
    }
    entries[count++] = (struct ranking_entry){.who = own.membership_id,
                                              .low = own.low,
                                              .high = own.high,
                                              .at = own.received_at,
                                              .is_held = own.is_held};
    place.of = (int64_t)ranking_make(entries, count);
    for (size_t i = 0; i < count; i++)
        if (entries[i].who == own.membership_id) {
            place.rank = entries[i].rank;
            place.shared = entries[i].shared;
        }
    free(entries);
    return place;
}

/* -- who sees what ----------------------------------------------------------------------------- */

bool board_shows(const struct board_class *class, size_t index, const struct board_view *view)
{
    const struct board_row *row = &class->rows[index];

    if (row->best.membership_id == view->own)
        return true;
    if (row->rank == 0)
        return view->everything;
    if (index < view->top)
        return true;
    size_t from = index < BOARD_NEIGHBOURS ? 0 : index - BOARD_NEIGHBOURS;
    for (size_t i = from; i <= index + BOARD_NEIGHBOURS && i < class->rows_count; i++)
        if (class->rows[i].best.membership_id == view->own && class->rows[i].rank > 0)
            return true;
    return false;
}

const char *board_name(const struct board_row *row, const struct board_view *view, char *out,
                       size_t size)
{
    const struct board_run *run = &row->best;

    if (run->membership_id == view->own)
        (void)snprintf(out, size, "%s", run->login);
    else if (view->everything)
        (void)snprintf(out, size, "%s (%s)", run->name[0] ? run->name : run->login, run->login);
    else if (view->names == NAMES_REAL)
        (void)snprintf(out, size, "%s", run->name[0] ? run->name : run->login);
    else if (view->names == NAMES_ALIAS && run->alias[0])
        (void)snprintf(out, size, "%s", run->alias);
    else if (view->names == NAMES_ALIAS)
        pseudonym(run, out, size);
    else
        (void)snprintf(out, size, "-");
    return out;
}

/* For whoever has chosen no alias: two words and a number, the same on every board of the cohort.
 * They come from a random number that is in the database alone: no class list tells who it is. */
static void pseudonym(const struct board_run *run, char *out, size_t size)
{
    static const char *const first[] = {"amber", "brave", "calm",  "deft",  "eager", "fair",
                                        "green", "happy", "ivory", "jolly", "keen",  "lucid",
                                        "merry", "noble", "quick", "silver"};
    static const char *const second[] = {"otter", "heron", "lynx",  "badger", "crane", "falcon",
                                         "gecko", "hare",  "ibis",  "jackal", "koala", "lemur",
                                         "moth",  "newt",  "robin", "tapir"};
    unsigned char hash[16];

    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)&run->mask, sizeof run->mask,
                             NULL, 0); /* sizes are right */
    (void)snprintf(out, size, "%s %s %d", first[hash[0] % 16], second[hash[1] % 16],
                   (hash[2] << 8 | hash[3]) % 1000);
}
