/* Reading ELF with a raised eyebrow: headers are copied out (the file may be unaligned), and every
 * offset is compared with what is left, never added first. */
#include "worker/elf.h"

#include <string.h>

static const char *open_as(struct elf *out, const void *bytes, size_t size, size_t sections_max,
                           int machine);
static const char *find_symbols(struct elf *elf);
static const char *text_at(const struct elf *elf, size_t section, uint64_t offset);
static bool fits(const struct elf *elf, uint64_t offset, uint64_t size);

const char *elf_open(struct elf *out, const void *bytes, size_t size, size_t sections_max)
{
    return open_as(out, bytes, size, sections_max, EM_X86_64);
}

const char *elf_open_cuda(struct elf *out, const void *bytes, size_t size, size_t sections_max)
{
    return open_as(out, bytes, size, sections_max, EM_CUDA);
}

static const char *open_as(struct elf *out, const void *bytes, size_t size, size_t sections_max,
                           int machine)
{
    Elf64_Ehdr header;

    if (size < sizeof header)
        return "shorter than an ELF header";
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != machine)
        return machine == EM_CUDA ? "not an ELF file for CUDA" : "not an ELF file for x86-64";
    if (header.e_type != (machine == EM_CUDA ? ET_EXEC : ET_REL))
        return machine == EM_CUDA ? "not a cubin" : "not a relocatable object";
    if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0)
        return "without a section table";
    if (header.e_shnum > sections_max)
        return "with too many sections";

    struct elf elf = {.bytes = bytes, .size = size, .sections_count = header.e_shnum};
    if (!fits(&elf, header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr)))
        return "with a section table outside the file";
    elf.sections_at = header.e_shoff;
    if (header.e_shstrndx == 0 || header.e_shstrndx >= elf.sections_count)
        return "without section names";
    elf.names = header.e_shstrndx;

    const char *wrong = find_symbols(&elf);
    if (wrong == NULL)
        *out = elf;
    return wrong;
}

static const char *find_symbols(struct elf *elf)
{
    for (size_t i = 1; i < elf->sections_count; i++) {
        const Elf64_Shdr section = elf_section(elf, i);
        if (section.sh_type != SHT_SYMTAB)
            continue;
        if (elf->symbols != 0)
            return "with two symbol tables";
        if (!elf_holds(elf, &section) || section.sh_entsize != sizeof(Elf64_Sym) ||
            section.sh_link == 0 || section.sh_link >= elf->sections_count)
            return "with a broken symbol table";
        elf->symbols = i;
        elf->symbol_names = section.sh_link;
        elf->symbols_count = section.sh_size / sizeof(Elf64_Sym);
    }
    return NULL;
}

Elf64_Shdr elf_section(const struct elf *elf, size_t index)
{
    Elf64_Shdr section;

    memcpy(&section, elf->bytes + elf->sections_at + index * sizeof section, sizeof section);
    return section;
}

Elf64_Sym elf_symbol(const struct elf *elf, size_t index)
{
    const Elf64_Shdr table = elf_section(elf, elf->symbols);
    Elf64_Sym symbol;

    memcpy(&symbol, elf->bytes + table.sh_offset + index * sizeof symbol, sizeof symbol);
    return symbol;
}

const char *elf_section_name(const struct elf *elf, const Elf64_Shdr *section)
{
    return text_at(elf, elf->names, section->sh_name);
}

const char *elf_symbol_name(const struct elf *elf, const Elf64_Sym *symbol)
{
    return text_at(elf, elf->symbol_names, symbol->st_name);
}

static const char *text_at(const struct elf *elf, size_t section, uint64_t offset)
{
    const Elf64_Shdr texts = elf_section(elf, section);

    if (texts.sh_type != SHT_STRTAB || !elf_holds(elf, &texts) || offset >= texts.sh_size)
        return NULL;
    const char *text = (const char *)elf->bytes + texts.sh_offset + offset;
    size_t longest = texts.sh_size - offset;
    if (longest > ELF_NAME_MAX)
        longest = ELF_NAME_MAX;
    return memchr(text, 0, longest) == NULL ? NULL : text;
}

bool elf_holds(const struct elf *elf, const Elf64_Shdr *section)
{
    return section->sh_type == SHT_NOBITS || fits(elf, section->sh_offset, section->sh_size);
}

Elf64_Rela elf_relocation(const struct elf *elf, const Elf64_Shdr *section, size_t index)
{
    Elf64_Rela relocation;

    memcpy(&relocation, elf->bytes + section->sh_offset + index * sizeof relocation,
           sizeof relocation);
    return relocation;
}

static bool fits(const struct elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}
