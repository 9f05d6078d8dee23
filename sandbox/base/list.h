/* An intrusive doubly linked list: the link lives inside its element, so linking never allocates.
 *
 * Invariants: a head and every link are always part of a ring; list_remove leaves a link that may
 * be removed again or inserted elsewhere. The list owns nothing. */
#ifndef SANDBOX_BASE_LIST_H
#define SANDBOX_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

/* Makes an empty head, or an unlinked link. */
static inline void list_init(struct list *list)
{
    list->next = list;
    list->previous = list;
}

/* True for an empty head or an unlinked link. */
static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* Inserts at the end of the list. */
static inline void list_push(struct list *head, struct list *link)
{
    link->next = head;
    link->previous = head->previous;
    head->previous->next = link;
    head->previous = link;
}

/* Takes a link out of whatever ring it is in. */
static inline void list_remove(struct list *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    list_init(link);
}

/* The struct that holds the link. A type, a member and names that are declared cannot stand in
 * parentheses. */
// NOLINTBEGIN(bugprone-macro-parentheses)
#define list_of(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* Walks a list; the element at hand may be removed. */
#define list_each(link, head)                                                                      \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);              \
         link = link##_next, link##_next = link->next)
// NOLINTEND(bugprone-macro-parentheses)

#endif
