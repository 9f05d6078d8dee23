/* The three tools: what each is told, what it gets and what it leaves. */
#include "sandbox/base/fdio.h"
#include "worker/compile_parts.h"
#include "worker/prebuilt.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROGRAM_BYTES_MAX ((uint64_t)64 << 20) /* object, runtime, and what alignment adds */
#define DIAGNOSIS_CPU_MS 3000 /* for each tool: a hint is not worth more of the queue's time */

/* What cc1 is told, besides -march, and why. One set for checking, timing and the baseline; the
 * headers of intrinsics are prebuilt with just that set, or the compiler would not take them. */
#define GRADED (BUILD_GRADED | BUILD_PREBUILT)
#define ALL (GRADED | BUILD_DIAGNOSIS)
static const struct flag {
    const char *word;
    unsigned builds;
    const char *reason;
} flags[] = {
    {"-quiet", ALL, "no report of each function on stderr"},
    {"-imultiarch", ALL, "Debian's headers for one architecture lie in a folder of that name"},
    {"x86_64-linux-gnu", ALL, "that folder"},
    {"-O3", GRADED, "what a speed exercise deserves: vectorised loops"},
    {"-O1", BUILD_DIAGNOSIS, "one line of source is one place in the program"},
    {"-std=gnu11", ALL, "the dialect of the handouts"},
    {"-Wall", GRADED, "warnings are the first help"},
    {"-w", BUILD_DIAGNOSIS, "they were told already"},
    {"-fno-pie", ALL, "the program is static and lies at a fixed address"},
    {"-fno-asynchronous-unwind-tables", ALL, "nobody unwinds; less to assemble and link"},
    {"-fno-ident", ALL, "objects depend on the source alone"},
    {"-frandom-seed=0", ALL, "the same"},
    {"-Wno-builtin-macro-redefined", ALL, "for the next two"},
    {"-D__DATE__=\"Jan  1 1970\"", ALL, "objects depend on the source alone, so they can be kept"},
    {"-D__TIME__=\"00:00:00\"", ALL, "the same"},
    {"-fcf-protection=none", ALL, "some distributions switch it on; numbers shall compare"},
    {"-fno-stack-protector", ALL, "the same"},
    {"-fmax-include-depth=30", ALL,
     "libc's headers need 8; a file that includes itself ends sooner"},
    {"-fmax-errors=50", ALL, "more help nobody; bounds the text"},
    {"-fdiagnostics-color=never", ALL, "text goes to terminals, pages and JSON alike"},
    {"-fdiagnostics-urls=never", ALL, "the same"},
    {"-fmessage-length=0", ALL, "lines are cut by us"},
    {"-g1", BUILD_DIAGNOSIS, "line numbers, and no more"},
    {"-gdwarf-4", BUILD_DIAGNOSIS, "what the assembler takes without being told a version"},
    {"-fno-omit-frame-pointer", BUILD_DIAGNOSIS, "the runtime asks for its caller's frame"},
    {"-fsanitize=kernel-address", BUILD_DIAGNOSIS, "a check at each access to memory …"},
    {"-U__SANITIZE_ADDRESS__", BUILD_DIAGNOSIS,
     "the source shall not tell this build from the graded"},
    {"--param=asan-instrumentation-with-call-threshold=0", BUILD_DIAGNOSIS, "… as a call"},
    {"-fasan-shadow-offset=0x7fff8000", BUILD_DIAGNOSIS, "SHADOW_OFFSET of the runtime"},
    {"--param=asan-stack=1", BUILD_DIAGNOSIS, "redzones round local arrays"},
    {"--param=asan-globals=1", BUILD_DIAGNOSIS, "redzones round static arrays"},
    {"-ftrivial-auto-var-init=pattern", BUILD_DIAGNOSIS, "to know what was never set"},
    {"-fsanitize=signed-integer-overflow,integer-divide-by-zero,shift,bounds,vla-bound,"
     "unreachable,alignment,float-cast-overflow",
     BUILD_DIAGNOSIS, "arithmetic without a meaning; not float division by zero, which has one"},
};

size_t compile_flags(enum build_kind kind, const char *out[COMPILE_FLAGS_MAX])
{
    size_t count = 0;

    _Static_assert(COUNT(flags) <= COMPILE_FLAGS_MAX, "there is room");
    for (size_t i = 0; i < COUNT(flags); i++)
        if ((flags[i].builds & (unsigned)kind) != 0)
            out[count++] = flags[i].word;
    return count;
}

void compile_march(const struct toolchain *toolchain, char out[32])
{
    const char *const isa = toolchain->isa;
    (void)snprintf(out, 32, "-march=%s", isa[0] == 0 ? "x86-64" : isa); /* fits */
}

struct err compile_run_cc1(const struct build *build, int assembly, struct tool_result *out)
{
    const char *argv[COMPILE_FLAGS_MAX + 8];
    char march[32];
    size_t count = 0;
    auto_close int source = -1, header = -1, nothing = -1, prebuilt = -1;

    struct err err = fdio_memfd_sealed("source", build->source, build->source_size, &source);
    if (!err_is(err))
        err = fdio_memfd_sealed("header", build->header.at, build->header.size, &header);
    if (!err_is(err))
        err = fdio_memfd("nothing", 0, &nothing);
    if (err_is(err))
        return err;

    compile_march(build->toolchain, march);
    argv[count++] = build->toolchain->cc1;
    argv[count++] = build->file_name;
    argv[count++] = march;
    count += compile_flags(build->kind, argv + count);
    if (build->kind == BUILD_GRADED &&
        prebuilt_fits(build->source, build->source_size, build->header_name))
        prebuilt = prebuilt_open(build->toolchain);
    if (prebuilt >= 0) {
        argv[count++] = "-include";
        argv[count++] = PREBUILT_HEADER;
    }
    argv[count++] = "-o";
    argv[count++] = "-";
    argv[count] = NULL;

    /* Without the header's own text the compiler would not look for what was made of it. */
    const struct sandbox_file files[] = {{build->file_name, source},
                                         {build->header_name, header},
                                         {PREBUILT_HEADER, nothing},
                                         {PREBUILT_HEADER ".gch", prebuilt}};
    const struct tool_run run = {.title = "the compiler",
                                 .argv = argv,
                                 .input = nothing,
                                 .output = assembly,
                                 .files_in = files,
                                 .files_in_count = prebuilt >= 0 ? COUNT(files) : 2,
                                 .cpu_ms = build->kind == BUILD_DIAGNOSIS ? DIAGNOSIS_CPU_MS : 0,
                                 .output_bytes = CACHE_OBJECT_MAX};
    return tool_run(build->slot, &run, out);
}

struct err compile_run_as(const struct build *build, int assembly, int object,
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
                                 .cpu_ms = build->kind == BUILD_DIAGNOSIS ? DIAGNOSIS_CPU_MS : 0,
                                 .output_bytes = CACHE_OBJECT_MAX};
    return tool_run(build->slot, &run, out);
}

struct err compile_run_ld(const struct build *build, bool with_extra, struct tool_result *out,
                          int *out_program)
{
    /* The student's object first: a memcpy of its own then wins over the runtime's. */
    const char *const argv[] = {build->toolchain->ld,
                                "-static",
                                build->kind == BUILD_GRADED ? "-s" : "-X", /* line numbers stay */
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
                                 .cpu_ms = build->kind == BUILD_DIAGNOSIS ? DIAGNOSIS_CPU_MS : 0,
                                 .output_bytes = PROGRAM_BYTES_MAX};
    err = tool_run(build->slot, &run, out);
    if (!err_is(err) && out->end == TOOL_DONE)
        err = fdio_seal(program, "program");
    if (!err_is(err) && out->end == TOOL_DONE) {
        *out_program = program;
        program = -1; /* the caller's now */
    }
    return err;
}
