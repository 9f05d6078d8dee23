/* What reaches a slot's socket and is no good: refused with a word, and the slot goes on as if
 * nothing had come. And hosts that keep us from user namespaces. */
#include "sandbox/slot.h"
#include "tests/unit/sandbox_case.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define REPLY_MS 5000

static int slot_setup(void **state)
{
    struct sandbox *slot = NULL;
    struct err err = slot_open(NULL, &slot);
    if (err_is(err))
        print_message("no slot: %s\n", err.text);
    *state = slot;
    return err_is(err) ? -1 : 0;
}

static int slot_teardown(void **state)
{
    sandbox_close(*state);
    return 0;
}

/* A request that is fine: "act exit 0" with one stream. */
static struct slot_start good_start(void)
{
    struct slot_start start = {
        .head = {.version = SLOT_VERSION, .size = sizeof start, .kind = SLOT_START, .serial = 99},
        .profile = SANDBOX_KERNEL,
        .cpu = -1,
        .wall_ms = 1000,
        .cpu_ms = 1000,
        .data_bytes = UINT64_MAX,
        .address_space_bytes = UINT64_MAX,
        .work_bytes = MIB,
        .stack_bytes = MIB,
        .output_bytes = MIB,
        .threads = 1,
        .has_program = 1,
        .fds_count = 1,
        .words_count = 3,
        .words = "act\0exit\0000",
    };
    return start;
}

/* What the slot says next; the descriptors that come with it are closed. */
static uint32_t reply_of(int socket, struct slot_failed *out)
{
    union {
        struct slot_head head;
        struct slot_failed failed;
        char bytes[SLOT_PACKET_MAX];
    } reply = {0};
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, count = 0;
    bool ready = false;
    assert_false(err_is(fdio_wait(socket, REPLY_MS, &ready)));
    assert_true(ready);
    assert_false(err_is(fdio_receive(socket, &reply, sizeof reply, &size, fds, &count)));
    for (size_t i = 0; i < count; i++)
        (void)close(fds[i]);
    assert_true(size >= sizeof reply.head);
    *out = reply.failed;
    return reply.head.kind;
}

static void expect_refusal(struct sandbox *slot, const void *packet, size_t size, size_t fds_count,
                           const char *words)
{
    int fds[FDIO_PASSED_MAX];
    struct slot_failed failed;
    fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
    fds[1] = act_open();
    for (size_t i = 2; i < fds_count; i++)
        fds[i] = fds[0];
    assert_false(err_is(fdio_send(slot->socket, packet, size, fds, fds_count)));
    assert_int_equal(reply_of(slot->socket, &failed), SLOT_FAILED);
    if (strstr(failed.text, words) == NULL)
        fail_msg("'%s' does not say '%s'", failed.text, words);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void check_slot_is_intact(struct sandbox *slot, int pid, int fds)
{
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "exit", 3);
    if (err_is(outcome.err))
        fail_msg("%s", outcome.err.text);
    assert_int_equal(outcome.result.exit_code, 3);
    assert_int_equal(slot->pid, pid);
    assert_int_equal(count_settled(pid, "fd", fds), fds);
}

static void malformed_packets_are_refused_and_the_slot_is_intact(void **state)
{
    struct sandbox *slot = *state;
    check_slot_is_intact(slot, slot->pid, count_entries(slot->pid, "fd"));
    const int pid = slot->pid, open_fds = count_entries(pid, "fd");
    char large[SLOT_PACKET_MAX + 512] = "";
    struct slot_start start = good_start();

    start.head.version++;
    expect_refusal(slot, &start, sizeof start, 2, "another version or size");
    start = good_start();
    start.head.size--;
    expect_refusal(slot, &start, sizeof start, 2, "another version or size");
    start = good_start();
    expect_refusal(slot, &start, sizeof start - 8, 2, "another version or size");
    expect_refusal(slot, &start, 1, 2, "another version or size");
    expect_refusal(slot, large, sizeof large, 2, "another version or size");
    start.head.kind = 77;
    expect_refusal(slot, &start, sizeof start, 2, "out of turn");
    start.head.kind = SLOT_SETUP;
    expect_refusal(slot, &start, sizeof start, 2, "out of turn");
    check_slot_is_intact(slot, pid, open_fds);
}

static void wrong_numbers_of_descriptors_are_refused(void **state)
{
    struct sandbox *slot = *state;
    const int pid = slot->pid, open_fds = count_entries(pid, "fd");
    const struct slot_start start = good_start();
    static const size_t counts[] = {0, 1, 3, 9, 15, FDIO_PASSED_MAX};
    for (size_t i = 0; i < COUNT(counts); i++)
        expect_refusal(slot, &start, sizeof start, counts[i], "descriptors came");
    check_slot_is_intact(slot, pid, open_fds);
}

static void counts_and_names_out_of_range_are_refused(void **state)
{
    struct sandbox *slot = *state;
    const int pid = slot->pid, open_fds = count_entries(pid, "fd");
    struct slot_start start = good_start();
    uint32_t *const fields[] = {&start.profile,        &start.has_program,     &start.fds_count,
                                &start.files_in_count, &start.files_out_count, &start.words_count};
    for (size_t i = 0; i < COUNT(fields); i++) {
        start = good_start();
        *fields[i] = 1000;
        expect_refusal(slot, &start, sizeof start, 2, "out of range");
    }
    start = good_start();
    start.words_count = 0;
    expect_refusal(slot, &start, sizeof start, 2, "out of range");
    start = good_start();
    start.threads = 0;
    expect_refusal(slot, &start, sizeof start, 2, "out of range");
    start = good_start();
    memcpy(start.names[0], "../x", 5);
    expect_refusal(slot, &start, sizeof start, 2, "file name 0");
    start = good_start();
    memset(start.names[1], 'x', SLOT_NAME_MAX);
    expect_refusal(slot, &start, sizeof start, 2, "file name 1");
    start = good_start();
    memset(start.words, 'x', sizeof start.words);
    expect_refusal(slot, &start, sizeof start, 2, "longer than its field");
    check_slot_is_intact(slot, pid, open_fds);
}

/* A kill that was meant for the run before must not hit this one. */
static void a_kill_of_another_run_is_nobodys(void **state)
{
    struct sandbox *slot = *state;
    struct slot_head stale = {
        .version = SLOT_VERSION, .size = sizeof stale, .kind = SLOT_KILL, .serial = 12345};
    struct sandbox_limits limits = limits_default;
    struct sandbox_result result;
    bool done = false;
    limits.wall_ms = 60000;
    assert_false(err_is(act_start(slot, limits, "wait")));
    assert_false(err_is(fdio_send(slot->socket, &stale, sizeof stale, NULL, 0)));
    assert_false(err_is(sandbox_wait(slot, 100, &done, &result)));
    assert_false(done);
    assert_false(err_is(sandbox_kill(slot)));
    assert_false(err_is(sandbox_wait(slot, REPLY_MS, &done, &result)));
    assert_true(done);
    assert_int_equal(result.end, SANDBOX_KILLED);
}

/* Starts `sandbox slot` by hand; gives our end of its socket. */
static int bare_slot(pid_t *out_pid)
{
    char path[512];
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    *out_pid = fork();
    if (*out_pid == 0) {
        if (dup2(ends[1], SLOT_SOCKET_FD) < 0 || fcntl(SLOT_SOCKET_FD, F_SETFD, 0) < 0)
            _exit(126);
        (void)execl(build_path(path, sizeof path, "sandbox"), "sandbox", "slot", (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    return ends[0];
}

static void a_set_up_of_another_version_ends_the_slot_with_a_word(void **state)
{
    struct slot_setup rows[4];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        rows[i] = (struct slot_setup){
            .head = {.version = SLOT_VERSION, .size = sizeof rows[i], .kind = SLOT_SETUP},
            .id = SLOT_SAME_ID};
    rows[0].head.version--;
    rows[1].head.size--;
    rows[2].has_run_group = 1; /* and no descriptor comes */
    rows[3].view = SLOT_VIEW_COUNT;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slot_failed failed;
        pid_t pid;
        int status, socket = bare_slot(&pid);
        assert_false(err_is(fdio_send(socket, &rows[i], sizeof rows[i], NULL, 0)));
        assert_int_equal(reply_of(socket, &failed), SLOT_FAILED);
        assert_non_null(strstr(failed.text, "is build/sandbox current?"));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 1 << 8);
        (void)close(socket);
    }
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(2); /* this host does not let us try */
    (void)close(fd);
}

/* In a user namespace of our own the switch is ours. */
static void a_host_without_user_namespaces_is_told_by_its_switch(void **state)
{
    char map[64];
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)snprintf(map, sizeof map, "0 %u 1\n", (unsigned)geteuid());
        if (unshare(CLONE_NEWUSER) < 0)
            _exit(2);
        write_file("/proc/self/setgroups", "deny");
        write_file("/proc/self/uid_map", map);
        write_file("/proc/sys/user/max_user_namespaces", "0");
        struct sandbox *slot = NULL;
        struct err err = slot_open(NULL, &slot);
        if (err.code != ERR_SYSTEM)
            _exit(3);
        _exit(strstr(err.text, "user.max_user_namespaces is 0") == NULL ? 4 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status == 2 << 8) {
        print_message("skipped: a user namespace cannot be closed here\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_packets_are_refused_and_the_slot_is_intact),
        cmocka_unit_test(wrong_numbers_of_descriptors_are_refused),
        cmocka_unit_test(counts_and_names_out_of_range_are_refused),
        cmocka_unit_test(a_kill_of_another_run_is_nobodys),
        cmocka_unit_test(a_set_up_of_another_version_ends_the_slot_with_a_word),
        cmocka_unit_test(a_host_without_user_namespaces_is_told_by_its_switch),
    };
    return cmocka_run_group_tests_name("sandbox wire", tests, slot_setup, slot_teardown);
}
