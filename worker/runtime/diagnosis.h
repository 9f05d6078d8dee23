/* The inside of a diagnosis build: a second program made of the same source, slow and watchful,
 * that runs once after a crash or a wrong answer. The compiler puts a call in front of every access
 * to memory (-fsanitize=kernel-address, outlined) and around doubtful arithmetic (UBSan); this
 * runtime answers them and leaves one finding on the control page. It lives beside hostile code:
 * what it finds is a claim, and never a verdict.
 *
 * What it knows. Tensors: their exact bounds, from the control page. The stack and static data:
 * shadow bytes that the compiler itself writes and registers (redzones round each array). Memory of
 * malloc: blocks of our own with redzones. Everything else is nobody's. The shadow is mapped for
 * just these places: some megabytes, no procfs, no terabytes.
 *
 * One thread. The first memory error ends the program; of errors that the program can outlive
 * (overflow, an element read before it was written) the first is kept while it goes on. */
#ifndef WORKER_RUNTIME_DIAGNOSIS_H
#define WORKER_RUNTIME_DIAGNOSIS_H

#include "worker/runtime/control.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* gcc's -fasan-shadow-offset: the shadow byte of address a lies at (a >> 3) + this. */
#define SHADOW_OFFSET 0x7fff8000UL
#define SHADOW_SHIFT 3
#define SHADOW_GRAIN 8

/* What we fill malloc's memory and unwritten outputs with: a NaN that no arithmetic makes. */
#define UNSET_WORD 0x7fb5a5a5U
/* What -ftrivial-auto-var-init=pattern fills local variables with. */
#define UNSET_LOCAL_WORD 0xfefefefeU

/* The return address of the function that the compiler's code called. */
#define CALLER ((uintptr_t)__builtin_return_address(0) - 1)

/* Before each call of the student's function. */
void diagnosis_begin(struct control *control, char *inputs, char *outputs);

/* Before an access of `size` bytes. Does not return if it is wrong. */
void diagnosis_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc);

/* Keeps a finding: one that ends the program wins over one that does not, else the first. */
void diagnosis_note(const struct control_finding *finding);
void diagnosis_end(const struct control_finding *finding) __attribute__((noreturn));

/* Ends the program without a finding: the runtime has come to its own bounds. */
void diagnosis_give_up(void) __attribute__((noreturn));

/* Copies a name of at most 47 bytes. */
void diagnosis_name(struct control_finding *finding, const char *name, size_t size);

/* Shadow of [at, at + size), mapped, zero; false: not to be had. */
bool shadow_map(uintptr_t at, size_t size);
/* The whole grains of [at, at + size) become `value`. */
void shadow_fill(uintptr_t at, size_t size, unsigned char value);
/* What lies between the end of an object and `stop` becomes `value`; so many first bytes of the
 * object's last grain may still be used. Of the object itself nothing is touched: static data and
 * blocks of malloc are large, and their shadow is zero. */
void shadow_behind(uintptr_t end, uintptr_t stop, unsigned char value);
/* True if the shadow allows the access; the shadow must be there. */
bool shadow_allows(uintptr_t at, size_t size);

/* Nothing is forbidden any more from here up to the foot of the stack. */
void diagnosis_stack_open(uintptr_t from);

/* Static arrays: what the compiler registers before main (struct __asan_global of gcc's ABI). */
struct diagnosis_global {
    uintptr_t start;
    size_t size, size_with_redzone;
    const char *name, *file;
    size_t dynamic;
    const void *place;
    uintptr_t odr;
};
void diagnosis_globals(const struct diagnosis_global *globals, size_t count);

/* The heap's part of an access. */
bool heap_holds(uintptr_t at);
void heap_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc);

/* True if every 4-byte element of [at, at + size) holds `word`. */
bool all_words(uintptr_t at, size_t size, uint32_t word);

#endif
