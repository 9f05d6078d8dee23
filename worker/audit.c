/* The policy on objects, as tables: sections a compiler makes of C, sections refused with a reason,
 * names that are not the student's to define, relocations of a static program. */
#include "worker/audit.h"

#include "sandbox/base/err.h"
#include "sandbox/base/text.h"
#include "worker/elf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audit {
    struct elf elf;
    const struct audit_rules *rules;
    struct audit_finding *finding;
    size_t static_bytes, thread_bytes;
};

static bool audit_sections(struct audit *audit);
static bool audit_section(struct audit *audit, const Elf64_Shdr *section);
static bool audit_static(struct audit *audit, const Elf64_Shdr *section, const char *name);
static bool audit_relocations(struct audit *audit);
static bool audit_relocation(struct audit *audit, const Elf64_Rela *relocation, uint64_t bytes);
static bool audit_symbols(struct audit *audit);
static bool audit_symbol(struct audit *audit, const Elf64_Sym *symbol, const char *name);
static bool audit_undefined(struct audit *audit, const char *name);
static bool audit_defined(struct audit *audit, const char *name);
static bool audit_function(struct audit *audit);
static bool is_function(const struct audit *audit, const Elf64_Sym *symbol);
static const char *nearest_function(const struct audit *audit);
static bool refuse(struct audit *audit, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static const char *shown(const char *name, char out[64]);
static bool begins(const char *name, const char *stem);
static bool is_listed(const char *name, const char *const *names, size_t count);
static int compare_name(const void *key, const void *entry);

/* What gcc makes of C. A stem also covers names that go on with '.': .text.unlikely. */
static const struct known {
    const char *stem;
    uint32_t type;
    uint64_t flags; /* all that it may have */
} known_sections[] = {
    {".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR},
    {".rodata", SHT_PROGBITS, SHF_ALLOC | SHF_MERGE | SHF_STRINGS},
    {".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE},
    {".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE},
    {".tdata", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS},
    {".tbss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS},
    {".eh_frame", SHT_PROGBITS, SHF_ALLOC},
    {".eh_frame", SHT_X86_64_UNWIND, SHF_ALLOC},
    {".comment", SHT_PROGBITS, SHF_MERGE | SHF_STRINGS},
    {".note.GNU-stack", SHT_PROGBITS, 0},
    {".note.gnu.property", SHT_NOTE, SHF_ALLOC},
    {".rela", SHT_RELA, SHF_INFO_LINK},
    {".symtab", SHT_SYMTAB, 0},
    {".strtab", SHT_STRTAB, 0},
    {".shstrtab", SHT_STRTAB, 0},
};

/* Sections with a purpose of their own: the words say what a person did to get one. */
static const struct refused {
    const char *stem;
    const char *words;
} refused_sections[] = {
    {".init_array", "a constructor: nothing of yours runs before the call"},
    {".preinit_array", "a constructor: nothing of yours runs before the call"},
    {".ctors", "a constructor: nothing of yours runs before the call"},
    {".init", "a constructor: nothing of yours runs before the call"},
    {".fini_array", "a destructor: nothing of yours runs after the call"},
    {".dtors", "a destructor: nothing of yours runs after the call"},
    {".fini", "a destructor: nothing of yours runs after the call"},
    {".interp", "a program interpreter: the program is static"},
    {".dynamic", "dynamic linking: the program is static"},
    {".gnu.warning", "a linker warning"},
    {".ldata", "the large code model: keep static data under 1 GiB"},
    {".lbss", "the large code model: keep static data under 1 GiB"},
    {".lrodata", "the large code model: keep static data under 1 GiB"},
    {".ltext", "the large code model"},
};

/* Names of the runner, of the C start-up code, and those that the linker itself gives a value. */
static const char *const reserved_names[] = {
    "_start", "_init", "_fini", "_end", "_edata", "_etext", "__executable_start", "__dso_handle",
};
static const char *const reserved_stems[] = {
    "adapter_",     "runner_",     "__libc_",      "_dl_",     "__init_array", "__fini_array",
    "__preinit_",   "__rela_iplt", "__start_",     "__stop_",  "_nl_current_", "__gmon_start",
    "_ITM_",        "__bss_start", "__ehdr_start", "_GLOBAL_", "__pthread_",   "__call_tls",
    "_dl_rtld_map", "__real_",     "__wrap_",      "__tls_",
};

/* What the assembler writes for a static, position-dependent program. */
static const unsigned char known_relocations[] = {
    R_X86_64_64,       R_X86_64_PC32,    R_X86_64_PLT32,     R_X86_64_GOTPCREL,
    R_X86_64_32,       R_X86_64_32S,     R_X86_64_16,        R_X86_64_PC16,
    R_X86_64_8,        R_X86_64_PC8,     R_X86_64_PC64,      R_X86_64_DTPOFF64,
    R_X86_64_TPOFF64,  R_X86_64_TLSGD,   R_X86_64_TLSLD,     R_X86_64_DTPOFF32,
    R_X86_64_GOTTPOFF, R_X86_64_TPOFF32, R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX,
};

bool audit_object(const void *bytes, size_t size, const struct audit_rules *rules,
                  struct audit_finding *out)
{
    struct audit audit = {.rules = rules, .finding = out};
    *out = (struct audit_finding){0};
    const char *wrong = elf_open(&audit.elf, bytes, size, AUDIT_SECTIONS_MAX);

    if (wrong != NULL)
        return refuse(&audit, "refused_object", "the object is refused: it is %s", wrong);
    return audit_sections(&audit) && audit_relocations(&audit) && audit_symbols(&audit) &&
           audit_function(&audit);
}

static bool audit_sections(struct audit *audit)
{
    for (size_t i = 1; i < audit->elf.sections_count; i++) {
        const Elf64_Shdr section = elf_section(&audit->elf, i);
        if (section.sh_type == SHT_NULL)
            continue;
        if (!audit_section(audit, &section))
            return false;
    }
    return true;
}

static bool audit_section(struct audit *audit, const Elf64_Shdr *section)
{
    const char *name = elf_section_name(&audit->elf, section);
    char text[64];

    if (name == NULL || !elf_holds(&audit->elf, section))
        return refuse(audit, "refused_object", "the object is refused: a section lies outside it");
    for (size_t i = 0; i < COUNT(refused_sections); i++)
        if (begins(name, refused_sections[i].stem))
            return refuse(audit, "refused_section", "section %s is refused: it is %s",
                          shown(name, text), refused_sections[i].words);
    if (strncmp(name, ".gnu.lto", strlen(".gnu.lto")) == 0)
        return refuse(audit, "refused_section", "section %s is refused: no link-time optimisation",
                      shown(name, text));
    if (strcmp(name, ".note.GNU-stack") == 0 && (section->sh_flags & SHF_EXECINSTR))
        return refuse(
            audit, "refused_section",
            "an executable stack is refused: a function inside a function has its address "
            "taken; move it out");
    if ((section->sh_flags & SHF_WRITE) && (section->sh_flags & SHF_EXECINSTR))
        return refuse(audit, "refused_section",
                      "section %s is refused: it is writable and executable at once",
                      shown(name, text));
    for (size_t i = 0; i < COUNT(known_sections); i++) {
        const struct known *known = &known_sections[i];
        if (begins(name, known->stem) && section->sh_type == known->type &&
            (section->sh_flags & ~known->flags) == 0)
            return audit_static(audit, section, name);
    }
    return refuse(audit, "refused_section",
                  "section %s is refused: the compiler makes none of that name and kind from C",
                  shown(name, text));
}

/* What is loaded must fit: sizes are added with a look at each, so that no sum wraps. */
static bool audit_static(struct audit *audit, const Elf64_Shdr *section, const char *name)
{
    char text[64];

    if (!(section->sh_flags & SHF_ALLOC))
        return true;
    if (section->sh_size > AUDIT_STATIC_MAX ||
        audit->static_bytes + section->sh_size > AUDIT_STATIC_MAX)
        return refuse(audit, "static_too_large", "static data is over %zu MiB (section %s)",
                      AUDIT_STATIC_MAX >> 20, shown(name, text));
    audit->static_bytes += section->sh_size;
    if (!(section->sh_flags & SHF_TLS))
        return true;
    audit->thread_bytes += section->sh_size;
    if (audit->thread_bytes > AUDIT_THREAD_MAX)
        return refuse(audit, "static_too_large", "thread-local data is over %zu KiB",
                      AUDIT_THREAD_MAX >> 10);
    return true;
}

static bool audit_relocations(struct audit *audit)
{
    for (size_t i = 1; i < audit->elf.sections_count; i++) {
        const Elf64_Shdr section = elf_section(&audit->elf, i);
        if (section.sh_type != SHT_RELA)
            continue;
        if (section.sh_entsize != sizeof(Elf64_Rela) || section.sh_info == 0 ||
            section.sh_info >= audit->elf.sections_count || section.sh_link != audit->elf.symbols)
            return refuse(audit, "refused_object",
                          "the object is refused: a relocation table is broken");
        const Elf64_Shdr target = elf_section(&audit->elf, section.sh_info);
        for (size_t j = 0; j < section.sh_size / sizeof(Elf64_Rela); j++) {
            const Elf64_Rela relocation = elf_relocation(&audit->elf, &section, j);
            if (!audit_relocation(audit, &relocation, target.sh_size))
                return false;
        }
    }
    return true;
}

static bool audit_relocation(struct audit *audit, const Elf64_Rela *relocation, uint64_t bytes)
{
    const uint64_t type = ELF64_R_TYPE(relocation->r_info);

    if (ELF64_R_SYM(relocation->r_info) >= audit->elf.symbols_count ||
        relocation->r_offset >= bytes)
        return refuse(audit, "refused_object",
                      "the object is refused: a relocation points outside it");
    for (size_t i = 0; i < COUNT(known_relocations); i++)
        if (type == known_relocations[i])
            return true;
    return refuse(audit, "refused_object",
                  "the object is refused: relocation type %" PRIu64 " has no place in a static "
                  "program",
                  type);
}

static bool audit_symbols(struct audit *audit)
{
    for (size_t i = 1; i < audit->elf.symbols_count; i++) {
        const Elf64_Sym symbol = elf_symbol(&audit->elf, i);
        const char *name = elf_symbol_name(&audit->elf, &symbol);
        if (name == NULL)
            return refuse(audit, "refused_object", "the object is refused: a name lies outside it");
        if (!audit_symbol(audit, &symbol, name))
            return false;
    }
    return true;
}

static bool audit_symbol(struct audit *audit, const Elf64_Sym *symbol, const char *name)
{
    const unsigned bind = ELF64_ST_BIND(symbol->st_info);
    const unsigned type = ELF64_ST_TYPE(symbol->st_info);
    const size_t place = symbol->st_shndx;
    char text[64];

    if (type > STT_TLS)
        return refuse(audit, "refused_symbol",
                      "%s is refused: an ifunc would run before the call (type %u)",
                      shown(name, text), type);
    if (bind > STB_WEAK)
        return refuse(audit, "refused_symbol", "%s is refused: its binding %u is foreign to C",
                      shown(name, text), bind);
    if (strchr(name, '@') != NULL)
        return refuse(audit, "refused_symbol", "%s is refused: names have no versions here",
                      shown(name, text));
    if (place >= audit->elf.sections_count && place != SHN_ABS && place != SHN_COMMON)
        return refuse(audit, "refused_object", "the object is refused: %s lies in no section of it",
                      shown(name, text));
    if (place == SHN_COMMON) {
        const Elf64_Shdr common = {.sh_flags = SHF_ALLOC, .sh_size = symbol->st_size};
        if (!audit_static(audit, &common, name))
            return false;
    }
    if (bind == STB_LOCAL)
        return true;
    return place == SHN_UNDEF ? audit_undefined(audit, name) : audit_defined(audit, name);
}

static bool audit_undefined(struct audit *audit, const char *name)
{
    const struct audit_rules *rules = audit->rules;
    char text[64];

    if (strcmp(name, rules->function) == 0)
        return true; /* audit_function has the better words for it */
    if (strcmp(name, "_GLOBAL_OFFSET_TABLE_") == 0)
        return true; /* the assembler names it beside thread-local data; the linker provides it */
    if (is_listed(name, rules->names, rules->names_count))
        return true;
    if (is_listed(name, rules->extras, rules->extras_count)) {
        audit->finding->needs_extra = true;
        return true;
    }
    return refuse(audit, "undefined_name", "%s is not available to a kernel", shown(name, text));
}

static bool audit_defined(struct audit *audit, const char *name)
{
    char text[64];

    if (strcmp(name, "main") == 0)
        return refuse(audit, "refused_name",
                      "main is refused: the runner has its own; leave yours out of this file");
    for (size_t i = 0; i < COUNT(reserved_names); i++)
        if (strcmp(name, reserved_names[i]) == 0)
            return refuse(audit, "refused_name", "%s is refused: the name belongs to the runtime",
                          shown(name, text));
    for (size_t i = 0; i < COUNT(reserved_stems); i++)
        if (strncmp(name, reserved_stems[i], strlen(reserved_stems[i])) == 0)
            return refuse(audit, "refused_name",
                          "%s is refused: names in %s* belong to the runtime", shown(name, text),
                          reserved_stems[i]);
    return true;
}

static bool audit_function(struct audit *audit)
{
    const char *wanted = audit->rules->function;
    bool is_static = false, is_other = false;

    for (size_t i = 1; i < audit->elf.symbols_count; i++) {
        const Elf64_Sym symbol = elf_symbol(&audit->elf, i);
        const char *name = elf_symbol_name(&audit->elf, &symbol);
        if (name == NULL || strcmp(name, wanted) != 0 || symbol.st_shndx == SHN_UNDEF)
            continue;
        if (!is_function(audit, &symbol))
            is_other = true;
        else if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL)
            is_static = true;
        else
            return true;
    }
    if (is_static)
        return refuse(audit, "missing_function",
                      "%s is static: nobody outside can call it; leave "
                      "the word out",
                      wanted);
    if (is_other)
        return refuse(audit, "missing_function", "%s is defined, but not as a function", wanted);
    const char *nearest = nearest_function(audit);
    char text[64];
    if (nearest == NULL)
        return refuse(audit, "missing_function", "%s is not defined", wanted);
    return refuse(audit, "missing_function", "%s is not defined; is %s meant to be it?", wanted,
                  shown(nearest, text));
}

static bool is_function(const struct audit *audit, const Elf64_Sym *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx >= audit->elf.sections_count)
        return false;
    return (elf_section(&audit->elf, symbol->st_shndx).sh_flags & SHF_EXECINSTR) != 0;
}

/* The global function whose name is nearest, else the only one there is. */
static const char *nearest_function(const struct audit *audit)
{
    const char *names[64];
    size_t count = 0;

    for (size_t i = 1; i < audit->elf.symbols_count && count < COUNT(names); i++) {
        const Elf64_Sym symbol = elf_symbol(&audit->elf, i);
        const char *name = elf_symbol_name(&audit->elf, &symbol);
        if (name != NULL && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL &&
            is_function(audit, &symbol) && strlen(name) < 64)
            names[count++] = name;
    }
    const char *nearest = text_nearest(audit->rules->function, names, count);
    return nearest == NULL && count == 1 ? names[0] : nearest;
}

static bool refuse(struct audit *audit, const char *code, const char *format, ...)
{
    struct audit_finding *finding = audit->finding;
    va_list arguments;

    (void)text_copy(finding->code, sizeof finding->code, code); /* codes are short */
    va_start(arguments, format);
    (void)vsnprintf(finding->message, sizeof finding->message, format, arguments); /* may be cut */
    va_end(arguments);
    return false;
}

static const char *shown(const char *name, char out[64])
{
    size_t length = 0;

    for (; length < 60 && name[length] != 0; length++)
        out[length] = name[length] > ' ' && name[length] < 127 ? name[length] : '?';
    (void)text_copy(out + length, 64 - length, name[length] == 0 ? "" : "..."); /* fits */
    return out;
}

static bool begins(const char *name, const char *stem)
{
    const size_t length = strlen(stem);

    return strncmp(name, stem, length) == 0 && (name[length] == 0 || name[length] == '.');
}

static bool is_listed(const char *name, const char *const *names, size_t count)
{
    return count > 0 && bsearch(name, names, count, sizeof *names, compare_name) != NULL;
}

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}
