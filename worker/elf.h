/* A careful view of an ELF64 relocatable file, or a cubin, in memory: nothing is trusted,
 * everything that is handed out lies inside the bytes. Pure. */
#ifndef WORKER_ELF_H
#define WORKER_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

/* A longer name is no name: half a million symbols may share one string of megabytes. */
#define ELF_NAME_MAX 2048

struct elf {
    const unsigned char *bytes; /* borrowed; need not be aligned */
    size_t size;
    size_t sections_count;
    size_t sections_at;  /* offset of the section headers */
    size_t names;        /* section that holds the section names */
    size_t symbols;      /* section that is the symbol table; 0: none */
    size_t symbol_names; /* section that holds the symbols' names */
    size_t symbols_count;
};

/* Looks at the headers. Returns NULL if they hold together, else what is wrong, as a few words:
 * "not an ELF file for x86-64", … */
const char *elf_open(struct elf *out, const void *bytes, size_t size, size_t sections_max);

/* The same of a cubin: an ELF file for CUDA devices, linked. */
const char *elf_open_cuda(struct elf *out, const void *bytes, size_t size, size_t sections_max);

/* The header of a section; index < sections_count. */
Elf64_Shdr elf_section(const struct elf *elf, size_t index);

/* The symbol; index < symbols_count. */
Elf64_Sym elf_symbol(const struct elf *elf, size_t index);

/* A name out of a string section, or NULL if the offset or its end lies outside,
 * or it is too long. */
const char *elf_section_name(const struct elf *elf, const Elf64_Shdr *section);
const char *elf_symbol_name(const struct elf *elf, const Elf64_Sym *symbol);

/* True if the bytes of a section lie inside the file (NOBITS has none). */
bool elf_holds(const struct elf *elf, const Elf64_Shdr *section);

/* The relocation `index` of a section of type RELA that elf_holds; index < sh_size / entry. */
Elf64_Rela elf_relocation(const struct elf *elf, const Elf64_Shdr *section, size_t index);

#endif
