/* The compile stage: cc1, as, audit, ld, in that order, each a step that either ends the matter or
 * hands on a descriptor. The tools run in the jail; only the audit, which is pure, runs here. */
#include "worker/compile.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "worker/audit.h"
#include "worker/compile_parts.h"
#include "worker/diagnostics.h"
#include "worker/names.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_BYTES_MAX ((size_t)256 << 10)

static struct err build_init(struct build *build, const char *file_name);
static void build_release(struct build *build);
static struct err build_run(struct build *build, struct wire_compiled *result, int *out_program);
static void object_name(const struct buf *object, char out[65]);
static void build_name(struct build *build, const char *file_name);
static bool is_source_name(const char *name);
static struct err object_get(struct build *build);
static struct err object_key(const struct build *build, struct cache_key *out);
static struct err object_make(struct build *build, bool *out_lasting);
static bool note_tool(struct build *build, const struct tool_result *tool, const char *code,
                      const char *title);
static struct err object_audit(const struct build *build, bool *out_fine,
                               struct audit_finding *out_finding);
static struct err program_link(struct build *build, bool with_extra, int *out_program,
                               bool *out_linked);

struct err compile_source(const struct toolchain *toolchain, struct sandbox *slot,
                          const struct spec *spec, const char *file_name, const char *source,
                          size_t source_size, struct wire_compiled *out_result, int *out_program)
{
    const int64_t started_ms = clock_ms();
    struct build build = {.kind = BUILD_GRADED,
                          .toolchain = toolchain,
                          .slot = slot,
                          .spec = spec,
                          .source = source,
                          .source_size = source_size};

    *out_result = (struct wire_compiled){0};
    *out_program = -1;
    struct err err = build_init(&build, file_name);
    if (!err_is(err))
        err = build_run(&build, out_result, out_program);
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
    build_release(&build);
    return err;
}

struct err compile_diagnosis(const struct toolchain *toolchain, struct sandbox *slot,
                             const struct spec *spec, const char *file_name, const char *source,
                             size_t source_size, int *out_program)
{
    struct build build = {.kind = BUILD_DIAGNOSIS,
                          .toolchain = toolchain,
                          .slot = slot,
                          .spec = spec,
                          .source = source,
                          .source_size = source_size};
    bool lasting = false, linked = false;

    *out_program = -1;
    struct err err = build_init(&build, file_name);
    if (!err_is(err))
        err = object_make(&build, &lasting);
    if (!err_is(err) && build.made.compiled)
        err = program_link(&build, true, out_program, &linked);
    build_release(&build);
    return err;
}

/* What build_release gives back is there even after an error. */
static struct err build_init(struct build *build, const char *file_name)
{
    const char *const home = build->toolchain->home, *const name = build->spec->name;
    char path[2 * 4096];

    build_name(build, file_name);
    buf_init(&build->header, HEADER_BYTES_MAX);
    cache_entry_init(&build->made);
    (void)snprintf(path, sizeof path, "%s/assignments/%s/%s.h", home, name, name);
    return fdio_read_file(path, &build->header);
}

static void build_release(struct build *build)
{
    cache_entry_release(&build->made);
    buf_release(&build->header);
}

static struct err build_run(struct build *build, struct wire_compiled *result, int *out_program)
{
    struct audit_finding finding;
    bool fine = false;

    struct err err = object_get(build);
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
    if (fine)
        object_name(&build->made.object, result->object);
    _Static_assert(sizeof result->message == sizeof build->made.message &&
                       sizeof finding.message == sizeof result->message &&
                       sizeof result->code == sizeof build->made.code &&
                       sizeof finding.code == sizeof result->code,
                   "copied whole");
    memcpy(result->code, build->made.code, sizeof result->code);
    memcpy(result->message, build->made.message, sizeof result->message);
    return err;
}

/* Under which the grader recognises a program that is compiled again from another text. */
static void object_name(const struct buf *object, char out[65])
{
    unsigned char hash[32];

    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)object->at, object->size,
                             NULL, 0); /* cannot fail for this size */
    text_hex(hash, sizeof hash, out);
}

/* The name comes from a stranger and becomes a file of /work and a word of a command line. */
static void build_name(struct build *build, const char *file_name)
{
    if (is_source_name(file_name))
        (void)text_copy(build->file_name, sizeof build->file_name, file_name);
    else
        (void)snprintf(build->file_name, sizeof build->file_name, "%s.c", build->spec->name);
    (void)snprintf(build->header_name, sizeof build->header_name, "%s.h", build->spec->name);
    (void)snprintf(build->runtime_path, sizeof build->runtime_path, "%s/%s/%s.o",
                   build->toolchain->runtime, build->spec->name,
                   build->kind == BUILD_DIAGNOSIS ? "diagnosis" : "runtime");
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
    const char *flags[COMPILE_FLAGS_MAX];
    const size_t flags_count = compile_flags(build->kind, flags);
    struct cache_part parts[COMPILE_FLAGS_MAX + 8];
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
    for (size_t i = 0; i < flags_count; i++)
        parts[count++] = (struct cache_part){flags[i], strlen(flags[i])};
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
    err = compile_run_cc1(build, assembly, &tool);
    if (!err_is(err) && note_tool(build, &tool, "syntax", "the compiler")) {
        buf_clear(&tool.said);
        if (lseek(assembly, 0, SEEK_SET) < 0)
            err = err_make(ERR_SYSTEM, "rewind the assembly");
        else
            err = compile_run_as(build, assembly, object, &tool);
        if (!err_is(err) && note_tool(build, &tool, "assembler", "the assembler")) {
            err = fdio_read_start(object, &build->made.object, CACHE_OBJECT_MAX, NULL);
            build->made.compiled = true;
        }
    }
    *out_lasting = tool.end != TOOL_LIMIT;
    tool_result_release(&tool);
    return err;
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
    struct tool_result tool;

    tool_result_init(&tool);
    struct err err = compile_run_ld(build, with_extra, &tool, out_program);
    *out_linked = !err_is(err) && note_tool(build, &tool, "link", "the linker");
    tool_result_release(&tool);
    return err;
}
