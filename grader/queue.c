/* The order of service, as plain lists: at a few thousand tickets a scan costs microseconds. */
#include "grader/queue.h"

static struct queue_ticket *fairest(const struct queue *queue, const struct list *waiting);
static bool may_run(const struct queue *queue, const struct queue_ticket *ticket);

void queue_init(struct queue *queue, bool timing_alone)
{
    *queue = (struct queue){.timing_alone = timing_alone, .next_order = 1};
    for (size_t i = 0; i < QUEUE_CLASS_COUNT; i++)
        list_init(&queue->waiting[i]);
}

void queue_push(struct queue *queue, struct queue_ticket *ticket)
{
    if (ticket->order == 0)
        ticket->order = queue->next_order++;
    ticket->running = false;

    /* Behind every older one: a returning ticket goes back to its place. */
    struct list *before = queue->waiting[ticket->class].previous;
    while (before != &queue->waiting[ticket->class] &&
           list_of(before, struct queue_ticket, link)->order > ticket->order)
        before = before->previous;
    list_push(before->next, &ticket->link);
    queue->waiting_count++;
}

struct queue_ticket *queue_take(struct queue *queue)
{
    if (queue->running_count == QUEUE_RUNNING_MAX)
        return NULL;
    for (size_t i = 0; i < QUEUE_CLASS_COUNT; i++) {
        struct queue_ticket *ticket = fairest(queue, &queue->waiting[i]);
        if (ticket == NULL)
            continue;
        list_remove(&ticket->link);
        queue->waiting_count--;
        ticket->running = true;
        ticket->position = 0;
        queue->running[queue->running_count++] = ticket;
        queue->timing_count += ticket->is_timing;
        return ticket;
    }
    return NULL;
}

void queue_finish(struct queue *queue, struct queue_ticket *ticket)
{
    for (size_t i = 0; i < queue->running_count; i++) {
        if (queue->running[i] != ticket)
            continue;
        queue->running[i] = queue->running[--queue->running_count];
        queue->timing_count -= ticket->is_timing;
        ticket->running = false;
        return;
    }
}

void queue_remove(struct queue *queue, struct queue_ticket *ticket)
{
    if (ticket->running || list_is_empty(&ticket->link))
        return;
    list_remove(&ticket->link);
    queue->waiting_count--;
}

void queue_number(struct queue *queue)
{
    size_t position = 0;
    for (size_t i = 0; i < QUEUE_CLASS_COUNT; i++) {
        size_t most = 0;
        list_each (link, &queue->waiting[i]) {
            struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
            ticket->ahead = queue_running_of(queue, ticket->person);
            most = ticket->ahead > most ? ticket->ahead : most;
        }
        for (size_t ahead = 0; ahead <= most; ahead++) {
            list_each (link, &queue->waiting[i]) {
                struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
                if (ticket->ahead == ahead)
                    ticket->position = ++position;
            }
        }
    }
}

size_t queue_running_of(const struct queue *queue, int64_t person)
{
    size_t count = 0;
    for (size_t i = 0; i < queue->running_count; i++)
        count += queue->running[i]->person == person;
    return count;
}

static struct queue_ticket *fairest(const struct queue *queue, const struct list *waiting)
{
    struct queue_ticket *best = NULL;
    size_t least = 0;
    list_each (link, waiting) {
        struct queue_ticket *ticket = list_of(link, struct queue_ticket, link);
        size_t running = queue_running_of(queue, ticket->person);
        if (may_run(queue, ticket) && (best == NULL || running < least)) {
            best = ticket;
            least = running;
            if (running == 0)
                break; /* oldest first: nobody can be ahead of this one */
        }
    }
    return best;
}

/* One timing at a time; on a small machine it runs alone. */
static bool may_run(const struct queue *queue, const struct queue_ticket *ticket)
{
    if (queue->timing_count > 0 && (ticket->is_timing || queue->timing_alone))
        return false;
    return !(ticket->is_timing && queue->timing_alone && queue->running_count > 0);
}
