/* The pairing heap of Fredman, Sedgewick, Sleator and Tarjan (1986), two passes. */
#include "sandbox/base/heap.h"

static struct heap_node *meld(const struct heap *heap, struct heap_node *a, struct heap_node *b);
static struct heap_node *meld_all(const struct heap *heap, struct heap_node *first);

void heap_init(struct heap *heap, heap_before_fn before)
{
    *heap = (struct heap){.before = before};
}

void heap_push(struct heap *heap, struct heap_node *node)
{
    *node = (struct heap_node){0};
    heap->root = meld(heap, heap->root, node);
    heap->count++;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    struct heap_node *orphans = meld_all(heap, node->child);

    heap->count--;
    if (node == heap->root) {
        heap->root = orphans;
        return;
    }
    if (node->back->child == node)
        node->back->child = node->next;
    else
        node->back->next = node->next;
    if (node->next != NULL)
        node->next->back = node->back;
    heap->root = meld(heap, heap->root, orphans);
}

/* The larger root becomes the first child of the smaller one. */
static struct heap_node *meld(const struct heap *heap, struct heap_node *a, struct heap_node *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    struct heap_node *parent = heap->before(b, a) ? b : a;
    struct heap_node *child = parent == a ? b : a;

    child->next = parent->child;
    child->back = parent;
    if (child->next != NULL)
        child->next->back = child;
    parent->child = child;
    return parent;
}

/* Pairs from left to right, then all of them from right to left. */
static struct heap_node *meld_all(const struct heap *heap, struct heap_node *first)
{
    struct heap_node *pairs = NULL; /* the last one first, by `next` */

    while (first != NULL) {
        struct heap_node *a = first;
        struct heap_node *b = a->next;
        first = b != NULL ? b->next : NULL;
        a->next = a->back = NULL;
        if (b != NULL)
            b->next = b->back = NULL;
        a = meld(heap, a, b);
        a->next = pairs;
        pairs = a;
    }
    struct heap_node *root = NULL;
    while (pairs != NULL) {
        struct heap_node *rest = pairs->next;
        pairs->next = NULL;
        root = meld(heap, root, pairs);
        pairs = rest;
    }
    return root;
}
