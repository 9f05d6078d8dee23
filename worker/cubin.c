/* The audit of a cubin, check after check; the first that fails speaks. */
#include "worker/cubin.h"

#include "sandbox/base/err.h"
#include "worker/elf.h"
#include "worker/gpu_arch.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of .nv.info sections: records of a form byte, a kind byte and two bytes that are the value or,
 * in the form with a size, the number of bytes that follow. As ptxas of CUDA 12 and 13 writes. */
#define FORM_SIZED 4
#define KIND_PARAMETER 0x17 /* u32, u16 number, u16 offset, u32 with the size from bit 18 on */
#define KIND_REGISTERS 0x2f /* u32 symbol, u32 registers of a thread */
#define REGISTERS_MAX 255
#define KIND_STACK 0x12 /* u32 symbol, u32 bytes of stack that a thread needs */
#define STO_ENTRY 0x10  /* st_other of a __global__ function */

struct audit {
    struct elf elf;
    const struct launch_plan *plan;
    struct cubin_finding *out;
};

struct parameter_table {
    int count;
    uint32_t bytes[LAUNCH_ARGUMENTS_MAX];
};

struct register_table {
    uint32_t symbol, registers; /* registers 0: not said */
};

/* Called for each record of a section; false ends the reading. */
typedef bool (*record_fn)(void *context, int kind, const unsigned char *value, size_t size);

static bool refuse(struct audit *audit, int line, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool check_machine(struct audit *audit, const void *bytes, int architecture);
static bool check_undefined(struct audit *audit);
static bool check_static(struct audit *audit);
static bool check_stack(struct audit *audit);
static bool check_steps(struct audit *audit);
static bool check_arguments(struct audit *audit, const struct launch_step *step);
static bool is_entry(const struct audit *audit, const char *kernel);
static size_t entry_find(const struct elf *elf, const char *kernel);
static void list_entries(const struct audit *audit, char *out, size_t size);
static bool find_section(const struct elf *elf, const char *prefix, const char *name,
                         Elf64_Shdr *out);
static bool read_records(const struct elf *elf, const Elf64_Shdr *section, record_fn fn,
                         void *context);
static bool note_parameter(void *context, int kind, const unsigned char *value, size_t size);
static bool note_stack(void *context, int kind, const unsigned char *value, size_t size);
static bool note_registers(void *context, int kind, const unsigned char *value, size_t size);
static uint32_t word_at(const unsigned char *at);

bool cubin_audit(const void *bytes, size_t size, const struct launch_plan *plan, int architecture,
                 struct cubin_finding *out)
{
    struct audit audit = {.plan = plan, .out = out};

    *out = (struct cubin_finding){.line = 0};
    const char *const wrong = elf_open_cuda(&audit.elf, bytes, size, CUBIN_SECTIONS_MAX);
    if (wrong != NULL)
        return refuse(&audit, 0, "broken_object", "the compiled kernel is %s", wrong);
    return check_machine(&audit, bytes, architecture) && check_undefined(&audit) &&
           check_static(&audit) && check_stack(&audit) && check_steps(&audit);
}

bool cubin_resources(const void *bytes, size_t size, const char *kernel, int *out_registers,
                     int64_t *out_shared_bytes)
{
    struct elf elf;
    Elf64_Shdr section, reserved;

    if (elf_open_cuda(&elf, bytes, size, CUBIN_SECTIONS_MAX) != NULL)
        return false;
    struct register_table table = {.symbol = (uint32_t)entry_find(&elf, kernel)};
    if (table.symbol == 0 || !find_section(&elf, ".nv.info", "", &section) ||
        !read_records(&elf, &section, note_registers, &table) || table.registers < 1 ||
        table.registers > REGISTERS_MAX)
        return false;
    *out_registers = (int)table.registers;
    *out_shared_bytes = 0;
    if (!find_section(&elf, ".nv.shared.", kernel, &section))
        return true;
    const uint64_t system =
        find_section(&elf, ".nv.shared.reserved.0", "", &reserved) ? GPU_SHARED_RESERVED : 0;
    if (section.sh_size > UINT32_MAX)
        return false;
    *out_shared_bytes = (int64_t)(section.sh_size > system ? section.sh_size - system : 0);
    return true;
}

static bool refuse(struct audit *audit, int line, const char *code, const char *format, ...)
{
    struct cubin_finding *const out = audit->out;
    va_list list;

    (void)snprintf(out->code, sizeof out->code, "%s", code);
    va_start(list, format);
    (void)vsnprintf(out->message, sizeof out->message, format, list); /* cut: it is for people */
    va_end(list);
    for (char *at = out->message; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    out->line = line;
    return false;
}

/* Both places where versions of the format keep it. */
static bool check_machine(struct audit *audit, const void *bytes, int architecture)
{
    Elf64_Ehdr header;

    memcpy(&header, bytes, sizeof header); /* elf_open_cuda saw that it is there */
    if ((int)(header.e_flags >> 8 & 0xff) == architecture ||
        (int)(header.e_flags & 0xff) == architecture)
        return true;
    return refuse(audit, 0, "broken_object", "the compiled kernel is for another architecture");
}

/* What the device runtime would bring: printf, malloc, assert, launches from the device. */
static bool check_undefined(struct audit *audit)
{
    for (size_t i = 1; i < audit->elf.symbols_count; i++) {
        const Elf64_Sym symbol = elf_symbol(&audit->elf, i);
        if (symbol.st_shndx != SHN_UNDEF)
            continue;
        const char *const name = elf_symbol_name(&audit->elf, &symbol);
        if (name == NULL)
            return refuse(audit, 0, "broken_object", "the compiled kernel has a broken name");
        if (name[0] == '\0' || strncmp(name, ".nv.", 4) == 0)
            continue;
        return refuse(audit, 0, "device_runtime",
                      "it needs '%.60s' of the device runtime: no printf, malloc, assert or "
                      "launch inside a kernel",
                      name);
    }
    return true;
}

static bool check_static(struct audit *audit)
{
    static const char *const prefixes[] = {".nv.global", ".nv.constant3"};
    uint64_t total = 0;

    for (size_t i = 1; i < audit->elf.sections_count; i++) {
        const Elf64_Shdr section = elf_section(&audit->elf, i);
        const char *const name = elf_section_name(&audit->elf, &section);
        for (size_t j = 0; j < COUNT(prefixes) && name != NULL; j++)
            if (strncmp(name, prefixes[j], strlen(prefixes[j])) == 0 &&
                section.sh_size <= CUBIN_STATIC_MAX + 1)
                total += section.sh_size;
            else if (strncmp(name, prefixes[j], strlen(prefixes[j])) == 0)
                total += CUBIN_STATIC_MAX + 1;
    }
    return total <= CUBIN_STATIC_MAX ||
           refuse(audit, 0, "static_memory", "over %u MiB of __device__ and __constant__ data",
                  (unsigned)(CUBIN_STATIC_MAX >> 20));
}

static bool check_stack(struct audit *audit)
{
    Elf64_Shdr section;
    uint32_t most = 0;

    if (!find_section(&audit->elf, ".nv.info", "", &section))
        return true;
    if (!read_records(&audit->elf, &section, note_stack, &most))
        return refuse(audit, 0, "broken_object", "the compiled kernel has a broken .nv.info");
    return most <= CUBIN_STACK_MAX ||
           refuse(audit, 0, "stack_memory",
                  "a thread needs %u bytes for local arrays and calls; at most %u", most,
                  CUBIN_STACK_MAX);
}

static bool check_steps(struct audit *audit)
{
    for (int i = 0; i < audit->plan->steps_count; i++) {
        const struct launch_step *const step = &audit->plan->steps[i];
        char have[96] = "";
        if (is_entry(audit, step->kernel)) {
            if (!check_arguments(audit, step))
                return false;
            continue;
        }
        list_entries(audit, have, sizeof have);
        return refuse(audit, step->line, "missing_kernel",
                      "line %d launches '%.48s'; no extern \"C\" __global__ function has that "
                      "name%s%s",
                      step->line, step->kernel, have[0] == '\0' ? "" : ". There is: ", have);
    }
    return true;
}

static bool check_arguments(struct audit *audit, const struct launch_step *step)
{
    struct parameter_table table = {.count = 0};
    Elf64_Shdr section;

    if (!find_section(&audit->elf, ".nv.info.", step->kernel, &section) ||
        !read_records(&audit->elf, &section, note_parameter, &table))
        return refuse(audit, step->line, "broken_object",
                      "the compiled kernel does not say what '%.48s' takes", step->kernel);
    if (table.count != step->arguments_count)
        return refuse(audit, step->line, "wrong_arguments",
                      "line %d passes %d arguments to '%.48s', which takes %d", step->line,
                      step->arguments_count, step->kernel, table.count);
    for (int i = 0; i < step->arguments_count; i++) {
        const int bytes = launch_argument_bytes(&step->arguments[i]);
        if ((uint32_t)bytes != table.bytes[i])
            return refuse(audit, step->line, "wrong_arguments",
                          "line %d passes %s as argument %d of '%.48s', which takes %u bytes there",
                          step->line, bytes == 8 ? "a pointer" : "an int or float", i + 1,
                          step->kernel, table.bytes[i]);
    }
    return true;
}

static bool is_entry(const struct audit *audit, const char *kernel)
{
    return entry_find(&audit->elf, kernel) != 0;
}

/* Its symbol, 0 if there is none. */
static size_t entry_find(const struct elf *elf, const char *kernel)
{
    for (size_t i = 1; i < elf->symbols_count; i++) {
        const Elf64_Sym symbol = elf_symbol(elf, i);
        const char *const name = elf_symbol_name(elf, &symbol);
        if (name != NULL && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
            symbol.st_shndx != SHN_UNDEF && (symbol.st_other & STO_ENTRY) != 0 &&
            strcmp(name, kernel) == 0)
            return i;
    }
    return 0;
}

static void list_entries(const struct audit *audit, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 1; i < audit->elf.symbols_count && used + 8 < size; i++) {
        const Elf64_Sym symbol = elf_symbol(&audit->elf, i);
        const char *const name = elf_symbol_name(&audit->elf, &symbol);
        if (name == NULL || ELF64_ST_TYPE(symbol.st_info) != STT_FUNC ||
            (symbol.st_other & STO_ENTRY) == 0)
            continue;
        const int length =
            snprintf(out + used, size - used, "%s%.40s", used == 0 ? "" : ", ", name);
        used += length > 0 ? (size_t)length : 0;
    }
}

/* The section called prefix and name together. */
static bool find_section(const struct elf *elf, const char *prefix, const char *name,
                         Elf64_Shdr *out)
{
    for (size_t i = 1; i < elf->sections_count; i++) {
        const Elf64_Shdr section = elf_section(elf, i);
        const char *const have = elf_section_name(elf, &section);
        if (have == NULL || strncmp(have, prefix, strlen(prefix)) != 0 ||
            strcmp(have + strlen(prefix), name) != 0 || !elf_holds(elf, &section))
            continue;
        *out = section;
        return true;
    }
    return false;
}

static bool read_records(const struct elf *elf, const Elf64_Shdr *section, record_fn fn,
                         void *context)
{
    if (section->sh_type == SHT_NOBITS)
        return false;
    const unsigned char *at = elf->bytes + section->sh_offset;
    size_t left = section->sh_size;

    while (left >= 4) {
        const int form = at[0], kind = at[1];
        const size_t size = form == FORM_SIZED ? (size_t)at[2] | (size_t)at[3] << 8 : 0;
        if (size > left - 4 || (size > 0 && !fn(context, kind, at + 4, size)))
            return false;
        at += 4 + size;
        left -= 4 + size;
    }
    return left == 0;
}

static bool note_parameter(void *context, int kind, const unsigned char *value, size_t size)
{
    struct parameter_table *const table = context;

    if (kind != KIND_PARAMETER)
        return true;
    const int number = size >= 12 ? value[4] | value[5] << 8 : -1;
    table->count++;
    if (number < 0)
        return false;
    if (number < LAUNCH_ARGUMENTS_MAX)
        table->bytes[number] = word_at(value + 8) >> 18;
    return true;
}

static bool note_stack(void *context, int kind, const unsigned char *value, size_t size)
{
    uint32_t *const most = context;

    if (kind == KIND_STACK && size >= 8 && word_at(value + 4) > *most)
        *most = word_at(value + 4);
    return true;
}

static bool note_registers(void *context, int kind, const unsigned char *value, size_t size)
{
    struct register_table *const table = context;

    if (kind == KIND_REGISTERS && size >= 8 && word_at(value) == table->symbol)
        table->registers = word_at(value + 4);
    return true;
}

static uint32_t word_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}
