/* malloc and its family for a diagnosis build: blocks are cut off an arena one after the other,
 * with redzones between them, and never used twice, so that a freed block stays poisoned. An arena
 * that is used up ends the diagnosis without a finding: a NULL from us would blame the student. */
#include "worker/runtime/diagnosis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *memalign(size_t alignment, size_t size);
size_t malloc_usable_size(void *block);

#define ARENA_MAX ((size_t)1 << 30) /* address space, not memory */
#define ARENA_MIN ((size_t)4 << 20)
#define REDZONE ((size_t)64) /* the widest vector */
#define SHADOW_REDZONE 0xfa
#define SHADOW_FREED 0xfd
#define UNSET_MAX ((size_t)16 << 20) /* more is not filled: it would cost the student's memory */
#define BLOCKS_MAX 8192

struct block {
    uintptr_t start;
    size_t size;
    bool is_freed;
};

/* Of this process, as in diagnosis_access.c. Blocks beyond the table are served, and told without
 * size. */
static struct heap {
    uintptr_t low, high, next;
    struct block blocks[BLOCKS_MAX];
    size_t count;
} heap;

static void *block_new(size_t alignment, size_t size);
static void arena_make(void);
static void block_fill(uintptr_t at, size_t size);
static struct block *block_at(uintptr_t start);
static struct block *block_near(uintptr_t at);

void *malloc(size_t size)
{
    void *block = block_new(REDZONE, size);
    block_fill((uintptr_t)block, size);
    return block;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return block_new(REDZONE, bytes); /* zero, as the kernel gave it */
}

void *realloc(void *old, size_t size)
{
    const struct block *known = old != NULL ? block_at((uintptr_t)old) : NULL;
    const size_t before = known != NULL ? known->size : 0;
    char *block = malloc(size);

    if (old != NULL && known == NULL)
        diagnosis_give_up(); /* one of more blocks than the table has: its size is unknown */
    for (size_t i = 0; i < before && i < size; i++)
        block[i] = ((const volatile char *)old)[i];
    free(old);
    return block;
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void *memalign(size_t alignment, size_t size)
{
    void *block = block_new(alignment, size);
    block_fill((uintptr_t)block, size);
    return block;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = memalign(alignment, size);
    return 0;
}

size_t malloc_usable_size(void *block)
{
    const struct block *known = block != NULL ? block_at((uintptr_t)block) : NULL;
    return known != NULL ? known->size : 0;
}

void free(void *block)
{
    if (block == NULL)
        return;
    struct block *known = block_at((uintptr_t)block);
    if (known == NULL ? heap.count < BLOCKS_MAX : known->is_freed) {
        const struct control_finding finding = {
            .kind = FOUND_BAD_FREE, .pc = CALLER, .argument = -1};
        diagnosis_end(&finding);
    }
    if (known == NULL)
        return;
    known->is_freed = true;
    shadow_fill(known->start, (known->size + SHADOW_GRAIN - 1) & -(size_t)SHADOW_GRAIN,
                SHADOW_FREED);
}

bool heap_holds(uintptr_t at)
{
    return at >= heap.low && at < heap.high;
}

void heap_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    struct control_finding finding = {
        .kind = FOUND_OUTSIDE_BLOCK, .is_write = is_write, .pc = pc, .argument = -1};

    if (at < heap.next && size <= heap.next - at && shadow_allows(at, size)) {
        if (is_write || size != sizeof(uint32_t) || !all_words(at, size, UNSET_WORD))
            return;
        finding.kind = FOUND_UNSET_BLOCK;
        diagnosis_note(&finding);
        return;
    }
    while (at < heap.next && shadow_allows(at, 1))
        at++;
    const struct block *near = block_near(at);
    if (near != NULL) {
        finding.offset = (int64_t)(at - near->start);
        finding.object_bytes = near->size;
        if (near->is_freed && at - near->start < near->size)
            finding.kind = FOUND_FREED_BLOCK;
    }
    diagnosis_end(&finding);
}

static void *block_new(size_t alignment, size_t size)
{
    if (heap.low == 0)
        arena_make();
    if (alignment < REDZONE)
        alignment = REDZONE;
    const uintptr_t start = (heap.next + REDZONE + alignment - 1) / alignment * alignment;
    if (start > heap.high || size > heap.high - start || heap.high - start - size < 2 * REDZONE)
        diagnosis_give_up();
    const uintptr_t end = (start + size + REDZONE - 1) & -REDZONE;

    shadow_fill(heap.next, start - heap.next, SHADOW_REDZONE);
    shadow_behind(start + size, end + REDZONE, SHADOW_REDZONE);
    heap.next = end + REDZONE;
    if (heap.count < BLOCKS_MAX)
        heap.blocks[heap.count++] = (struct block){.start = start, .size = size};
    return (void *)start;
}

/* As large as the limits on address space allow. */
static void arena_make(void)
{
    for (size_t size = ARENA_MAX; size >= ARENA_MIN; size /= 4) {
        void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == MAP_FAILED)
            continue;
        if (!shadow_map((uintptr_t)at, size)) {
            (void)munmap(at, size); /* cannot fail: it is ours */
            continue;
        }
        heap.low = heap.next = (uintptr_t)at;
        heap.high = heap.low + size;
        return;
    }
    diagnosis_give_up();
}

static void block_fill(uintptr_t at, size_t size)
{
    volatile uint32_t *words = (volatile uint32_t *)at;

    if (size > UNSET_MAX)
        return;
    for (size_t i = 0; i < size / sizeof *words; i++)
        words[i] = UNSET_WORD;
}

static struct block *block_at(uintptr_t start)
{
    for (size_t i = heap.count; i > 0; i--) /* the youngest is freed first, mostly */
        if (heap.blocks[i - 1].start == start)
            return &heap.blocks[i - 1];
    return NULL;
}

/* The last block that starts at or below the address, or the first of all. */
static struct block *block_near(uintptr_t at)
{
    struct block *near = heap.count > 0 ? &heap.blocks[0] : NULL;

    for (size_t i = 0; i < heap.count && heap.blocks[i].start <= at; i++)
        near = &heap.blocks[i];
    /* Nearer to the start of the next one: a negative index. */
    if (near != NULL && near + 1 < heap.blocks + heap.count && at > near->start + near->size &&
        near[1].start - at < at - near->start - near->size)
        near++;
    return near;
}
