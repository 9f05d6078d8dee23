/* The compile stage: cc1, as, audit, ld, in that order, each a step that either ends the matter or
 * hands on a descriptor. The tools run in the jail; only the audit, which is pure, runs here. */
#include "worker/compile.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "worker/audit.h"
#include "worker/cache.h"
#include "worker/diagnostics.h"
#include "worker/names.h"
#include "worker/tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES_MAX ((size_t)256 << 10)
#define PROGRAM_BYTES_MAX ((uint64_t)64 << 20) /* object, runtime, and what alignment adds */
#define MARCH_WORD_MAX 32

/* One compilation on its way. */
struct build {
    const struct toolchain *toolchain;
    struct sandbox *slot;
    const struct spec *spec;
    const char *source;
    size_t source_size;
    char file_name[64];   /* in /work and in messages */
    char header_name[64]; /* NAME.h */
    char runtime_path[4096 + 64];
    char extra_path[4096 + 64];
    struct buf header;
    struct cache_entry made; /* what compiler and assembler made of it */
};

static struct err build_run(struct build *build, struct wire_compiled *result, int *out_program);
static void build_name(struct build *build, const char *file_name);
static bool is_source_name(const char *name);
static struct err object_get(struct build *build);
static struct err object_key(const struct build *build, struct cache_key *out);
static struct err object_make(struct build *build, bool *out_lasting);
static struct err run_compiler(struct build *build, int assembly, struct tool_result *out);
static struct err run_assembler(struct build *build, int assembly, int object,
                                struct tool_result *out);
static bool note_tool(struct build *build, const struct tool_result *tool, const char *code,
                      const char *title);
static struct err object_audit(const struct build *build, bool *out_fine,
                               struct audit_finding *out_finding);
static struct err program_link(struct build *build, bool with_extra, int *out_program,
                               bool *out_linked);
static struct err seal(int program);

/* What cc1 is told, besides -march, and why. One set for checking, timing and the baseline. */
static const struct flag {
    const char *word;
    const char *reason;
} flags[] = {
    {"-quiet", "no report of each function on stderr"},
    {"-imultiarch", "Debian's headers for one architecture lie in a folder of that name"},
    {"x86_64-linux-gnu", "that folder"},
    {"-O3", "what a speed exercise deserves: vectorised loops"},
    {"-std=gnu11", "the dialect of the handouts"},
    {"-Wall", "warnings are the first help"},
    {"-fno-pie", "the program is static and lies at a fixed address"},
    {"-fno-asynchronous-unwind-tables", "nobody unwinds; less to assemble and link"},
    {"-fno-ident", "objects depend on the source alone"},
    {"-frandom-seed=0", "the same"},
    {"-Wno-builtin-macro-redefined", "for the next two"},
    {"-D__DATE__=\"Jan  1 1970\"", "objects depend on the source alone, so they can be kept"},
    {"-D__TIME__=\"00:00:00\"", "the same"},
    {"-fcf-protection=none", "some distributions switch it on; numbers shall compare"},
    {"-fno-stack-protector", "the same"},
    {"-fmax-include-depth=30", "libc's headers need 8; a file that includes itself ends sooner"},
    {"-fmax-errors=50", "more help nobody; bounds the text"},
    {"-fdiagnostics-color=never", "text goes to terminals, pages and JSON alike"},
    {"-fdiagnostics-urls=never", "the same"},
    {"-fmessage-length=0", "lines are cut by us"},
};

struct err compile_source(const struct toolchain *toolchain, struct sandbox *slot,
                          const struct spec *spec, const char *file_name, const char *source,
                          size_t source_size, struct wire_compiled *out_result, int *out_program)
{
    const int64_t started_ms = clock_ms();
    struct build build = {.toolchain = toolchain,
                          .slot = slot,
                          .spec = spec,
                          .source = source,
                          .source_size = source_size};

    *out_result = (struct wire_compiled){0};
    *out_program = -1;
    build_name(&build, file_name);
    buf_init(&build.header, HEADER_BYTES_MAX);
    cache_entry_init(&build.made);

    struct err err = build_run(&build, out_result, out_program);
    out_result->errors = build.made.errors;
    out_result->warnings = build.made.warnings;
    out_result->diagnostics = buf_take(&build.made.diagnostics);
    out_result->took_ms = clock_ms() - started_ms;
    if (!err_is(err) && out_result->diagnostics == NULL)
        err = err_make(ERR_SYSTEM, "memory for the diagnostics");
    if (err_is(err) && *out_program >= 0) {
        (void)close(*out_program); /* a memfd: nothing can be lost */
        *out_program = -1;
    }
    cache_entry_release(&build.made);
    buf_release(&build.header);
    return err;
}

static struct err build_run(struct build *build, struct wire_compiled *result, int *out_program)
{
    const char *const name = build->spec->name;
    char path[2 * 4096];
    struct audit_finding finding;
    bool fine = false;

    (void)snprintf(path, sizeof path, "%s/assignments/%s/%s.h", build->toolchain->home, name, name);
    struct err err = fdio_read_file(path, &build->header);
    if (!err_is(err))
        err = object_get(build);
    if (err_is(err))
        return err;

    if (build->made.compiled) {
        err = object_audit(build, &fine, &finding);
        if (!err_is(err) && fine)
            err = program_link(build, finding.needs_extra, out_program, &fine);
        else if (!err_is(err)) {
            memcpy(build->made.code, finding.code, sizeof finding.code);
            memcpy(build->made.message, finding.message, sizeof finding.message);
        }
    }
    result->good = fine;
    _Static_assert(sizeof result->message == sizeof build->made.message &&
                       sizeof finding.message == sizeof result->message &&
                       sizeof result->code == sizeof build->made.code &&
                       sizeof finding.code == sizeof result->code,
                   "copied whole");
    memcpy(result->code, build->made.code, sizeof result->code);
    memcpy(result->message, build->made.message, sizeof result->message);
    return err;
}

/* The name comes from a stranger and becomes a file of /work and a word of a command line. */
static void build_name(struct build *build, const char *file_name)
{
    if (is_source_name(file_name))
        (void)text_copy(build->file_name, sizeof build->file_name, file_name);
    else
        (void)snprintf(build->file_name, sizeof build->file_name, "%s.c", build->spec->name);
    (void)snprintf(build->header_name, sizeof build->header_name, "%s.h", build->spec->name);
    (void)snprintf(build->runtime_path, sizeof build->runtime_path, "%s/%s/runtime.o",
                   build->toolchain->runtime, build->spec->name);
    (void)snprintf(build->extra_path, sizeof build->extra_path, "%s/extra.o",
                   build->toolchain->runtime);
}

static bool is_source_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    const size_t length = strlen(name);

    return length > 2 && length < 64 && strspn(name, allowed) == length && name[0] != '-' &&
           name[0] != '.' && strcmp(name + length - 2, ".c") == 0;
}

/* From the cache, or made and put there. */
static struct err object_get(struct build *build)
{
    const char *const folder = build->toolchain->cache;
    struct cache_key key;
    bool lasting = false;

    if (folder[0] == 0)
        return object_make(build, &lasting);
    struct err err = object_key(build, &key);
    if (err_is(err) || cache_get(folder, &key, &build->made))
        return err;
    err = object_make(build, &lasting);
    if (!err_is(err) && lasting)
        cache_put(folder, &key, &build->made);
    return err;
}

static struct err object_key(const struct build *build, struct cache_key *out)
{
    struct stat runtime;
    struct cache_part parts[COUNT(flags) + 8];
    size_t count = 0;

    if (stat(build->runtime_path, &runtime) < 0)
        return err_make(ERR_SYSTEM, "look at %.100s", build->runtime_path);
    const int64_t version[] = {runtime.st_size, runtime.st_mtim.tv_sec, runtime.st_mtim.tv_nsec};

    parts[count++] = (struct cache_part){build->source, build->source_size};
    parts[count++] = (struct cache_part){build->header.at, build->header.size};
    parts[count++] = (struct cache_part){build->file_name, strlen(build->file_name)};
    parts[count++] = (struct cache_part){build->header_name, strlen(build->header_name)};
    parts[count++] = (struct cache_part){version, sizeof version};
    parts[count++] =
        (struct cache_part){build->toolchain->identity, strlen(build->toolchain->identity)};
    parts[count++] = (struct cache_part){build->toolchain->isa, strlen(build->toolchain->isa)};
    for (size_t i = 0; i < COUNT(flags); i++)
        parts[count++] = (struct cache_part){flags[i].word, strlen(flags[i].word)};
    *out = cache_key_of(parts, count);
    return err_none();
}

/* Limits depend on how busy the machine is, so only clean ends are lasting. */
static struct err object_make(struct build *build, bool *out_lasting)
{
    auto_close int assembly = -1, object = -1;
    struct tool_result tool;

    struct err err = fdio_memfd("assembly", 0, &assembly);
    if (!err_is(err))
        err = fdio_memfd("object", 0, &object);
    if (err_is(err))
        return err;

    tool_result_init(&tool);
    err = run_compiler(build, assembly, &tool);
    if (!err_is(err) && note_tool(build, &tool, "syntax", "the compiler")) {
        buf_clear(&tool.said);
        if (lseek(assembly, 0, SEEK_SET) < 0)
            err = err_make(ERR_SYSTEM, "rewind the assembly");
        else
            err = run_assembler(build, assembly, object, &tool);
        if (!err_is(err) && note_tool(build, &tool, "assembler", "the assembler")) {
            err = fdio_read_start(object, &build->made.object, CACHE_OBJECT_MAX, NULL);
            build->made.compiled = true;
        }
    }
    *out_lasting = tool.end != TOOL_LIMIT;
    tool_result_release(&tool);
    return err;
}

static struct err run_compiler(struct build *build, int assembly, struct tool_result *out)
{
    const char *argv[COUNT(flags) + 8];
    char march[MARCH_WORD_MAX];
    size_t count = 0;
    auto_close int source = -1, header = -1, nothing = -1;

    struct err err = fdio_memfd_sealed("source", build->source, build->source_size, &source);
    if (!err_is(err))
        err = fdio_memfd_sealed("header", build->header.at, build->header.size, &header);
    if (!err_is(err))
        err = fdio_memfd("nothing", 0, &nothing);
    if (err_is(err))
        return err;

    const char *const isa = build->toolchain->isa;
    (void)snprintf(march, sizeof march, "-march=%s", isa[0] == 0 ? "x86-64" : isa);
    argv[count++] = build->toolchain->cc1;
    argv[count++] = build->file_name;
    argv[count++] = march;
    for (size_t i = 0; i < COUNT(flags); i++)
        argv[count++] = flags[i].word;
    argv[count++] = "-o";
    argv[count++] = "-";
    argv[count] = NULL;

    const struct sandbox_file files[] = {{build->file_name, source}, {build->header_name, header}};
    const struct tool_run run = {.title = "the compiler",
                                 .argv = argv,
                                 .input = nothing,
                                 .output = assembly,
                                 .files_in = files,
                                 .files_in_count = COUNT(files),
                                 .output_bytes = CACHE_OBJECT_MAX};
    return tool_run(build->slot, &run, out);
}

static struct err run_assembler(struct build *build, int assembly, int object,
                                struct tool_result *out)
{
    const char *const argv[] = {build->toolchain->as, "--64", "-o", "out.o", NULL};
    const struct sandbox_file file = {"out.o", object};
    auto_close int nothing = -1;
    struct err err = fdio_memfd("nothing", 0, &nothing);
    if (err_is(err))
        return err;

    const struct tool_run run = {.title = "the assembler",
                                 .argv = argv,
                                 .input = assembly,
                                 .output = nothing,
                                 .file_out = &file,
                                 .output_bytes = CACHE_OBJECT_MAX};
    return tool_run(build->slot, &run, out);
}

/* Keeps what the tool said. Returns true if the next step may go on. */
static bool note_tool(struct build *build, const struct tool_result *tool, const char *code,
                      const char *title)
{
    struct cache_entry *made = &build->made;
    const size_t room = WIRE_DIAGNOSTICS_MAX - made->diagnostics.size;

    /* Nothing that the first tool left room for is lost: a second one speaks only of errors. */
    if (tool->said.size > 0 && room > 64) {
        const struct diagnostics_count count = diagnostics_clean(
            &made->diagnostics, tool->said.at, tool->said.size, build->file_name, room);
        made->errors += count.errors;
        made->warnings += count.warnings;
    }
    if (tool->end == TOOL_DONE)
        return true;
    if (tool->end == TOOL_LIMIT) {
        (void)text_copy(made->code, sizeof made->code, "compile_limit");
        (void)text_copy(made->message, sizeof made->message, tool->message);
        return false;
    }
    (void)text_copy(made->code, sizeof made->code, code);
    if (made->errors == 0) /* the linker's words have no such mark */
        (void)snprintf(made->message, sizeof made->message, "%s refused it", title);
    else
        (void)snprintf(made->message, sizeof made->message, "%s found %lld error%s", title,
                       (long long)made->errors, made->errors == 1 ? "" : "s");
    return false;
}

static struct err object_audit(const struct build *build, bool *out_fine,
                               struct audit_finding *out_finding)
{
    const struct buf *object = &build->made.object;
    struct names names = {0}, extras = {0};
    struct err err = names_load(&names, build->toolchain->runtime, "names");
    if (!err_is(err))
        err = names_load(&extras, build->toolchain->runtime, "names.extra");

    const struct audit_rules rules = {build->spec->function, names.at, names.count, extras.at,
                                      extras.count};
    if (!err_is(err))
        *out_fine = audit_object(object->at, object->size, &rules, out_finding);
    names_release(&names);
    names_release(&extras);
    return err;
}

static struct err program_link(struct build *build, bool with_extra, int *out_program,
                               bool *out_linked)
{
    /* The student's object first: a memcpy of its own then wins over the runtime's. */
    const char *const argv[] = {build->toolchain->ld,
                                "-static",
                                "-s",
                                "-z",
                                "noexecstack",
                                "-z",
                                "norelro",
                                "--allow-multiple-definition",
                                "--build-id=none",
                                "-o",
                                "program",
                                "out.o",
                                "runtime.o",
                                with_extra ? "extra.o" : NULL,
                                NULL};
    auto_close int object = -1, program = -1, nothing = -1, extra = -1;
    auto_close int runtime = open(build->runtime_path, O_RDONLY | O_CLOEXEC);
    if (runtime < 0)
        return err_make(ERR_SYSTEM, "open %.100s", build->runtime_path);
    if (with_extra && (extra = open(build->extra_path, O_RDONLY | O_CLOEXEC)) < 0)
        return err_make(ERR_SYSTEM, "open %.100s", build->extra_path);

    struct err err =
        fdio_memfd_sealed("object", build->made.object.at, build->made.object.size, &object);
    if (!err_is(err))
        err = fdio_memfd("program", 0, &program);
    if (!err_is(err))
        err = fdio_memfd("nothing", 0, &nothing);
    if (err_is(err))
        return err;

    const struct sandbox_file in[] = {
        {"out.o", object}, {"runtime.o", runtime}, {"extra.o", extra}};
    const struct sandbox_file file = {"program", program};
    const struct tool_run run = {.title = "the linker",
                                 .argv = argv,
                                 .input = nothing,
                                 .output = nothing,
                                 .files_in = in,
                                 .files_in_count = with_extra ? 3 : 2,
                                 .file_out = &file,
                                 .output_bytes = PROGRAM_BYTES_MAX};
    struct tool_result tool;
    tool_result_init(&tool);
    err = tool_run(build->slot, &run, &tool);
    *out_linked = !err_is(err) && note_tool(build, &tool, "link", "the linker");
    tool_result_release(&tool);
    if (!err_is(err) && *out_linked)
        err = seal(program);
    if (!err_is(err) && *out_linked) {
        *out_program = program;
        program = -1; /* the caller's now */
    }
    return err;
}

static struct err seal(int program)
{
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

    if (fcntl(program, F_ADD_SEALS, seals) < 0)
        return err_make(ERR_SYSTEM, "seal the program");
    return err_none();
}
