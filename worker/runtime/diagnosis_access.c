/* Set-up, the areas of memory, and the verdict on one access. */
#include "worker/runtime/diagnosis.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE ((uintptr_t)4096)
#define NULL_ZONE ((uintptr_t)65536)       /* what a null pointer with an index reaches */
#define STACK_ABOVE ((uintptr_t)256 << 10) /* above main: arguments, the empty environment */
#define STACK_RESERVE ((uintptr_t)32 << 10)
#define STACK_BELOW ((uintptr_t)1 << 30) /* an array too large for the stack lands here … */
#define SHADOW_BELOW                                                                               \
    ((uintptr_t)1 << 40) /* … or its shadow, which the compiler writes first, here */
#define ADDRESS_END ((uintptr_t)0x7ffffffff000)
#define HANDLER_STACK (32 << 10)
#define REGISTRATIONS_MAX 16
#define GLOBALS_MAX 65536
#define FRAME_SEARCH ((uintptr_t)1 << 20)
#define FRAME_MAGIC 0x41b58ab3UL /* gcc writes it at the foot of a frame with arrays */
#define SHADOW_FRAME_LEFT 0xf1   /* gcc's ABI: the redzone at the foot of a frame */
#define SHADOW_GLOBAL 0xf9

struct tensor_place {
    uintptr_t start;
    size_t bytes;
    bool is_input, is_unset;
};

/* Of this process: a runtime has no caller that could hold it. */
static struct diagnosis {
    bool ready;
    struct control *control;
    struct tensor_place tensors[CONTROL_ARGUMENTS_MAX];
    int last; /* tensor that was accessed last: mostly the next one too */
    uintptr_t inputs, outputs;
    size_t inputs_bytes, outputs_bytes;
    uintptr_t stack_low, stack_high;
    uintptr_t image_low, image_high;
    uintptr_t break_low;
    struct {
        const struct diagnosis_global *at;
        size_t count;
    } registered[REGISTRATIONS_MAX];
    int registered_count;
    char handler_stack[HANDLER_STACK];
} diagnosis;

/* The linker's names for the ends of the program, and libc's for the foot of main. */
// NOLINTBEGIN(bugprone-reserved-identifier)
extern const char __executable_start[], _end[];
extern void *__libc_stack_end;
// NOLINTEND(bugprone-reserved-identifier)

static void setup(void);
static void handlers_set(void);
static void on_fault(int signal_number, siginfo_t *info, void *context);
static void tensors_take(void);
static bool in_tensor(uintptr_t at, size_t size, bool is_write, uintptr_t pc);
static void tensor_unset_check(int argument, uintptr_t at, size_t size, uintptr_t pc);
static void outside_tensor(uintptr_t at, bool is_write, uintptr_t pc) __attribute__((noreturn));
static void stack_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc);
static bool frame_find(uintptr_t at, struct control_finding *finding);
static bool frame_name(uintptr_t foot, uintptr_t at, struct control_finding *finding);
static size_t number_read(const char **text);
static void image_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc);
static bool is_break(uintptr_t at);
static void elsewhere(uintptr_t at, bool is_write, uintptr_t pc) __attribute__((noreturn));

void diagnosis_begin(struct control *control, char *inputs, char *outputs)
{
    setup();
    diagnosis.control = control;
    diagnosis.inputs = (uintptr_t)inputs;
    diagnosis.outputs = (uintptr_t)outputs;
    diagnosis.inputs_bytes = control->inputs_bytes;
    diagnosis.outputs_bytes = control->outputs_bytes;
    tensors_take();
}

/* Also called before main, by the registration of static arrays. */
static void setup(void)
{
    struct rlimit limit = {.rlim_cur = (rlim_t)8 << 20};
    const uintptr_t stack = (uintptr_t)__libc_stack_end;

    if (diagnosis.ready)
        return;
    diagnosis.ready = true;
    (void)getrlimit(RLIMIT_STACK, &limit); /* else 8 MiB, as everywhere */
    diagnosis.stack_high = stack + STACK_ABOVE < ADDRESS_END ? stack + STACK_ABOVE : ADDRESS_END;
    diagnosis.stack_low = (stack - (uintptr_t)limit.rlim_cur) & -PAGE;
    diagnosis.image_low = (uintptr_t)__executable_start;
    diagnosis.image_high = (uintptr_t)_end;
    diagnosis.break_low = diagnosis.image_high;
    if (!shadow_map(diagnosis.stack_low, diagnosis.stack_high - diagnosis.stack_low) ||
        !shadow_map(diagnosis.image_low, diagnosis.image_high - diagnosis.image_low))
        diagnosis_give_up();
    handlers_set();
}

static void handlers_set(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const stack_t own = {.ss_sp = diagnosis.handler_stack, .ss_size = HANDLER_STACK};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

    action.sa_sigaction = on_fault;
    (void)sigaltstack(&own, NULL); /* without it a full stack is not told: no more is lost */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaction(signals[i], &action, NULL); /* the same */
}

/* What the checks did not see: library code, inline assembly, the processor's own objections. */
static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    const ucontext_t *state = context;
    const uintptr_t pc = (uintptr_t)state->uc_mcontext.gregs[REG_RIP];
    const uintptr_t at = (uintptr_t)info->si_addr;
    const bool is_write = (state->uc_mcontext.gregs[REG_ERR] & 2) != 0;
    struct control_finding finding = {.kind = FOUND_ILLEGAL_INSTRUCTION, .pc = pc, .argument = -1};

    const uintptr_t stack = (uintptr_t)state->uc_mcontext.gregs[REG_RSP];

    if (signal_number == SIGFPE)
        finding.kind = FOUND_DIVISION_BY_ZERO;
    else if (stack < diagnosis.stack_low || stack >= diagnosis.stack_high)
        finding.kind = FOUND_STACK_OVERFLOW; /* a frame larger than all of the stack */
    else if (signal_number != SIGILL && info->si_code == SI_KERNEL)
        finding.kind = FOUND_MISALIGNED; /* the processor names no address then */
    else if (signal_number != SIGILL)
        elsewhere(at, is_write, pc);
    diagnosis_end(&finding);
}

static void tensors_take(void)
{
    const struct control *control = diagnosis.control;

    for (int i = 0; i < CONTROL_ARGUMENTS_MAX; i++) {
        struct tensor_place *tensor = &diagnosis.tensors[i];
        const uint64_t place = control->places[i];
        *tensor = (struct tensor_place){.start = 0};
        if (!control->is_tensor[i])
            continue;
        tensor->is_input = (place & 1) == 0;
        tensor->start =
            (tensor->is_input ? diagnosis.inputs : diagnosis.outputs) + (place & ~(uint64_t)1);
        tensor->bytes = control->bytes[i];
        tensor->is_unset = control->unset[i] != 0;
        uint32_t *words = (uint32_t *)tensor->start;
        for (size_t k = 0; tensor->is_unset && k < tensor->bytes / sizeof *words; k++)
            words[k] = UNSET_WORD;
    }
}

void diagnosis_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    if ((uintptr_t)__builtin_frame_address(0) < diagnosis.stack_low + STACK_RESERVE) {
        const struct control_finding deep = {
            .kind = FOUND_STACK_OVERFLOW, .pc = pc, .argument = -1};
        diagnosis_end(&deep);
    }
    if (size > SIZE_MAX - at) /* of a negative length, most likely */
        size = SIZE_MAX - at;
    if (size == 0 || in_tensor(at, size, is_write, pc))
        return;
    if (at >= diagnosis.stack_low && at < diagnosis.stack_high)
        stack_access(at, size, is_write, pc);
    else if (heap_holds(at))
        heap_access(at, size, is_write, pc);
    else if (at >= diagnosis.image_low && at < diagnosis.image_high)
        image_access(at, size, is_write, pc);
    else if (!is_break(at))
        elsewhere(at, is_write, pc);
}

/* -- tensors ---------------------------------------------------------------------------------- */

static bool in_tensor(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    for (int n = 0; n < CONTROL_ARGUMENTS_MAX; n++) {
        const int i = (diagnosis.last + n) % CONTROL_ARGUMENTS_MAX;
        const struct tensor_place *tensor = &diagnosis.tensors[i];
        const uintptr_t offset = at - tensor->start;
        if (offset >= tensor->bytes)
            continue;
        diagnosis.last = i;
        if (size > tensor->bytes - offset)
            outside_tensor(tensor->start + tensor->bytes, is_write, pc);
        if (is_write && tensor->is_input) {
            const struct control_finding finding = {.kind = FOUND_INPUT_WRITTEN,
                                                    .is_write = 1,
                                                    .pc = pc,
                                                    .argument = i,
                                                    .offset = (int64_t)offset};
            diagnosis_end(&finding);
        }
        if (!is_write && tensor->is_unset)
            tensor_unset_check(i, at, size, pc);
        return true;
    }
    return false;
}

static void tensor_unset_check(int argument, uintptr_t at, size_t size, uintptr_t pc)
{
    if (!all_words(at, size, UNSET_WORD))
        return;
    const struct control_finding finding = {.kind = FOUND_UNSET_TENSOR,
                                            .pc = pc,
                                            .argument = argument,
                                            .offset =
                                                (int64_t)(at - diagnosis.tensors[argument].start)};
    diagnosis_note(&finding);
}

/* The tensor that is nearest is the one that was meant, most likely. */
static void outside_tensor(uintptr_t at, bool is_write, uintptr_t pc)
{
    struct control_finding finding = {
        .kind = FOUND_OUTSIDE_TENSOR, .is_write = is_write, .pc = pc, .argument = -1};
    uintptr_t nearest = UINTPTR_MAX;

    for (int i = 0; i < CONTROL_ARGUMENTS_MAX; i++) {
        const struct tensor_place *tensor = &diagnosis.tensors[i];
        const uintptr_t end = tensor->start + tensor->bytes;
        const uintptr_t distance = at >= end ? at - end : tensor->start - at;
        if (tensor->start == 0 || distance >= nearest)
            continue;
        nearest = distance;
        finding.argument = i;
        finding.offset = (int64_t)(at - tensor->start);
        finding.object_bytes = tensor->bytes;
    }
    diagnosis_end(&finding);
}

/* -- the stack: gcc writes its shadow in each function that has arrays ------------------------- */

static void stack_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    struct control_finding finding = {
        .kind = FOUND_OUTSIDE_ARRAY, .is_write = is_write, .pc = pc, .argument = -1};

    if (size > diagnosis.stack_high - at || !shadow_allows(at, size)) {
        while (at < diagnosis.stack_high && shadow_allows(at, 1)) /* the first that is not its */
            at++;
        (void)frame_find(at, &finding); /* else without a name */
        diagnosis_end(&finding);
    }
    if (is_write || size != sizeof(uint32_t) || !all_words(at, size, UNSET_LOCAL_WORD))
        return;
    finding.kind = FOUND_UNSET_ARRAY;
    if (frame_find(at, &finding))
        diagnosis_note(&finding);
}

void diagnosis_stack_open(uintptr_t from)
{
    from &= -(uintptr_t)SHADOW_GRAIN;
    if (from >= diagnosis.stack_low && from < diagnosis.stack_high)
        shadow_fill(from, diagnosis.stack_high - from, 0);
}

/* The frame round an address: down to its left redzone, at whose foot gcc describes it. */
static bool frame_find(uintptr_t at, struct control_finding *finding)
{
    uintptr_t low = at & ~(uintptr_t)(SHADOW_GRAIN - 1);
    const uintptr_t end = low - FRAME_SEARCH > diagnosis.stack_low && low > FRAME_SEARCH
                              ? low - FRAME_SEARCH
                              : diagnosis.stack_low;
    const unsigned char *shadow = (const unsigned char *)SHADOW_OFFSET;

    while (low > end && shadow[low >> SHADOW_SHIFT] != SHADOW_FRAME_LEFT)
        low -= SHADOW_GRAIN;
    while (low > end && shadow[(low - SHADOW_GRAIN) >> SHADOW_SHIFT] == SHADOW_FRAME_LEFT)
        low -= SHADOW_GRAIN;
    return low > end && *(const uint64_t *)low == FRAME_MAGIC && frame_name(low, at, finding);
}

/* "2 32 28 5 tmp:7 96 40 3 row": how many, then place in the frame, bytes, length of the name, and
 * the name with the line of its declaration. */
static bool frame_name(uintptr_t foot, uintptr_t at, struct control_finding *finding)
{
    const char *text = ((const char *const *)foot)[1];
    uint64_t nearest = UINT64_MAX;

    if ((uintptr_t)text < diagnosis.image_low || (uintptr_t)text >= diagnosis.image_high)
        return false;
    for (size_t count = number_read(&text); count > 0; count--) {
        const size_t place = number_read(&text), bytes = number_read(&text);
        const size_t length = number_read(&text);
        const int64_t offset = (int64_t)(at - foot) - (int64_t)place;
        const uint64_t distance = offset < 0                 ? (uint64_t)-offset
                                  : (uint64_t)offset < bytes ? 0
                                                             : (uint64_t)offset - bytes;
        if (distance < nearest) {
            nearest = distance;
            finding->offset = offset;
            finding->object_bytes = bytes;
            diagnosis_name(finding, text, length);
        }
        text += length;
    }
    return nearest != UINT64_MAX;
}

static size_t number_read(const char **text)
{
    size_t value = 0;

    while (**text == ' ')
        ++*text;
    for (; **text >= '0' && **text <= '9'; ++*text)
        value = value * 10 + (size_t)(**text - '0');
    if (**text == ' ')
        ++*text;
    return value;
}

/* -- static data ------------------------------------------------------------------------------ */

void diagnosis_globals(const struct diagnosis_global *globals, size_t count)
{
    setup();
    if (diagnosis.registered_count == REGISTRATIONS_MAX || count > GLOBALS_MAX)
        return;
    diagnosis.registered[diagnosis.registered_count].at = globals;
    diagnosis.registered[diagnosis.registered_count++].count = count;
    for (size_t i = 0; i < count; i++) {
        const struct diagnosis_global *one = &globals[i];
        shadow_behind(one->start + one->size, one->start + one->size_with_redzone, SHADOW_GLOBAL);
    }
}

static void image_access(uintptr_t at, size_t size, bool is_write, uintptr_t pc)
{
    struct control_finding finding = {
        .kind = FOUND_OUTSIDE_ARRAY, .is_write = is_write, .pc = pc, .argument = -1};

    if (size <= diagnosis.image_high - at && shadow_allows(at, size))
        return;
    while (at < diagnosis.image_high && shadow_allows(at, 1))
        at++;
    for (int r = 0; r < diagnosis.registered_count; r++)
        for (size_t i = 0; i < diagnosis.registered[r].count; i++) {
            const struct diagnosis_global *one = &diagnosis.registered[r].at[i];
            if (at - one->start >= one->size_with_redzone)
                continue;
            finding.offset = (int64_t)(at - one->start);
            finding.object_bytes = one->size;
            diagnosis_name(&finding, one->name, strlen(one->name));
        }
    diagnosis_end(&finding);
}

/* -- everywhere else -------------------------------------------------------------------------- */

/* libc's own: thread-local variables live on the start of the heap that brk gives. */
static bool is_break(uintptr_t at)
{
    return at >= diagnosis.break_low && at < (uintptr_t)sbrk(0);
}

static void elsewhere(uintptr_t at, bool is_write, uintptr_t pc)
{
    struct control_finding finding = {
        .kind = FOUND_WILD, .is_write = is_write, .pc = pc, .argument = -1, .value = (int64_t)at};
    const uintptr_t shadow_low =
        ((diagnosis.stack_low - SHADOW_BELOW) >> SHADOW_SHIFT) + SHADOW_OFFSET;
    const uintptr_t shadow_high = (diagnosis.stack_low >> SHADOW_SHIFT) + SHADOW_OFFSET;

    if (at - diagnosis.inputs < diagnosis.inputs_bytes ||
        at - diagnosis.outputs < diagnosis.outputs_bytes)
        outside_tensor(at, is_write, pc);
    if (at < NULL_ZONE || at >= -NULL_ZONE)
        finding.kind = FOUND_NULL;
    else if ((at >= diagnosis.stack_low - STACK_BELOW && at < diagnosis.stack_high) ||
             (at >= shadow_low && at < shadow_high))
        finding.kind = FOUND_STACK_OVERFLOW;
    diagnosis_end(&finding);
}

/* -- the shadow ------------------------------------------------------------------------------- */

bool shadow_map(uintptr_t at, size_t size)
{
    const uintptr_t low = ((at >> SHADOW_SHIFT) + SHADOW_OFFSET) & -PAGE;
    const uintptr_t high = (((at + size) >> SHADOW_SHIFT) + SHADOW_OFFSET + PAGE) & -PAGE;
    void *wanted = (void *)low;

    return mmap(wanted, high - low, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

void shadow_fill(uintptr_t at, size_t size, unsigned char value)
{
    volatile unsigned char *shadow =
        (volatile unsigned char *)((at >> SHADOW_SHIFT) + SHADOW_OFFSET);

    for (size_t i = 0; i < size / SHADOW_GRAIN; i++)
        shadow[i] = value;
}

void shadow_behind(uintptr_t end, uintptr_t stop, unsigned char value)
{
    const uintptr_t left = end % SHADOW_GRAIN;

    if (left != 0) {
        shadow_fill(end - left, SHADOW_GRAIN, (unsigned char)left);
        end += SHADOW_GRAIN - left;
    }
    if (end < stop)
        shadow_fill(end, stop - end, value);
}

bool shadow_allows(uintptr_t at, size_t size)
{
    const signed char *shadow = (const signed char *)SHADOW_OFFSET;
    const uintptr_t last = at + size - 1;

    for (uintptr_t grain = at >> SHADOW_SHIFT; grain <= last >> SHADOW_SHIFT; grain++) {
        const signed char state = shadow[grain];
        if (state == 0)
            continue;
        /* Positive: so many first bytes of the grain may be used. */
        const bool is_last = grain == last >> SHADOW_SHIFT;
        if (state < 0 || (is_last ? (signed char)(last % SHADOW_GRAIN) : SHADOW_GRAIN - 1) >= state)
            return false;
    }
    return true;
}

bool all_words(uintptr_t at, size_t size, uint32_t word)
{
    const uint32_t *words = (const uint32_t *)at;

    if (at % sizeof word != 0 || size % sizeof word != 0)
        return false;
    for (size_t i = 0; i < size / sizeof word; i++)
        if (words[i] != word)
            return false;
    return true;
}

/* -- findings --------------------------------------------------------------------------------- */

void diagnosis_note(const struct control_finding *finding)
{
    if (diagnosis.control != NULL && diagnosis.control->finding.kind == FOUND_NOTHING)
        diagnosis.control->finding = *finding;
}

void diagnosis_end(const struct control_finding *finding)
{
    if (diagnosis.control != NULL)
        diagnosis.control->finding = *finding;
    diagnosis_give_up();
}

void diagnosis_give_up(void)
{
    for (;;)
        (void)syscall(SYS_exit_group, CONTROL_EXIT_FOUND); /* does not return */
}

void diagnosis_name(struct control_finding *finding, const char *name, size_t size)
{
    size_t length = size < sizeof finding->name - 1 ? size : sizeof finding->name - 1;

    for (size_t i = 0; i < length; i++)
        finding->name[i] = name[i];
    finding->name[length] = '\0';
}
