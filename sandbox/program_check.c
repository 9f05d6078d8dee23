/* Is this a program that may run here? Reads the ELF headers, believes nothing. */
#include "sandbox/request.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HEADERS_MAX 64 /* program headers; real programs have about ten */

static struct err check_file(int fd, uint64_t *out_bytes);
static struct err check_segments(int fd, const Elf64_Ehdr *header, bool dynamic,
                                 uint64_t file_bytes);
static bool is_writable_code(const Elf64_Phdr *segment);
static bool lies_within(const Elf64_Phdr *segment, uint64_t file_bytes);

struct err program_check(int fd, bool dynamic)
{
    Elf64_Ehdr header;
    uint64_t bytes = 0;
    struct err err = check_file(fd, &bytes);
    if (err_is(err))
        return err;
    ssize_t got = pread(fd, &header, sizeof header, 0);
    if (got < 0)
        return err_make(ERR_INPUT, "program_fd %d cannot be read", fd);
    if (got < (ssize_t)sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return err_make(ERR_INPUT, "the program is no ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB)
        return err_make(ERR_INPUT, "the program is for another architecture than x86-64");
    if (header.e_type == ET_REL)
        return err_make(ERR_INPUT, "the program is an object file, not yet linked");
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
        return err_make(ERR_INPUT, "the program is no executable (ELF type %u)", header.e_type);
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 ||
        header.e_phnum > HEADERS_MAX)
        return err_make(ERR_INPUT, "the program has no usable program headers");
    return check_segments(fd, &header, dynamic, bytes);
}

/* Whatever exec would refuse, so that it is told before anything starts. */
static struct err check_file(int fd, uint64_t *out_bytes)
{
    struct stat info;
    struct statvfs system;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return err_make(ERR_INPUT, "program_fd %d is no file", fd);
    if ((info.st_mode & 0111) == 0)
        return err_make(ERR_INPUT, "the program is not executable (chmod +x)");
    if (fstatvfs(fd, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
        return err_make(ERR_INPUT, "the program lies on a file system mounted noexec");
    *out_bytes = (uint64_t)info.st_size;
    return err_none();
}

static struct err check_segments(int fd, const Elf64_Ehdr *header, bool dynamic,
                                 uint64_t file_bytes)
{
    Elf64_Phdr segments[HEADERS_MAX];
    size_t size = header->e_phnum * sizeof segments[0];
    if (header->e_phoff > INT64_MAX ||
        pread(fd, segments, size, (off_t)header->e_phoff) != (ssize_t)size)
        return err_make(ERR_INPUT, "the program is cut short");
    bool loads = false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_INTERP && !dynamic)
            return err_make(ERR_INPUT, "the program is dynamically linked; link it with -static");
        if (is_writable_code(&segments[i]))
            return err_make(ERR_INPUT, "the program wants memory that is writable and executable");
        if (!lies_within(&segments[i], file_bytes))
            return err_make(ERR_INPUT, "the program is cut short");
        loads = loads || segments[i].p_type == PT_LOAD;
    }
    if (!loads)
        return err_make(ERR_INPUT, "the program has nothing to load");
    return err_none();
}

/* The filter refuses such memory to a running program; its headers must not ask for it either. */
static bool is_writable_code(const Elf64_Phdr *segment)
{
    bool executable = (segment->p_flags & PF_X) != 0;
    if (segment->p_type == PT_GNU_STACK)
        return executable; /* a stack is always writable, whatever its other flags say */
    return executable && segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0;
}

static bool lies_within(const Elf64_Phdr *segment, uint64_t file_bytes)
{
    return segment->p_filesz == 0 ||
           (segment->p_offset <= file_bytes && segment->p_filesz <= file_bytes - segment->p_offset);
}
