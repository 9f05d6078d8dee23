/* The kit: unpacked again by the system's own tar, and byte for byte the same each time. */
#include "grader/kit.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char home[64];
    struct spec spec;
};

static void put(const struct place *place, const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/assignments/%s/%s", place->home, place->spec.name, name);
    assert_false(err_is(fdio_write_file(path, text, strlen(text), 0644)));
}

static int make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    char path[128];
    *state = place;
    if (place == NULL)
        return 1;
    (void)snprintf(place->home, sizeof place->home, "/tmp/kit-test-XXXXXX");
    (void)snprintf(place->spec.name, sizeof place->spec.name, "attention");
    (void)snprintf(place->spec.title, sizeof place->spec.title, "Attention");
    if (mkdtemp(place->home) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%s/assignments", place->home);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/assignments/attention", place->home);
    (void)mkdir(path, 0700);
    put(place, "attention.h", "void attention(void);\n");
    put(place, "starter.c", "#include \"attention.h\"\n");
    put(place, "TASK.md", "# Attention\n");
    put(place, "assignment.json", "{\"secret\": \"hot269\"}\n");
    put(place, "inputs.c", "secret\n");
    return 0;
}

/* Runs a shell line in the home; returns its exit status. */
static int shell(const struct place *place, const char *line)
{
    char command[512];
    (void)snprintf(command, sizeof command, "cd %s && %s", place->home, line);
    int state = system(command);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int drop(void **state)
{
    struct place *place = *state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", place->home);
    int code = system(command);
    free(place);
    return code;
}

static void unpack(const struct place *place)
{
    char path[96];
    auto_buf struct buf kit = buf_of(KIT_MAX);
    assert_false(err_is(kit_build(&place->spec, place->home, "http://10.0.0.7:8080", &kit)));
    (void)snprintf(path, sizeof path, "%s/kit.tar.gz", place->home);
    assert_false(err_is(fdio_write_file(path, kit.at, kit.size, 0644)));
    assert_int_equal(shell(place, "tar -xzf kit.tar.gz"), 0);
}

static void the_kit_holds_what_a_student_needs_and_no_more(void **state)
{
    const struct place *place = *state;
    unpack(place);
    assert_int_equal(shell(place,
                           "test \"$(ls attention | tr '\\n' ' ')\" = 'README TASK.md attention.c "
                           "attention.h '"),
                     0);
    assert_int_equal(shell(place, "cmp attention/attention.c assignments/attention/starter.c"), 0);
    assert_int_equal(shell(place, "cmp attention/attention.h assignments/attention/attention.h"),
                     0);
    assert_int_equal(shell(place, "grep -rq -e secret -e hot269 attention"), 1);
}

static void the_readme_holds_the_lines_to_paste(void **state)
{
    const struct place *place = *state;
    unpack(place);
    assert_int_equal(shell(place, "grep -qF 'curl -n --fail-with-body -T attention.c "
                                  "http://10.0.0.7:8080/submit/attention' attention/README"),
                     0);
    assert_int_equal(shell(place, "grep -qF 'machine 10.0.0.7 login YOU' attention/README"), 0);
    assert_int_equal(shell(place, "grep -qF 'grader try attention attention.c' attention/README"),
                     0);
}

static void further_files_come_along_when_they_are_there(void **state)
{
    const struct place *place = *state;
    put(place, "starter.cu", "// cuda\n");
    put(place, "TASK.zh.md", "# 注意力\n");
    unpack(place);
    assert_int_equal(shell(place, "test -f attention/attention.cu -a -f attention/TASK.zh.md"), 0);
}

static void the_same_files_give_the_same_bytes(void **state)
{
    const struct place *place = *state;
    auto_buf struct buf first = buf_of(KIT_MAX);
    auto_buf struct buf second = buf_of(KIT_MAX);
    assert_false(err_is(kit_build(&place->spec, place->home, "http://h", &first)));
    put(place, "starter.c", "#include \"attention.h\"\n"); /* a new file with the same bytes */
    assert_false(err_is(kit_build(&place->spec, place->home, "http://h", &second)));
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.at, second.at, first.size);
}

static void a_missing_header_is_named(void **state)
{
    const struct place *place = *state;
    auto_buf struct buf kit = buf_of(KIT_MAX);
    assert_int_equal(shell(place, "rm assignments/attention/attention.h"), 0);
    struct err err = kit_build(&place->spec, place->home, "http://h", &kit);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "attention.h"));
    assert_int_equal(kit.size, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(the_kit_holds_what_a_student_needs_and_no_more),
        TEST(the_readme_holds_the_lines_to_paste),
        TEST(further_files_come_along_when_they_are_there),
        TEST(the_same_files_give_the_same_bytes),
        TEST(a_missing_header_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
