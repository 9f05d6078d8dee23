/* The compile cache: hits, misses, damage, and its bounds. */
#include "sandbox/base/err.h"
#include "tests/unit/support/check.h"
#include "worker/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct fixture {
    char folder[64], command[100];
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    if (fixture == NULL || sodium_init() < 0)
        return -1;
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/test_cache_XXXXXX");
    return mkdtemp(fixture->folder) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    (void)snprintf(fixture->command, sizeof fixture->command, "rm -rf %s", fixture->folder);
    int failed = system(fixture->command);
    free(fixture);
    return failed;
}

static struct cache_key key_of(const char *text)
{
    const struct cache_part part = {text, strlen(text)};
    return cache_key_of(&part, 1);
}

static void put(const char *folder, const char *name, size_t object_bytes)
{
    struct cache_entry entry;
    struct cache_key key = key_of(name);
    auto_free char *bytes = calloc(1, object_bytes + 1);
    assert_non_null(bytes);
    cache_entry_init(&entry);
    entry.compiled = true;
    entry.warnings = 7;
    (void)snprintf(entry.code, sizeof entry.code, "code");
    (void)snprintf(entry.message, sizeof entry.message, "message");
    buf_text(&entry.diagnostics, "a warning\n");
    buf_append(&entry.object, bytes, object_bytes);
    cache_put(folder, &key, &entry);
    cache_entry_release(&entry);
}

static bool has(const char *folder, const char *name)
{
    struct cache_entry entry;
    struct cache_key key = key_of(name);
    cache_entry_init(&entry);
    bool found = cache_get(folder, &key, &entry);
    cache_entry_release(&entry);
    return found;
}

static void path_of(const char *folder, const char *name, char *out, size_t size)
{
    struct cache_key key = key_of(name);
    int used = snprintf(out, size, "%s/", folder);
    for (size_t i = 0; i < sizeof key.hash; i++)
        used += snprintf(out + used, size - (size_t)used, "%02x", key.hash[i]);
}

static void an_entry_comes_back_whole(void **state)
{
    const struct fixture *fixture = *state;
    struct cache_entry entry;
    struct cache_key key = key_of("one");

    put(fixture->folder, "one", 1000);
    cache_entry_init(&entry);
    assert_true(cache_get(fixture->folder, &key, &entry));
    assert_true(entry.compiled);
    assert_int_equal(entry.errors, 0);
    assert_int_equal(entry.warnings, 7);
    assert_string_equal(entry.code, "code");
    assert_string_equal(entry.message, "message");
    assert_string_equal(entry.diagnostics.at, "a warning\n");
    assert_int_equal(entry.object.size, 1000);
    cache_entry_release(&entry);
    assert_false(has(fixture->folder, "two"));
}

static void keys_tell_parts_and_order_apart(void **state)
{
    (void)state;
    const struct cache_part a[] = {{"ab", 2}, {"c", 1}}, b[] = {{"a", 1}, {"bc", 2}},
                            c[] = {{"c", 1}, {"ab", 2}};
    struct cache_key x = cache_key_of(a, 2), y = cache_key_of(b, 2), z = cache_key_of(c, 2),
                     again = cache_key_of(a, 2);
    assert_memory_equal(&x, &again, sizeof x);
    assert_memory_not_equal(&x, &y, sizeof x);
    assert_memory_not_equal(&x, &z, sizeof x);
}

static void each_damaged_byte_is_a_miss(void **state)
{
    const struct fixture *fixture = *state;
    char path[200];
    struct stat status;

    put(fixture->folder, "one", 100);
    path_of(fixture->folder, "one", path, sizeof path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    for (off_t at = 0; at < status.st_size; at += 5) {
        unsigned char byte, other;
        int fd = open(path, O_RDWR | O_CLOEXEC);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = byte ^ 0x40;
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        assert_false(has(fixture->folder, "one"));
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        assert_true(has(fixture->folder, "one"));
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(truncate(path, status.st_size - 1), 0);
    assert_false(has(fixture->folder, "one"));
    assert_int_equal(truncate(path, 0), 0);
    assert_false(has(fixture->folder, "one"));
    put(fixture->folder, "one", 100); /* and is mended by the next one */
    assert_true(has(fixture->folder, "one"));
}

static void the_entries_used_longest_ago_go_first(void **state)
{
    const struct fixture *fixture = *state;
    char name[16], path[200];

    for (int i = 0; i < 10; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        put(fixture->folder, name, 1000);
        path_of(fixture->folder, name, path, sizeof path);
        const struct timespec times[2] = {{1000 + i, 0}, {1000 + i, 0}};
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    }
    assert_true(has(fixture->folder, "n0")); /* now used last */
    cache_sweep(fixture->folder, UINT64_MAX, 3);
    assert_true(has(fixture->folder, "n0"));
    assert_true(has(fixture->folder, "n9"));
    assert_true(has(fixture->folder, "n8"));
    assert_false(has(fixture->folder, "n7"));
    assert_false(has(fixture->folder, "n1"));

    cache_sweep(fixture->folder, 2000, SIZE_MAX);
    int left = has(fixture->folder, "n0") + has(fixture->folder, "n8") + has(fixture->folder, "n9");
    assert_int_equal(left, 1);
    cache_sweep(fixture->folder, 0, 0);
    cache_sweep(fixture->folder, 0, 0); /* an empty folder is fine */
}

static void drafts_left_behind_go_after_an_hour(void **state)
{
    const struct fixture *fixture = *state;
    char path[200], fresh[210], stale[210];
    const struct timespec times[2] = {{1000, 0}, {1000, 0}};

    path_of(fixture->folder, "a", path, sizeof path);
    (void)snprintf(fresh, sizeof fresh, "%s.1", path);
    path_of(fixture->folder, "b", path, sizeof path);
    (void)snprintf(stale, sizeof stale, "%s.2", path);
    int fd = open(fresh, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(close(fd), 0);
    fd = open(stale, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(close(fd), 0);
    assert_int_equal(utimensat(AT_FDCWD, stale, times, 0), 0);
    cache_sweep(fixture->folder, UINT64_MAX, SIZE_MAX);
    assert_int_equal(access(fresh, F_OK), 0);
    assert_int_not_equal(access(stale, F_OK), 0);
}

static void a_folder_that_cannot_be_written_only_misses(void **state)
{
    (void)state;
    put("/proc/nowhere", "one", 10);
    assert_false(has("/proc/nowhere", "one"));
    cache_sweep("/proc/nowhere", 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_entry_comes_back_whole, setup, teardown),
        cmocka_unit_test(keys_tell_parts_and_order_apart),
        cmocka_unit_test_setup_teardown(each_damaged_byte_is_a_miss, setup, teardown),
        cmocka_unit_test_setup_teardown(the_entries_used_longest_ago_go_first, setup, teardown),
        cmocka_unit_test_setup_teardown(drafts_left_behind_go_after_an_hour, setup, teardown),
        cmocka_unit_test(a_folder_that_cannot_be_written_only_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
