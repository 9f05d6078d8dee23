/* What the machine compiles with, as found on the machine at hand. */
#include "sandbox/base/err.h"
#include "tests/unit/support/check.h"
#include "worker/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void finds_compiler_folders_and_class(void **state)
{
    (void)state;
    struct toolchain *found = calloc(1, sizeof *found);
    char path[4200];
    assert_non_null(found);

    struct err err = toolchain_find(found, NULL);
    assert_string_equal(err.text, "");
    assert_int_equal(strncmp(found->compiler, "gcc ", 4), 0);
    assert_true(strlen(found->compiler) >= strlen("gcc 1.0.0"));
    assert_int_equal(access(found->cc1, X_OK), 0);
    assert_int_equal(access(found->as, X_OK), 0);
    assert_int_equal(access(found->ld, X_OK), 0);
    (void)snprintf(path, sizeof path, "%s/assignments", found->home);
    assert_int_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof path, "%s/names", found->runtime);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(strncmp(found->class_name, "cpu:x86-64", 10), 0);
    assert_int_equal(strncmp(found->flags, "-O3 -march=x86-64", 17), 0);
    assert_int_equal(strlen(found->identity), 64);
    assert_string_equal(found->cache, "");
    free(found);
}

static void class_and_flags_name_the_same_level(void **state)
{
    (void)state;
    struct toolchain *found = calloc(1, sizeof *found);
    assert_non_null(found);

    assert_false(err_is(toolchain_find(found, NULL)));
    assert_string_equal(strstr(found->flags, "x86-64"), found->class_name + strlen("cpu:"));
    if (found->isa[0] != 0)
        assert_string_equal(found->isa, found->class_name + strlen("cpu:"));
    free(found);
}

static void a_home_that_is_given_is_taken(void **state)
{
    (void)state;
    struct toolchain *found = calloc(1, sizeof *found);
    char home[] = "/tmp/test_toolchain_XXXXXX", folder[64];
    assert_non_null(found);
    assert_non_null(mkdtemp(home));
    (void)snprintf(folder, sizeof folder, "%s/assignments", home);

    struct err err = toolchain_find(found, home);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "no folder assignments/"));
    assert_string_equal(found->home, ""); /* untouched unless all is well */

    assert_int_equal(mkdir(folder, 0700), 0);
    assert_false(err_is(toolchain_find(found, home)));
    assert_string_equal(found->home, home);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(home), 0);
    free(found);
}

static void a_home_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct toolchain *found = calloc(1, sizeof *found);
    assert_non_null(found);

    struct err err = toolchain_find(found, "/nonexistent/home");
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "/nonexistent/home"));
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_compiler_folders_and_class),
        cmocka_unit_test(class_and_flags_name_the_same_level),
        cmocka_unit_test(a_home_that_is_given_is_taken),
        cmocka_unit_test(a_home_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
