/* One heap for each need, class and kind; a hash of people, because a person's running jobs move
 * all their waiting ones. */
#include "grader/queue.h"

#include "sandbox/base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* One of the line, to be sorted. */
struct place {
    struct queue_ticket *ticket;
};

static bool before(const struct heap_node *a, const struct heap_node *b);
static struct queue_ticket *ticket_of(struct heap_node *node);
static struct list *bucket_of(const struct queue *queue, int64_t person);
static int need_of(struct queue *queue, const char *needs);
static struct heap *lane_of(struct queue *queue, const struct queue_ticket *ticket);
static struct queue_ticket *first_of(struct queue *queue, enum queue_class class, bool is_timing,
                                     const char *worker_class);
static bool has_turn(const struct queue *queue, const struct queue_ticket *first, int64_t now_ms);
static bool may_run(const struct queue *queue, const struct queue_ticket *ticket, bool *out_hold);
static void begin(struct queue *queue, struct queue_ticket *ticket, int64_t now_ms);
static void leave_line(struct queue *queue, struct queue_ticket *ticket);
static void sort_again(struct queue *queue, int64_t person);
static int by_place(const void *a, const void *b);

/* Live checking is never passed over. A timing takes seconds of the whole machine where there are
 * two cores: one in five minutes costs live checking 2 %. */
const int64_t queue_turns_ms[QUEUE_CLASS_COUNT][2] = {
    [QUEUE_CHECK] = {INT64_MAX, INT64_MAX},
    [QUEUE_TIME] = {INT64_MAX, 300000},
    [QUEUE_PRACTICE] = {60000, 300000},
    [QUEUE_REGRADE] = {15000, 300000},
};

const char *queue_class_word(enum queue_class class)
{
    static const char *const words[QUEUE_CLASS_COUNT] = {"check", "time", "practice", "regrade"};
    return words[class];
}

void queue_init(struct queue *queue, size_t regrade_slots, bool timing_alone)
{
    *queue = (struct queue){
        .regrade_slots = regrade_slots, .timing_alone = timing_alone, .next_order = 1};
    for (size_t i = 0; i < QUEUE_BUCKETS; i++)
        list_init(&queue->people[i]);
    for (size_t need = 0; need < QUEUE_NEEDS_MAX; need++)
        for (size_t class = 0; class < QUEUE_CLASS_COUNT; class ++)
            for (size_t timing = 0; timing < 2; timing++)
                heap_init(&queue->lanes[need][class][timing], before);
}

bool queue_fits(const char *needs, const char *worker_class)
{
    const size_t size = strlen(needs);
    for (const char *word = worker_class; word != NULL;) {
        if (strncmp(needs, word, size) == 0 && strchr(": ", word[size]) != NULL)
            return true; /* also at the end: strchr finds the 0 */
        word = strchr(word, ' ');
        word += word != NULL;
    }
    return false;
}

void queue_push(struct queue *queue, struct queue_ticket *ticket, int64_t now_ms)
{
    assert(!ticket->waiting && !ticket->running);
    if (ticket->order == 0) {
        ticket->order = queue->next_order++;
        ticket->pushed_ms = now_ms;
    }
    ticket->need = need_of(queue, ticket->needs);
    ticket->theirs = queue_running_of(queue, ticket->person);
    ticket->waiting = true;
    list_push(bucket_of(queue, ticket->person), &ticket->link);
    heap_push(lane_of(queue, ticket), &ticket->node);
    queue->waiting_count++;
    queue->class_waiting[ticket->class]++;
}

struct queue_ticket *queue_take(struct queue *queue, const char *worker_class, bool may_time,
                                int64_t now_ms)
{
    struct queue_ticket *ticket = NULL;
    bool hold = queue->timing_alone && queue->timing_count > 0;

    for (int round = 0; round < 2; round++) /* turns first */
        for (int i = 0; i < 2 * QUEUE_CLASS_COUNT && ticket == NULL && !hold; i++) {
            struct queue_ticket *first = first_of(queue, i / 2, i % 2 != 0, worker_class);
            if (first == NULL || (round == 0 && !has_turn(queue, first, now_ms)))
                continue;
            if (first->is_timing && !may_time && !queue_fits("gpu", first->needs))
                hold = queue->timing_alone; /* the machine runs empty for the one that takes it */
            else
                ticket = may_run(queue, first, &hold) ? first : NULL;
        }
    if (ticket != NULL)
        begin(queue, ticket, now_ms);
    return ticket;
}

void queue_finish(struct queue *queue, struct queue_ticket *ticket)
{
    if (!ticket->running)
        return;
    ticket->running = false;
    list_remove(&ticket->link);
    queue->running_count--;
    queue->class_running[ticket->class]--;
    queue->timing_count -= ticket->is_timing;
    sort_again(queue, ticket->person);
}

void queue_remove(struct queue *queue, struct queue_ticket *ticket)
{
    if (!ticket->waiting)
        return;
    leave_line(queue, ticket);
    list_remove(&ticket->link);
}

void queue_number(struct queue *queue)
{
    size_t count = 0;
    size_t places[QUEUE_NEEDS_MAX] = {0};
    size_t timings[QUEUE_NEEDS_MAX] = {0};
    struct place *all = calloc(queue->waiting_count + 1, sizeof *all);

    if (all == NULL)
        return;
    for (size_t i = 0; i < QUEUE_BUCKETS; i++)
        list_each (link, &queue->people[i]) {
            struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
            if (ticket->waiting)
                all[count++].ticket = ticket;
        }
    qsort(all, count, sizeof *all, by_place);
    for (size_t i = 0; i < count; i++) {
        struct queue_ticket *ticket = all[i].ticket;
        ticket->timings_ahead = timings[ticket->need];
        ticket->position = ++places[ticket->need];
        timings[ticket->need] += ticket->is_timing;
    }
    free(all);
}

size_t queue_running_of(const struct queue *queue, int64_t person)
{
    size_t count = 0;
    list_each (link, bucket_of(queue, person)) {
        const struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
        count += ticket->running && ticket->person == person;
    }
    return count;
}

void queue_each_waiting(struct queue *queue, int64_t person,
                        void (*each)(void *context, struct queue_ticket *ticket), void *context)
{
    list_each (link, bucket_of(queue, person)) {
        struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
        if (ticket->waiting && ticket->person == person)
            each(context, ticket);
    }
}

int64_t queue_oldest_ms(const struct queue *queue, int64_t now_ms)
{
    int64_t oldest = 0;
    for (size_t i = 0; i < QUEUE_BUCKETS && queue->waiting_count > 0; i++)
        list_each (link, &queue->people[i]) {
            const struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
            if (ticket->waiting && now_ms - ticket->pushed_ms > oldest)
                oldest = now_ms - ticket->pushed_ms;
        }
    return oldest;
}

/* -- order ------------------------------------------------------------------------------------- */

static bool before(const struct heap_node *a, const struct heap_node *b)
{
    const struct queue_ticket *left =
        (const struct queue_ticket *)(const void *)((const char *)a -
                                                    offsetof(struct queue_ticket, node));
    const struct queue_ticket *right =
        (const struct queue_ticket *)(const void *)((const char *)b -
                                                    offsetof(struct queue_ticket, node));
    return left->theirs != right->theirs ? left->theirs < right->theirs
                                         : left->order < right->order;
}

static struct queue_ticket *ticket_of(struct heap_node *node)
{
    return node != NULL ? list_of(node, struct queue_ticket, node) : NULL;
}

static struct list *bucket_of(const struct queue *queue, int64_t person)
{
    return (struct list *)(uintptr_t)&queue->people[(uint64_t)person % QUEUE_BUCKETS];
}

/* Needs are ours, not a stranger's: two or three words. */
static int need_of(struct queue *queue, const char *needs)
{
    for (int i = 0; i < queue->needs_count; i++)
        if (strcmp(queue->needs[i], needs) == 0)
            return i;
    if (queue->needs_count < QUEUE_NEEDS_MAX)
        (void)text_copy(queue->needs[queue->needs_count++], QUEUE_NEEDS_SIZE, needs); /* fits */
    return queue->needs_count - 1;
}

static struct heap *lane_of(struct queue *queue, const struct queue_ticket *ticket)
{
    return &queue->lanes[ticket->need][ticket->class][ticket->is_timing];
}

/* The first of a class and kind that this worker can do. */
static struct queue_ticket *first_of(struct queue *queue, enum queue_class class, bool is_timing,
                                     const char *worker_class)
{
    struct queue_ticket *first = NULL;
    for (int need = 0; need < queue->needs_count; need++) {
        struct queue_ticket *ticket = ticket_of(queue->lanes[need][class][is_timing].root);
        if (ticket == NULL || !queue_fits(queue->needs[need], worker_class))
            continue;
        if (first == NULL || before(&ticket->node, &first->node))
            first = ticket;
    }
    return first;
}

/* A slot of its own, or nothing of its kind was served for so long although it waits. */
static bool has_turn(const struct queue *queue, const struct queue_ticket *first, int64_t now_ms)
{
    enum queue_class class = first->class;
    if (class == QUEUE_REGRADE && !first->is_timing &&
        queue->class_running[class] < queue->regrade_slots)
        return true;
    int64_t since_ms = queue->served_ms[class][first->is_timing];
    if (first->pushed_ms > since_ms)
        since_ms = first->pushed_ms;
    return now_ms - since_ms >= queue_turns_ms[class][first->is_timing];
}

/* One timing at a time. out_hold: it wants the machine for itself; nothing else may start before.
 */
static bool may_run(const struct queue *queue, const struct queue_ticket *ticket, bool *out_hold)
{
    if (!ticket->is_timing)
        return true;
    *out_hold = queue->timing_alone && queue->running_count > 0;
    return !*out_hold && queue->timing_count == 0;
}

static void begin(struct queue *queue, struct queue_ticket *ticket, int64_t now_ms)
{
    leave_line(queue, ticket);
    ticket->running = true;
    queue->running_count++;
    queue->class_running[ticket->class]++;
    queue->timing_count += ticket->is_timing;
    queue->served_ms[ticket->class][ticket->is_timing] = now_ms;
    sort_again(queue, ticket->person);
}

static void leave_line(struct queue *queue, struct queue_ticket *ticket)
{
    heap_remove(lane_of(queue, ticket), &ticket->node);
    ticket->waiting = false;
    ticket->position = 0;
    queue->waiting_count--;
    queue->class_waiting[ticket->class]--;
}

/* Their number of running jobs has changed. */
static void sort_again(struct queue *queue, int64_t person)
{
    size_t theirs = queue_running_of(queue, person);
    list_each (link, bucket_of(queue, person)) {
        struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
        if (!ticket->waiting || ticket->person != person)
            continue;
        heap_remove(lane_of(queue, ticket), &ticket->node);
        ticket->theirs = theirs;
        heap_push(lane_of(queue, ticket), &ticket->node);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct queue_ticket *left = ((const struct place *)a)->ticket;
    const struct queue_ticket *right = ((const struct place *)b)->ticket;
    if (left->class != right->class)
        return left->class < right->class ? -1 : 1;
    if (left->is_timing != right->is_timing)
        return left->is_timing ? 1 : -1;
    return before(&left->node, &right->node) ? -1 : 1;
}
