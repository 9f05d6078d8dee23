/* The prebuilt headers of intrinsics: taken only where they can change nothing, the same object to
 * the byte, and out of reach of what students write. */
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "worker/compile_parts.h"
#include "worker/prebuilt.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bench {
    struct toolchain toolchain, plain; /* the second finds no prebuilt file */
    struct sandbox *slot;
    char folder[64]; /* an empty runtime folder for `plain` */
};

static void fine(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char program[4200];

    if (bench == NULL || err_is(toolchain_find(&bench->toolchain, NULL)))
        return -1;
    (void)snprintf(program, sizeof program, "%s/../sandbox", bench->toolchain.runtime);
    const struct sandbox_options options = {.program = program, .name = "prebuilt"};
    (void)sandbox_open(&options, &bench->slot); /* NULL: the tests that want it are skipped */
    (void)snprintf(bench->folder, sizeof bench->folder, "/tmp/test-prebuilt-XXXXXX");
    if (mkdtemp(bench->folder) == NULL)
        return -1;
    bench->plain = bench->toolchain;
    (void)snprintf(bench->plain.runtime, sizeof bench->plain.runtime, "%s", bench->folder);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    char command[96];

    sandbox_close(bench->slot);
    (void)snprintf(command, sizeof command, "rm -rf %s", bench->folder); /* fits */
    int code = system(command); // NOLINT(cert-env33-c): a name of our own
    free(bench);
    return code;
}

static void only_comments_and_plain_includes_may_stand_above(void **state)
{
    static const struct {
        bool fits;
        const char *source;
    } rows[] = {
        {true, "#include <immintrin.h>\n"},
        {true, "/* a */\n// b\n\n#include \"attention.h\"\n#include <math.h> /* c */\n"
               "#include <immintrin.h>\nint x;\n"},
        {true, "# include <stdio.h>\r\n#\tinclude <immintrin.h>\r\n"},
        {true, "#include <immintrin.h>\n#pragma GCC target(\"avx512f\")\n"},
        {false, ""},
        {false, "int x;\n"},
        {false, "#include <math.h>\n"},
        {false, "#include <math.h>\nint x;\n#include <immintrin.h>\n"},
        {false, "#define _GNU_SOURCE\n#include <immintrin.h>\n"},
        {false, "#define inline\n#include <immintrin.h>\n"},
        {false, "#pragma GCC target(\"avx512f\")\n#include <immintrin.h>\n"},
        {false, "#pragma GCC optimize(\"Ofast\")\n#include <immintrin.h>\n"},
        {false, "#if 0\n#include <immintrin.h>\n#endif\n"},
        {false, "/* #include <immintrin.h>\n"},
        {false, "// \\\n#include <immintrin.h>\n"},
        {false, "/\\\n* */ #include <immintrin.h>\n"},
        {false, "#include <immintrin.h>"}, /* no end of line: gcc warns, so it shall see it plain */
        {false, "#include <immintrin.h> int x;\n"},
        {false, "#include \"other.h\"\n#include <immintrin.h>\n"},
        {false, "#include <attention.h>\n#include <immintrin.h>\n"},
        {false, "#include \"../attention.h\"\n#include <immintrin.h>\n"},
        {false, "#include <sys/types.h>\n#include <immintrin.h>\n"},
        {false, "#include_next <immintrin.h>\n"},
        {false, "#include MACRO\n#include <immintrin.h>\n"},
        {false, "%:include <immintrin.h>\n"},
        {false, "\xef\xbb\xbf#include <immintrin.h>\n"},
        {false, "\r#include <immintrin.h>\n"},
        {false, "\f#include <immintrin.h>\n"},
        {false, "_Pragma(\"x\")\n#include <immintrin.h>\n"},
        {false, "#include <math.h> / 2\n#include <immintrin.h>\n"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (prebuilt_fits(rows[i].source, strlen(rows[i].source), "attention.h") != rows[i].fits)
            fail_msg("row %zu: %s", i, rows[i].source);
    /* A file that ends anywhere. */
    for (size_t size = 0; size < strlen(rows[1].source); size++) {
        auto_free char *part = malloc(size + 1);
        memcpy(part, rows[1].source, size);
        (void)prebuilt_fits(part, size, "attention.h");
    }
}

/* What cc1 makes of it: the assembly, which is all that goes on. */
static void assembly_of(const struct bench *bench, const struct toolchain *toolchain,
                        const char *name, const struct buf *source, struct buf *out,
                        enum tool_end *out_end)
{
    struct build build = {.kind = BUILD_GRADED,
                          .toolchain = toolchain,
                          .slot = bench->slot,
                          .source = source->at,
                          .source_size = source->size};
    char path[128];
    auto_close int assembly = -1;
    struct tool_result tool;

    (void)snprintf(build.file_name, sizeof build.file_name, "a.c");
    (void)snprintf(build.header_name, sizeof build.header_name, "%s.h", name);
    (void)snprintf(path, sizeof path, "assignments/%s/%s.h", name, name);
    buf_init(&build.header, 1 << 20);
    tool_result_init(&tool);
    fine(fdio_read_file(path, &build.header));
    fine(fdio_memfd("assembly", 0, &assembly));
    fine(compile_run_cc1(&build, assembly, &tool));
    fine(fdio_read_start(assembly, out, (size_t)16 << 20, NULL));
    *out_end = tool.end;
    tool_result_release(&tool);
    buf_release(&build.header);
}

static void need(const struct bench *bench)
{
    auto_close int there = prebuilt_open(&bench->toolchain);
    if (bench->slot == NULL || there < 0)
        skip(); /* a host that cannot isolate has made none */
}

static void objects_are_the_same_to_the_byte(void **state)
{
    struct bench *bench = *state;
    glob_t found;
    int compared = 0;

    need(bench);
    assert_int_equal(glob("tests/submissions/*/correct/simd.c", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[64] = "";
        auto_buf struct buf source = buf_of(1 << 20);
        auto_buf struct buf with = buf_of((size_t)16 << 20);
        auto_buf struct buf without = buf_of((size_t)16 << 20);
        enum tool_end ends[2];
        (void)sscanf(found.gl_pathv[i], "tests/submissions/%63[^/]", name);
        fine(fdio_read_file(found.gl_pathv[i], &source));
        char header[80];
        (void)snprintf(header, sizeof header, "%s.h", name);
        if (!prebuilt_fits(source.at, source.size, header))
            continue;
        compared++;
        assembly_of(bench, &bench->toolchain, name, &source, &with, &ends[0]);
        assembly_of(bench, &bench->plain, name, &source, &without, &ends[1]);
        assert_int_equal(ends[0], TOOL_DONE);
        assert_int_equal(ends[1], TOOL_DONE);
        assert_true(with.size > 1000);
        assert_int_equal(with.size, without.size);
        assert_memory_equal(with.at, without.at, with.size);
    }
    globfree(&found);
    assert_true(compared > 0);
}

/* Each would read, replace or confuse it; afterwards an honest file is compiled as before, out of
 * the same file. */
static void no_source_gets_at_it(void **state)
{
    static const char *const attacks[] = {
        "#include <immintrin.h>\n#include \"" PREBUILT_HEADER ".gch\"\n",
        "#include <immintrin.h>\n#pragma GCC pch_preprocess \"" PREBUILT_HEADER ".gch\"\n",
        "#include <immintrin.h>\n__asm__(\".incbin \\\"" PREBUILT_HEADER ".gch\\\"\");\n",
        "#include <immintrin.h>\n# 1 \"" PREBUILT_HEADER "\" 1\n#define _mm_add_ps bad\n",
        "#include <immintrin.h>\n#undef _IMMINTRIN_H_INCLUDED\n#include <immintrin.h>\n",
        "#include <immintrin.h>\n#pragma GCC poison __m256\n#include <immintrin.h>\n",
    };
    struct bench *bench = *state;
    struct stat before, after;
    auto_buf struct buf honest = buf_of(1 << 20);
    auto_buf struct buf first = buf_of((size_t)16 << 20);
    auto_buf struct buf second = buf_of((size_t)16 << 20);
    enum tool_end end;

    need(bench);
    auto_close int there = prebuilt_open(&bench->toolchain);
    assert_int_equal(fstat(there, &before), 0);
    buf_text(&honest, "#include <immintrin.h>\n__m256 sum(__m256 a, __m256 b);\n"
                      "__m256 sum(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }\n");
    assembly_of(bench, &bench->toolchain, "attention", &honest, &first, &end);
    assert_int_equal(end, TOOL_DONE);
    for (size_t i = 0; i < COUNT(attacks); i++) {
        auto_buf struct buf source = buf_of(1 << 20);
        auto_buf struct buf made = buf_of((size_t)16 << 20);
        buf_text(&source, attacks[i]);
        assembly_of(bench, &bench->toolchain, "attention", &source, &made, &end);
        if (strstr(attacks[i], "pch_preprocess") != NULL ||
            strstr(attacks[i], "#include \"") != NULL)
            assert_int_not_equal(end, TOOL_DONE);
    }
    assembly_of(bench, &bench->toolchain, "attention", &honest, &second, &end);
    assert_int_equal(second.size, first.size);
    assert_memory_equal(second.at, first.at, first.size);
    auto_close int still = prebuilt_open(&bench->toolchain);
    assert_int_equal(fstat(still, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* A file of another compiler, or half of one, is passed over, and the source's own include works.
 */
static void a_foreign_file_is_passed_over(void **state)
{
    struct bench *bench = *state;
    char path[4200], name[128] = "";
    auto_buf struct buf source = buf_of(1 << 20);
    auto_buf struct buf with = buf_of((size_t)16 << 20);
    auto_buf struct buf without = buf_of((size_t)16 << 20);
    enum tool_end end;
    glob_t found;

    need(bench);
    (void)snprintf(path, sizeof path, "%s/intrinsics-*.gch", bench->toolchain.runtime);
    assert_int_equal(glob(path, 0, NULL, &found), 0);
    (void)snprintf(name, sizeof name, "%s", strrchr(found.gl_pathv[0], '/')); /* fits */
    globfree(&found);
    buf_text(&source, "#include <immintrin.h>\n__m256 zero(void);\n"
                      "__m256 zero(void) { return _mm256_setzero_ps(); }\n");
    assembly_of(bench, &bench->plain, "attention", &source, &without, &end);
    assert_int_equal(end, TOOL_DONE);
    (void)snprintf(path, sizeof path, "%s%s", bench->folder, name); /* fits */
    fine(fdio_write_file(path, "gpch of another", 15, 0600));
    assembly_of(bench, &bench->plain, "attention", &source, &with, &end);
    assert_int_equal(end, TOOL_DONE);
    assert_int_equal(with.size, without.size);
    assert_memory_equal(with.at, without.at, with.size);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_comments_and_plain_includes_may_stand_above),
        cmocka_unit_test(objects_are_the_same_to_the_byte),
        cmocka_unit_test(no_source_gets_at_it),
        cmocka_unit_test(a_foreign_file_is_passed_over),
    };
    return cmocka_run_group_tests_name("prebuilt", tests, bench_setup, bench_teardown);
}
