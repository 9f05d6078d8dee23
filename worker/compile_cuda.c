/* The CUDA compile stage: launch lines, cache or compiler, audit, resources; each a step that
 * either ends the matter or hands on. */
#include "worker/compile_cuda.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/jail_tools.h"
#include "worker/cache.h"
#include "worker/cubin.h"
#include "worker/cuda_build.h"
#include "worker/cuda_log.h"
#include "worker/diagnostics.h"
#include "worker/gpu_arch.h"
#include "worker/nvrtc_input.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_BYTES_MAX ((size_t)256 << 10)
#define LOG_BYTES_MAX ((size_t)64 << 10) /* of the assembler's lines: some 300 bytes a kernel */
#define LOG_LINE_MAX ((size_t)400)
#define QUOTE_BYTES ((size_t)1024) /* of the diagnostics: for the launch line that is refused */

static struct err build_init(struct cuda_build *build, const char *file_name);
static struct err build_run(struct cuda_build *build);
static struct err launches_check(struct cuda_build *build, bool *out_fine);
static struct err cubin_get(struct cuda_build *build);
static struct cache_key key_of(const struct cuda_build *build);
static struct err cubin_make(struct cuda_build *build, bool *out_lasting);
static void note_end(struct cuda_build *build, const struct tool_result *tool);
static void keep_lines(struct buf *out, const struct buf *said);
static bool cubin_fine(struct cuda_build *build);

void cuda_toolchain_find(struct cuda_toolchain *out, const char *architecture)
{
    static const char prefix[] = "libnvrtc-builtins.so.";
    struct jail_tools tools;
    struct stat library, program;

    *out = (struct cuda_toolchain){.present = false};
    (void)text_copy(out->architecture, sizeof out->architecture,
                    architecture[0] == '\0' ? GPU_ARCH_DEFAULT : architecture);
    (void)snprintf(out->why, sizeof out->why, "no CUDA toolkit (libnvrtc) on this host");
    if (gpu_arch_find(out->architecture) == NULL) {
        (void)snprintf(out->why, sizeof out->why, "architecture %s is not known here",
                       out->architecture);
        return;
    }
    if (err_is(jail_tools_find(&tools)) || tools.nvrtc[0] == '\0' ||
        stat(tools.nvrtc, &library) < 0 || stat(tools.nvrtc_program, &program) < 0)
        return;
    const char *const version = strstr(tools.nvrtc_builtins, prefix);
    (void)snprintf(out->compiler, sizeof out->compiler, "nvrtc %.40s",
                   version == NULL ? "" : version + strlen(prefix));
    (void)snprintf(out->identity, sizeof out->identity, "%.100s %lld %lld %lld %lld", tools.nvrtc,
                   (long long)library.st_size, (long long)library.st_mtime,
                   (long long)program.st_size, (long long)program.st_mtime);
    out->present = true;
    out->why[0] = '\0';
}

struct err compile_cuda(const struct toolchain *toolchain, const struct cuda_toolchain *cuda,
                        struct nvrtc *nvrtc, const struct spec *spec,
                        const struct cuda_source *source, struct wire_compiled *out_result,
                        struct cuda_program *out_program)
{
    const int64_t started_ms = clock_ms();
    struct cuda_build build = {.toolchain = toolchain,
                               .cuda = cuda,
                               .arch = gpu_arch_find(cuda->architecture),
                               .nvrtc = nvrtc,
                               .spec = spec,
                               .source = source->text,
                               .source_size = source->size,
                               .practice = source->practice,
                               .result = out_result,
                               .program = out_program};

    *out_result = (struct wire_compiled){.good = false};
    (void)text_copy(out_result->compiler, sizeof out_result->compiler, cuda->compiler);
    (void)text_copy(out_result->flags, sizeof out_result->flags, cuda->architecture);
    buf_init(&out_program->cubin, CACHE_OBJECT_MAX);
    struct err err = build_init(&build, source->file_name);
    if (!err_is(err))
        err = build_run(&build);
    out_result->errors += build.made.errors;
    out_result->warnings = build.made.warnings;
    out_result->diagnostics = buf_take(&build.made.diagnostics);
    out_result->took_ms = clock_ms() - started_ms;
    if (!err_is(err) && out_result->diagnostics == NULL)
        err = err_make(ERR_SYSTEM, "memory for the diagnostics");
    cache_entry_release(&build.made);
    buf_release(&build.header);
    return err;
}

static struct err build_init(struct cuda_build *build, const char *file_name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    const size_t length = strlen(file_name);
    const char *const name = build->spec->name;
    char path[2 * 4096];

    cache_entry_init(&build->made);
    buf_init(&build->header, HEADER_BYTES_MAX);
    if (length > 3 && length < sizeof build->file_name && strspn(file_name, allowed) == length &&
        file_name[0] != '-' && file_name[0] != '.' &&
        strncmp(file_name, CUDA_LOG_ASSEMBLER, strlen(CUDA_LOG_ASSEMBLER)) != 0)
        (void)text_copy(build->file_name, sizeof build->file_name, file_name);
    else
        (void)snprintf(build->file_name, sizeof build->file_name, "%s.cu", name);
    (void)snprintf(build->header_name, sizeof build->header_name, "%s.cuh", name);
    (void)snprintf(path, sizeof path, "%s/assignments/%s/%s.cuh", build->toolchain->home, name,
                   name);
    return fdio_read_file(path, &build->header);
}

static struct err build_run(struct cuda_build *build)
{
    if (!build->cuda->present || build->arch == NULL)
        return err_make(ERR_SYSTEM, "%s", build->cuda->why);
    bool fine = false;
    struct err err = launches_check(build, &fine);
    if (!err_is(err) && fine)
        err = cubin_get(build);
    if (err_is(err) || !fine)
        return err;
    if (!build->made.compiled) {
        _Static_assert(sizeof build->result->code == sizeof build->made.code &&
                           sizeof build->result->message == sizeof build->made.message,
                       "copied whole");
        memcpy(build->result->code, build->made.code, sizeof build->result->code);
        memcpy(build->result->message, build->made.message, sizeof build->result->message);
        return err_none();
    }
    build->result->cuda = calloc(1, sizeof *build->result->cuda);
    if (build->result->cuda == NULL)
        return err_make(ERR_SYSTEM, "memory for the kernels");
    build->result->good = cubin_fine(build);
    if (build->result->good)
        err = cuda_needs_fit(build, &build->result->good);
    struct wire_cuda *const cuda = build->result->cuda;
    for (int i = 0; build->result->good && i < build->program->plan.steps_count; i++)
        (void)text_copy(cuda->launches[cuda->launches_count++], sizeof cuda->launches[0],
                        build->program->plan.steps[i].words);
    return err;
}

bool cuda_refuse(struct cuda_build *build, const char *code, const char *format, ...)
{
    struct wire_compiled *const result = build->result;
    char raw[sizeof result->message];
    auto_buf struct buf clean = buf_of(4 * sizeof raw);
    va_list list;

    va_start(list, format);
    (void)vsnprintf(raw, sizeof raw, format, list); /* cut: it is for people */
    va_end(list);
    (void)text_sanitise(&clean, raw, strlen(raw), 1, sizeof raw - 1); /* a stranger's words */
    (void)text_copy(result->message, sizeof result->message, clean.at);
    (void)text_copy(result->code, sizeof result->code, code);
    return false;
}

/* Read, and in bounds in every case that it would run in. */
static struct err launches_check(struct cuda_build *build, bool *out_fine)
{
    const struct launch_limits limits = {.shared_bytes = build->arch->shared_of_block,
                                         .scratch_bytes = build->spec->limits.memory_extra_bytes};
    auto_free struct launch_program *program = malloc(sizeof *program);
    struct launch_plan *const plan = &build->program->plan;
    const char *code = "launch_line";

    *out_fine = false;
    if (program == NULL)
        return err_make(ERR_SYSTEM, "memory for its launches");
    struct err err = launch_parse(plan, build->spec, build->source, build->source_size);
    for (int i = 0; !err_is(err); i++) {
        const struct spec_case *const one = cuda_case_at(build, i);
        *out_fine = one == NULL;
        if (*out_fine)
            return err_none();
        code = "launch_bounds";
        err = launch_program(plan, one, &limits, program);
    }
    if (strncmp(err.text, "line ", 5) == 0) /* as launch.h promises */
        cuda_quote_line(build, (int)strtol(err.text + 5, NULL, 10));
    (void)cuda_refuse(build, code, "%s", err.text); /* always false */
    return err_none();
}

/* From the cache, or made and put there. */
static struct err cubin_get(struct cuda_build *build)
{
    const char *const folder = build->toolchain->cache;
    const struct cache_key key = key_of(build);
    bool lasting = false;

    if (folder[0] != '\0' && cache_get(folder, &key, &build->made))
        return err_none();
    struct err err = cubin_make(build, &lasting);
    if (!err_is(err) && lasting && folder[0] != '\0')
        cache_put(folder, &key, &build->made);
    return err;
}

static struct cache_key key_of(const struct cuda_build *build)
{
    static const char *const options[] = {NVRTC_OPTIONS};
    struct cache_part parts[COUNT(options) + 8];
    size_t count = 0;

    parts[count++] = (struct cache_part){"cuda", 4};
    parts[count++] = (struct cache_part){build->source, build->source_size};
    parts[count++] = (struct cache_part){build->header.at, build->header.size};
    parts[count++] = (struct cache_part){build->file_name, strlen(build->file_name)};
    parts[count++] = (struct cache_part){build->header_name, strlen(build->header_name)};
    parts[count++] = (struct cache_part){build->cuda->identity, strlen(build->cuda->identity)};
    parts[count++] = (struct cache_part){build->arch->name, strlen(build->arch->name)};
    for (size_t i = 0; i < COUNT(options); i++)
        parts[count++] = (struct cache_part){options[i], strlen(options[i])};
    return cache_key_of(parts, count);
}

/* Limits depend on how busy the machine is, so only clean ends are lasting. */
static struct err cubin_make(struct cuda_build *build, bool *out_lasting)
{
    const struct nvrtc_source source = {.architecture = build->arch->name,
                                        .name = build->file_name,
                                        .header_name = build->header_name,
                                        .text = build->source,
                                        .header = build->header.at,
                                        .text_size = build->source_size,
                                        .header_size = build->header.size};
    _Static_assert(NVRTC_CUBIN_MAX + 2 * LOG_BYTES_MAX < CACHE_OBJECT_MAX,
                   "both fit into an object");
    auto_buf struct buf cubin = buf_of(NVRTC_CUBIN_MAX);
    struct tool_result tool;

    tool_result_init(&tool);
    struct err err = nvrtc_compile(build->nvrtc, &source, &tool, &cubin);
    if (!err_is(err)) {
        note_end(build, &tool);
        build->made.compiled = tool.end == TOOL_DONE;
        keep_lines(&build->made.object, &tool.said);
        buf_append(&build->made.object, "", 1);
        if (build->made.compiled)
            buf_append(&build->made.object, cubin.at, cubin.size);
        if (build->made.object.failed)
            err = err_make(ERR_SYSTEM, "memory for a cubin of %zu bytes", cubin.size);
    }
    *out_lasting = tool.end != TOOL_LIMIT;
    tool_result_release(&tool);
    return err;
}

static void note_end(struct cuda_build *build, const struct tool_result *tool)
{
    struct cache_entry *const made = &build->made;
    struct wire_kernel ignored[WIRE_KERNELS_MAX];
    auto_buf struct buf reports = buf_of((size_t)1 << 20);

    (void)cuda_log_read(tool->said.at, tool->said.size, &reports, ignored);
    if (reports.size > 0) {
        const struct diagnostics_count count =
            diagnostics_clean(&made->diagnostics, reports.at, reports.size, build->file_name,
                              WIRE_DIAGNOSTICS_MAX - QUOTE_BYTES);
        made->errors += count.errors;
        made->warnings += count.warnings;
    }
    if (tool->end == TOOL_DONE)
        return;
    (void)text_copy(made->code, sizeof made->code,
                    tool->end == TOOL_LIMIT ? "compile_limit" : "syntax");
    if (tool->end == TOOL_LIMIT)
        (void)text_copy(made->message, sizeof made->message, tool->message);
    else
        (void)snprintf(made->message, sizeof made->message, "the CUDA compiler found %lld error%s",
                       (long long)made->errors, made->errors == 1 ? "" : "s");
}

/* The assembler's lines, which say what each kernel spills. */
static void keep_lines(struct buf *out, const struct buf *said)
{
    for (size_t at = 0; at < said->size && out->size < LOG_BYTES_MAX;) {
        const char *const line = said->at + at;
        const char *const end = memchr(line, '\n', said->size - at);
        const size_t length = end == NULL ? said->size - at : (size_t)(end - line) + 1;
        if (length > strlen(CUDA_LOG_ASSEMBLER) &&
            memcmp(line, CUDA_LOG_ASSEMBLER, strlen(CUDA_LOG_ASSEMBLER)) == 0 &&
            memchr(line, '\0', length) == NULL) {
            buf_append(out, line, length < LOG_LINE_MAX ? length - 1 : LOG_LINE_MAX);
            buf_append(out, "\n", 1);
        }
        at += length;
    }
}

static bool cubin_fine(struct cuda_build *build)
{
    const struct buf *const object = &build->made.object;
    const char *const stop = memchr(object->at, '\0', object->size);
    const size_t log_size = stop == NULL ? object->size : (size_t)(stop - object->at);
    struct cubin_finding finding;

    if (stop != NULL)
        buf_append(&build->program->cubin, stop + 1, object->size - log_size - 1);
    if (cubin_audit(build->program->cubin.at, build->program->cubin.size, &build->program->plan,
                    build->arch->number, &finding))
        return cuda_kernels_find(build, object->at, log_size);
    cuda_quote_line(build, finding.line);
    return cuda_refuse(build, finding.code, "%s", finding.message);
}

void cuda_quote_line(struct cuda_build *build, int line)
{
    const char *at = build->source, *const end = at + build->source_size;
    auto_buf struct buf text = buf_of((size_t)1 << 20);

    if (line < 1 || build->made.diagnostics.size + QUOTE_BYTES > WIRE_DIAGNOSTICS_MAX)
        return; /* the message names the line anyway */
    for (int i = 1; i < line && at < end; i++) {
        const char *const next = memchr(at, '\n', (size_t)(end - at));
        at = next == NULL ? end : next + 1;
    }
    const char *const stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    buf_printf(&text, "%5d | %.*s\n", line, (int)((stop == NULL ? end : stop) - at), at);
    (void)diagnostics_clean(&build->made.diagnostics, text.at, text.size, build->file_name,
                            WIRE_DIAGNOSTICS_MAX - build->made.diagnostics.size);
}
