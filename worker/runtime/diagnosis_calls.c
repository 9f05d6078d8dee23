/* The names that compiled code calls: of -fsanitize=kernel-address, of UBSan, and the three memory
 * functions, which nobody checks otherwise. Their shapes are gcc 12's (libsanitizer/asan and ubsan,
 * the tables of ubsan_handlers.h); only what is needed of each is declared. */
#include "worker/runtime/diagnosis.h"

/* -- accesses --------------------------------------------------------------------------------- */

// NOLINTBEGIN(bugprone-reserved-identifier): the compiler names them so

#define ACCESS(size)                                                                               \
    void __asan_load##size##_noabort(uintptr_t at);                                                \
    void __asan_load##size##_noabort(uintptr_t at)                                                 \
    {                                                                                              \
        diagnosis_access(at, size, false, CALLER);                                                 \
    }                                                                                              \
    void __asan_store##size##_noabort(uintptr_t at);                                               \
    void __asan_store##size##_noabort(uintptr_t at)                                                \
    {                                                                                              \
        diagnosis_access(at, size, true, CALLER);                                                  \
    }

ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_loadN_noabort(uintptr_t at, size_t size);
void __asan_storeN_noabort(uintptr_t at, size_t size);
void __asan_handle_no_return(void);
void __asan_register_globals(const struct diagnosis_global *globals, size_t count);
void __asan_unregister_globals(const struct diagnosis_global *globals, size_t count);
void __asan_alloca_poison(uintptr_t at, size_t size);
void __asan_allocas_unpoison(uintptr_t top, uintptr_t bottom);

void __asan_loadN_noabort(uintptr_t at, size_t size)
{
    diagnosis_access(at, size, false, CALLER);
}

void __asan_storeN_noabort(uintptr_t at, size_t size)
{
    diagnosis_access(at, size, true, CALLER);
}

/* A jump out of frames leaves their redzones behind: all above us is opened again. */
void __asan_handle_no_return(void)
{
    diagnosis_stack_open((uintptr_t)__builtin_frame_address(0));
}

void __asan_register_globals(const struct diagnosis_global *globals, size_t count)
{
    diagnosis_globals(globals, count);
}

void __asan_unregister_globals(const struct diagnosis_global *globals, size_t count)
{
    (void)globals, (void)count; /* the program is over */
}

/* Variable-length arrays: gcc leaves 32 bytes on the left and at least as many on the right. */
#define ALLOCA_REDZONE 32
#define SHADOW_ALLOCA_LEFT 0xca
#define SHADOW_ALLOCA_RIGHT 0xcb

void __asan_alloca_poison(uintptr_t at, size_t size)
{
    const uintptr_t end = (at + size + ALLOCA_REDZONE - 1) & -(uintptr_t)ALLOCA_REDZONE;

    shadow_fill(at - ALLOCA_REDZONE, ALLOCA_REDZONE, SHADOW_ALLOCA_LEFT);
    shadow_fill(at, size, 0); /* older frames may have left something there */
    shadow_behind(at + size, end + ALLOCA_REDZONE, SHADOW_ALLOCA_RIGHT);
}

void __asan_allocas_unpoison(uintptr_t top, uintptr_t bottom)
{
    if (top != 0 && top < bottom)
        shadow_fill(top, bottom - top, 0);
}

/* -- doubtful arithmetic ---------------------------------------------------------------------- */

struct place {
    const char *file;
    uint32_t line, column;
};

struct type {
    uint16_t kind, info;
    char name[]; /* "'int'" */
};

struct with_type { /* of overflow, division, variable-length arrays */
    struct place place;
    const struct type *type;
};

struct with_two_types { /* of shifts, indices, conversions */
    struct place place;
    const struct type *first, *second;
};

struct with_alignment {
    struct place place;
    const struct type *type;
    unsigned char log_alignment, check;
};

#define ALIGNMENT_LEAST 4 /* 2^4: below, the processor does not mind */

static void note(enum found kind, uintptr_t pc, const struct type *type, int64_t value)
{
    struct control_finding finding = {.kind = kind, .pc = pc, .argument = -1, .value = value};
    size_t length = 0;

    while (type != NULL && length < sizeof finding.name && type->name[length] != '\0')
        length++;
    if (length > 0)
        diagnosis_name(&finding, type->name, length);
    diagnosis_note(&finding);
}

/* An integer as compiled code hands it over: itself if it fits a register, else its address. The
 * lowest bit of `info` says signed, the others the width as a power of two. */
static int64_t integer(const struct type *type, uintptr_t given)
{
    const unsigned bits = 1U << (type->info >> 1);

    if (type->kind != 0 || bits > 64)
        return 0;
    if (bits == 64)
        return (int64_t)given;
    const uint64_t cut = given & ((UINT64_C(1) << bits) - 1);
    const bool negative = (type->info & 1) != 0 && (cut >> (bits - 1)) != 0;
    return negative ? (int64_t)(cut | ~((UINT64_C(1) << bits) - 1)) : (int64_t)cut;
}

#define OVERFLOW(name)                                                                             \
    void __ubsan_handle_##name##_overflow(const struct with_type *at, uintptr_t a, uintptr_t b);   \
    void __ubsan_handle_##name##_overflow(const struct with_type *at, uintptr_t a, uintptr_t b)    \
    {                                                                                              \
        (void)a, (void)b;                                                                          \
        note(FOUND_SIGNED_OVERFLOW, CALLER, at->type, 0);                                          \
    }

OVERFLOW(add)
OVERFLOW(sub)
OVERFLOW(mul)
OVERFLOW(negate)

void __ubsan_handle_divrem_overflow(const struct with_type *at, uintptr_t left, uintptr_t right);
void __ubsan_handle_shift_out_of_bounds(const struct with_two_types *at, uintptr_t left,
                                        uintptr_t right);
void __ubsan_handle_out_of_bounds(const struct with_two_types *at, uintptr_t index);
void __ubsan_handle_vla_bound_not_positive(const struct with_type *at, uintptr_t bound);
void __ubsan_handle_float_cast_overflow(const struct with_two_types *at, uintptr_t value);
void __ubsan_handle_type_mismatch_v1(const struct with_alignment *at, uintptr_t pointer);
void __ubsan_handle_builtin_unreachable(const struct place *at);

void __ubsan_handle_divrem_overflow(const struct with_type *at, uintptr_t left, uintptr_t right)
{
    (void)left;
    note(integer(at->type, right) == 0 ? FOUND_DIVISION_BY_ZERO : FOUND_DIVISION_OVERFLOW, CALLER,
         at->type, 0);
}

void __ubsan_handle_shift_out_of_bounds(const struct with_two_types *at, uintptr_t left,
                                        uintptr_t right)
{
    (void)left;
    note(FOUND_SHIFT, CALLER, at->first, integer(at->second, right));
}

/* The access itself comes next, and the redzones may not see it: `&a[n]` alone is no error, and the
 * compiler does not report that. */
void __ubsan_handle_out_of_bounds(const struct with_two_types *at, uintptr_t index)
{
    note(FOUND_INDEX, CALLER, at->first, integer(at->second, index));
}

void __ubsan_handle_vla_bound_not_positive(const struct with_type *at, uintptr_t bound)
{
    note(FOUND_LENGTH, CALLER, at->type, integer(at->type, bound));
}

void __ubsan_handle_float_cast_overflow(const struct with_two_types *at, uintptr_t value)
{
    (void)value;
    note(FOUND_FLOAT_TO_INTEGER, CALLER, at->second, 0);
}

void __ubsan_handle_type_mismatch_v1(const struct with_alignment *at, uintptr_t pointer)
{
    if (at->log_alignment >= ALIGNMENT_LEAST && pointer != 0)
        note(FOUND_MISALIGNED, CALLER, at->type, (int64_t)1 << at->log_alignment);
}

void __ubsan_handle_builtin_unreachable(const struct place *at)
{
    (void)at;
    note(FOUND_ILLEGAL_INSTRUCTION, CALLER, NULL, 0);
    diagnosis_give_up();
}

// NOLINTEND(bugprone-reserved-identifier)

/* -- memory functions ------------------------------------------------------------------------- */

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;

    diagnosis_access((uintptr_t)from, size, false, CALLER);
    diagnosis_access((uintptr_t)to, size, true, CALLER);
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *end = (char *)to + size - 1;
    const char *last = (const char *)from + size - 1;
    void *at = to;

    diagnosis_access((uintptr_t)from, size, false, CALLER);
    diagnosis_access((uintptr_t)to, size, true, CALLER);
    if ((uintptr_t)to - (uintptr_t)from >= size)
        __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    else
        __asm__ volatile("std\n\trep movsb\n\tcld"
                         : "+D"(end), "+S"(last), "+c"(size)
                         :
                         : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;

    diagnosis_access((uintptr_t)to, size, true, CALLER);
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}
