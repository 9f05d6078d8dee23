/* Descriptors: whole transfers, files, memfds, packets with descriptors, waiting. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct folder {
    char path[64];
};

static int make(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/fdio-test-XXXXXX");
    *state = folder;
    return mkdtemp(folder->path) == NULL;
}

static int drop(void **state)
{
    struct folder *folder = *state;
    int code = rmdir(folder->path); /* a test that leaves a file behind fails here */
    free(folder);
    return code;
}

static void pair(int type, int *ends)
{
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

struct trickle {
    int fd;
    size_t size;
};

static void *write_in_pieces(void *given)
{
    const struct trickle *trickle = given;
    char bytes[1000];
    memset(bytes, 'x', sizeof bytes);
    for (size_t sent = 0; sent < trickle->size; sent += sizeof bytes)
        if (err_is(fdio_write(trickle->fd, bytes, sizeof bytes)))
            return NULL;
    (void)close(trickle->fd);
    return NULL;
}

static void a_read_goes_on_until_all_is_there(void **state)
{
    int ends[2];
    pthread_t writer;
    static char bytes[500000];
    size_t got = 0;
    (void)state;
    pair(SOCK_STREAM, ends);
    struct trickle trickle = {ends[1], sizeof bytes};
    assert_int_equal(pthread_create(&writer, NULL, write_in_pieces, &trickle), 0);
    assert_false(err_is(fdio_read(ends[0], bytes, sizeof bytes, &got)));
    assert_int_equal(got, sizeof bytes);
    struct err err = fdio_read(ends[0], bytes, 1, &got);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, "end of file");
    assert_int_equal(got, 0);
    (void)pthread_join(writer, NULL);
    (void)close(ends[0]);
}

static void a_short_end_says_how_far_it_got(void **state)
{
    int ends[2];
    char bytes[8];
    size_t got = 99;
    (void)state;
    pair(SOCK_STREAM, ends);
    assert_false(err_is(fdio_write(ends[1], "abc", 3)));
    (void)close(ends[1]);
    assert_int_equal(fdio_read(ends[0], bytes, sizeof bytes, &got).code, ERR_INPUT);
    assert_int_equal(got, 3);
    (void)close(ends[0]);
}

static void a_file_is_written_whole_and_read_back(void **state)
{
    const struct folder *folder = *state;
    char path[96];
    auto_buf struct buf text = buf_of(10);
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/file", folder->path);
    assert_false(err_is(fdio_write_file(path, "first", 5, 0600)));
    assert_false(err_is(fdio_write_file(path, "0123456789", 10, 0600)));
    assert_false(err_is(fdio_read_file(path, &text)));
    assert_string_equal(text.at, "0123456789");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(fdio_read_file(path, &text).code, ERR_LIMIT); /* ten more do not fit */
    assert_int_equal(unlink(path), 0);
    buf_clear(&text);
    struct err err = fdio_read_file(path, &text);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(err.sys_errno, ENOENT);
}

static void a_file_that_cannot_be_written_leaves_nothing(void **state)
{
    const struct folder *folder = *state;
    char path[96];
    (void)snprintf(path, sizeof path, "%s/no/file", folder->path);
    assert_int_equal(fdio_write_file(path, "x", 1, 0600).code, ERR_SYSTEM);
    char longest[5000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(fdio_write_file(longest, "x", 1, 0600).code, ERR_LIMIT);
}

static void a_sealed_memfd_cannot_change(void **state)
{
    int fd = -1;
    auto_buf struct buf text = buf_of(100);
    bool cut = true;
    (void)state;
    assert_false(err_is(fdio_memfd_sealed("test", "abcdef", 6, &fd)));
    assert_true(write(fd, "x", 1) < 0);
    assert_int_equal(errno, EPERM);
    assert_true(ftruncate(fd, 0) < 0);
    assert_false(err_is(fdio_read_start(fd, &text, 100, &cut)));
    assert_string_equal(text.at, "abcdef");
    assert_false(cut);
    buf_clear(&text);
    assert_false(err_is(fdio_read_start(fd, &text, 4, &cut)));
    assert_string_equal(text.at, "abcd");
    assert_true(cut);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    (void)close(fd);
}

/* A process that may still write holds the seal up; once it has gone, the seal holds. */
static void sealing_waits_for_a_writer_that_goes(void **state)
{
    int fd = -1;
    (void)state;
    assert_false(err_is(fdio_memfd("test", 4096, &fd)));
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(at != MAP_FAILED);
    pid_t writer = fork();
    if (writer == 0) {
        (void)usleep(50000);
        _exit(0);
    }
    assert_int_equal(munmap(at, 4096), 0);
    assert_true(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0);
    assert_int_equal(errno, EBUSY);
    assert_false(err_is(fdio_seal(fd, "test")));
    assert_true(write(fd, "x", 1) < 0);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    (void)close(fd);
}

static void a_fresh_memfd_has_its_size_and_zeros(void **state)
{
    int fd = -1;
    struct stat info;
    char bytes[4] = "xxx";
    (void)state;
    assert_false(err_is(fdio_memfd("test", 4096, &fd)));
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, 4096);
    assert_int_equal(pread(fd, bytes, 4, 4092), 4);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    (void)close(fd);
}

static void descriptors_travel_in_packets(void **state)
{
    int ends[2];
    int passed[FDIO_PASSED_MAX];
    size_t size = 0;
    size_t count = 0;
    int fd = -1;
    char bytes[16];
    auto_buf struct buf text = buf_of(100);
    (void)state;
    pair(SOCK_SEQPACKET, ends);
    assert_false(err_is(fdio_memfd_sealed("test", "inside", 6, &fd)));
    int both[] = {fd, fd};
    assert_false(err_is(fdio_send(ends[1], "hello", 5, both, 2)));
    (void)close(fd);
    assert_false(err_is(fdio_receive(ends[0], bytes, sizeof bytes, &size, passed, &count)));
    assert_int_equal(size, 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(count, 2);
    assert_true((fcntl(passed[1], F_GETFD) & FD_CLOEXEC) != 0);
    assert_false(err_is(fdio_read_start(passed[1], &text, 100, NULL)));
    assert_string_equal(text.at, "inside");
    (void)close(passed[0]);
    (void)close(passed[1]);
    (void)close(ends[1]);
    assert_false(err_is(fdio_receive(ends[0], bytes, sizeof bytes, &size, passed, &count)));
    assert_int_equal(size, 0); /* an orderly end */
    (void)close(ends[0]);
}

static void a_packet_that_is_too_long_keeps_nothing(void **state)
{
    int ends[2];
    int passed[FDIO_PASSED_MAX];
    size_t size = 0;
    size_t count = 7;
    char bytes[4];
    (void)state;
    pair(SOCK_SEQPACKET, ends);
    int lowest = dup(ends[0]);
    (void)close(lowest);
    assert_false(err_is(fdio_send(ends[1], "too long", 8, ends, 1)));
    assert_int_equal(fdio_receive(ends[0], bytes, sizeof bytes, &size, passed, &count).code,
                     ERR_INPUT);
    assert_int_equal(count, 0);
    int after = dup(ends[0]);
    assert_int_equal(after, lowest); /* the descriptor that came along was closed */
    (void)close(after);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void too_many_descriptors_are_our_own_mistake(void **state)
{
    int ends[2];
    int fds[FDIO_PASSED_MAX + 1];
    (void)state;
    pair(SOCK_SEQPACKET, ends);
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = ends[0];
    assert_int_equal(fdio_send(ends[1], "x", 1, fds, COUNT(fds)).code, ERR_INTERNAL);
    assert_false(err_is(fdio_send(ends[1], "x", 1, fds, FDIO_PASSED_MAX)));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void waiting_ends_with_bytes_a_hang_up_or_the_deadline(void **state)
{
    int ends[2];
    bool ready = true;
    (void)state;
    pair(SOCK_STREAM, ends);
    int64_t before = clock_ms();
    assert_false(err_is(fdio_wait(ends[0], 30, &ready)));
    assert_false(ready);
    assert_true(clock_ms() - before >= 29);
    assert_false(err_is(fdio_wait(ends[0], 0, &ready)));
    assert_false(ready);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_false(err_is(fdio_wait(ends[0], -1, &ready)));
    assert_true(ready);
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    (void)close(ends[1]);
    ready = false;
    assert_false(err_is(fdio_wait(ends[0], -1, &ready)));
    assert_true(ready);
    (void)close(ends[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(a_read_goes_on_until_all_is_there),
        TEST(a_short_end_says_how_far_it_got),
        TEST(a_file_is_written_whole_and_read_back),
        TEST(a_file_that_cannot_be_written_leaves_nothing),
        TEST(a_sealed_memfd_cannot_change),
        TEST(sealing_waits_for_a_writer_that_goes),
        TEST(a_fresh_memfd_has_its_size_and_zeros),
        TEST(descriptors_travel_in_packets),
        TEST(a_packet_that_is_too_long_keeps_nothing),
        TEST(too_many_descriptors_are_our_own_mistake),
        TEST(waiting_ends_with_bytes_a_hang_up_or_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
