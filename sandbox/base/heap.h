/* An intrusive pairing heap: the smallest first, anything can be taken out. The node lives inside
 * its element, so pushing never allocates and never fails.
 *
 * Invariants: a node is in at most one heap; its key does not change while it is in one. The heap
 * owns nothing. Cost: push O(1), remove O(log n) on average over all calls. */
#ifndef SANDBOX_BASE_HEAP_H
#define SANDBOX_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
    struct heap_node *child; /* the first of its children */
    struct heap_node *next;  /* sibling */
    struct heap_node *back;  /* sibling before it, or parent if it is the first child */
};

/* True if a belongs before b. */
typedef bool (*heap_before_fn)(const struct heap_node *a, const struct heap_node *b);

struct heap {
    struct heap_node *root; /* the smallest; NULL: empty */
    heap_before_fn before;
    size_t count;
};

/* An empty heap. */
void heap_init(struct heap *heap, heap_before_fn before);

/* Puts a node in, which is in no heap. */
void heap_push(struct heap *heap, struct heap_node *node);

/* Takes out a node that is in this heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

#endif
