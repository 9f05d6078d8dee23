/* The audit on objects that a real compiler made, one per refusal, and on thousands of damaged
 * ones.
 */
#include "sandbox/base/err.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "worker/audit.h"
#include "worker/elf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD "void kernel(float *o) { *o = 1; }\n"

static const char *const names[] = {"__stack_chk_fail", "expf", "memcpy", "printf"};
static const char *const extras[] = {"_ZGVdN8v_expf", "cexp"};
static const struct audit_rules rules = {"kernel", names, COUNT(names), extras, COUNT(extras)};

/* Compiles as submissions are compiled; the caller releases. */
static void object_make(struct buf *out, const char *source)
{
    char path[] = "/tmp/test_audit_XXXXXX", command[200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd); /* only the name is wanted */
    (void)snprintf(command, sizeof command,
                   "gcc -O1 -fno-pie -fno-asynchronous-unwind-tables -w -c -x c -o %s -", path);
    FILE *compiler = popen(command, "w");
    assert_non_null(compiler);
    assert_true(fputs(source, compiler) >= 0);
    assert_int_equal(pclose(compiler), 0);
    buf_init(out, (size_t)16 << 20);
    assert_false(err_is(fdio_read_file(path, out)));
    assert_int_equal(unlink(path), 0);
}

static const struct refusal {
    const char *source;
    const char *code;
    const char *words; /* part of the message */
} refusals[] = {
    {GOOD "__attribute__((constructor)) void c(void) { asm(\"nop\"); }", "refused_section",
     "a constructor"},
    {GOOD "__attribute__((destructor)) void c(void) { asm(\"nop\"); }", "refused_section",
     "a destructor"},
    {GOOD "__attribute__((constructor(101))) void c(void) { asm(\"nop\"); }", "refused_section",
     ".init_array"},
    {GOOD "__attribute__((section(\".preinit_array\"))) void *p = (void *)1;", "refused_section",
     ".preinit_array"},
    {GOOD "__attribute__((section(\".ctors\"))) void *p = (void *)1;", "refused_section", ".ctors"},
    {GOOD "asm(\".section .init,\\\"ax\\\"\\n nop\\n .text\");", "refused_section", ".init"},
    {GOOD "asm(\".section .fini,\\\"ax\\\"\\n nop\\n .text\");", "refused_section", ".fini"},
    {GOOD "asm(\".section .interp,\\\"a\\\"\\n .asciz \\\"/x\\\"\\n .text\");", "refused_section",
     ".interp"},
    {GOOD "asm(\".section .gnu.lto_x\\n .byte 1\\n .text\");", "refused_section", "link-time"},
    {GOOD "asm(\".section .gnu.warning.printf\\n .byte 1\\n .text\");", "refused_section",
     "linker warning"},
    {GOOD "asm(\".section .note.GNU-stack,\\\"x\\\"\\n .text\");", "refused_section",
     "executable stack"},
    {GOOD "asm(\".section .text.mine,\\\"awx\\\"\\n nop\\n .text\");", "refused_section",
     "writable and executable"},
    {GOOD "asm(\".section .data.x,\\\"ax\\\"\\n nop\\n .text\");", "refused_section",
     "that name and kind"},
    {GOOD "__attribute__((section(\"mine\"))) int x = 1;", "refused_section", "section mine"},
    {GOOD "asm(\".section .text.g,\\\"axG\\\",@progbits,k,comdat\\n nop\\n .text\");",
     "refused_section", ".group"},
    {GOOD "static void *pick(void) { return kernel; }\n"
          "void f(void) __attribute__((ifunc(\"pick\")));",
     "refused_symbol", "f is refused: an ifunc"},
    {GOOD "asm(\".globl u\\n .type u,@gnu_unique_object\\n .data\\n u: .byte 1\\n .text\");",
     "refused_symbol", "binding 10"},
    {GOOD "void f(void) {} asm(\".symver f,f@V1\");", "refused_symbol", "versions"},
    {"int system(const char *); void kernel(float *o) { system(\"ls\"); }", "undefined_name",
     "system is not available to a kernel"},
    {"__attribute__((weak)) int fork(void); void kernel(float *o) { if (fork) fork(); }",
     "undefined_name", "fork"},
    {"int main(void) { return 0; }\n" GOOD, "refused_name", "main"},
    {"void _start(void) {}\n" GOOD, "refused_name", "_start"},
    {"void adapter_call(void) {}\n" GOOD, "refused_name", "adapter_call"},
    {"void runner_call(void) {}\n" GOOD, "refused_name", "runner_"},
    {"int __libc_start_main(void) { return 0; }\n" GOOD, "refused_name", "__libc_"},
    {"void *__init_array_end;\n" GOOD, "refused_name", "__init_array"},
    {"void kernels(float *o) {}", "missing_function", "kernels"},
    {"void something_else(float *o) {}", "missing_function", "is something_else meant"},
    {"void a(void) {} void b(void) {}", "missing_function", "kernel is not defined"},
    {"int x;", "missing_function", "kernel is not defined"},
    {"static __attribute__((used)) void kernel(float *o) { *o = 1; }", "missing_function",
     "static"},
    {"float kernel[3] = {1};", "missing_function", "not as a function"},
    {"void kernel(float *o); void f(void) { kernel(0); }", "missing_function", "is f meant"},
    {GOOD "char big[(1ul << 30) + 1];", "static_too_large", "1024 MiB"},
    {GOOD "char a[1ul << 29], b[1ul << 29], c[1];", "static_too_large", "1024 MiB"},
    {GOOD "_Thread_local char t[1 << 21]; void *f(void) { return t; }", "static_too_large",
     "thread-local"},
    {GOOD "asm(\".data\\n .quad kernel@GOTOFF\\n .text\");", "refused_object", "relocation type"},
};

static void each_refusal_names_what_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct buf object;
        struct audit_finding finding = {0};
        object_make(&object, refusals[i].source);
        bool fine = audit_object(object.at, object.size, &rules, &finding);
        if (fine || strcmp(finding.code, refusals[i].code) != 0 ||
            strstr(finding.message, refusals[i].words) == NULL)
            fail_msg("%s: got %s: %s", refusals[i].source, fine ? "good" : finding.code,
                     finding.message);
        buf_release(&object);
    }
}

static void what_kernels_are_made_of_passes(void **state)
{
    static const char *const sources[] = {
        GOOD,
        "float expf(float); void kernel(float *o) { *o = expf(*o); }",
        "#include <stdio.h>\nvoid kernel(float *o) { printf(\"%g\\n\", *o); }",
        "static float scratch[1 << 20]; static const double table[] = {1, 2};\n"
        "void kernel(float *o) { scratch[0] = *o; *o = scratch[1] + table[(int)*o]; }",
        "void *memcpy(void *a, const void *b, unsigned long n) { return a; }\n" GOOD,
        "static _Thread_local int t; void kernel(float *o) { *o = t++; }",
        "__attribute__((cold)) static int f(int x) { return x; }\n"
        "__attribute__((common)) int c; int b[9];\n" GOOD,
        "void kernel(float *o) { switch ((int)*o) { case 0: *o=1; break; case 1: *o=7; break; case "
        "2: *o=3; break; case 3: *o=9; break; case 4: *o=4; break; } }",
        "__attribute__((weak)) void kernel(float *o) { *o = 1; }",
        "static void one(void) {} void (*const calls[])(void) = {one};\n" GOOD,
    };
    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct buf object;
        struct audit_finding finding = {0};
        object_make(&object, sources[i]);
        if (!audit_object(object.at, object.size, &rules, &finding))
            fail_msg("%s: %s", sources[i], finding.message);
        buf_release(&object);
    }
}

static void the_second_part_is_linked_only_when_it_is_used(void **state)
{
    (void)state;
    struct buf object;
    struct audit_finding finding;

    object_make(&object, "float expf(float); void kernel(float *o) { *o = expf(*o); }");
    assert_true(audit_object(object.at, object.size, &rules, &finding));
    assert_false(finding.needs_extra);
    buf_release(&object);
    object_make(&object, "void cexp(void); void kernel(float *o) { cexp(); }");
    assert_true(audit_object(object.at, object.size, &rules, &finding));
    assert_true(finding.needs_extra);
    buf_release(&object);
}

static void foreign_bytes_are_refused_not_read(void **state)
{
    (void)state;
    struct audit_finding finding;
    Elf64_Ehdr header = {0};

    assert_false(audit_object("", 0, &rules, &finding));
    assert_string_equal(finding.code, "refused_object");
    assert_false(audit_object("\177ELF", 4, &rules, &finding));
    assert_false(audit_object(&header, sizeof header, &rules, &finding));
    assert_non_null(strstr(finding.message, "not an ELF file"));

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_machine = EM_X86_64;
    header.e_type = ET_EXEC;
    assert_false(audit_object(&header, sizeof header, &rules, &finding));
    assert_non_null(strstr(finding.message, "not a relocatable object"));
    header.e_type = ET_REL;
    assert_false(audit_object(&header, sizeof header, &rules, &finding));
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = AUDIT_SECTIONS_MAX + 1;
    assert_false(audit_object(&header, sizeof header, &rules, &finding));
    assert_non_null(strstr(finding.message, "too many sections"));
    header.e_shnum = 2;
    header.e_shoff = UINT64_MAX - 8;
    assert_false(audit_object(&header, sizeof header, &rules, &finding));
    assert_non_null(strstr(finding.message, "outside the file"));
}

/* Under the sanitizers a single byte read outside the copy ends the test. */
static void damaged_objects_never_lead_outside(void **state)
{
    (void)state;
    struct buf object;
    struct audit_finding finding;
    uint64_t seed = 42, refused = 0;

    object_make(&object, "#include <stdio.h>\nstatic float x[9]; float expf(float);\n"
                         "void kernel(float *o) { printf(\"%g\", x[(int)expf(*o)]); }");
    if (object.size == 0)
        fail_msg("nothing to damage");
    for (size_t size = 0; size < object.size; size += 7) {
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, object.at, size);
        refused += !audit_object(cut, size, &rules, &finding);
        free(cut);
    }
    assert_true(refused > 0);
    for (int round = 0; round < 20000; round++) {
        char *copy = malloc(object.size);
        assert_non_null(copy);
        memcpy(copy, object.at, object.size);
        for (int i = 0; i < 4; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            copy[(seed >> 33) % object.size] = (char)(seed >> 25);
        }
        (void)audit_object(copy, object.size, &rules, &finding); /* either answer is right */
        free(copy);
    }
    buf_release(&object);
}

static void names_in_messages_carry_no_strange_bytes(void **state)
{
    (void)state;
    struct buf object;
    struct audit_finding finding = {0};

    object_make(&object,
                GOOD "asm(\".section \\\"x\\033[31m\\xe2\\x80\\xae\\\",\\\"a\\\"\\n .text\");");
    assert_false(audit_object(object.at, object.size, &rules, &finding));
    for (const char *c = finding.message; *c != 0; c++)
        assert_in_range(*c, ' ', '~');
    buf_release(&object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_names_what_and_why),
        cmocka_unit_test(what_kernels_are_made_of_passes),
        cmocka_unit_test(the_second_part_is_linked_only_when_it_is_used),
        cmocka_unit_test(foreign_bytes_are_refused_not_read),
        cmocka_unit_test(damaged_objects_never_lead_outside),
        cmocka_unit_test(names_in_messages_carry_no_strange_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
