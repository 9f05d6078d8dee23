/* What is refused before anything starts, and how facts become verdicts: the pure parts. */
#include "sandbox/base/json_out.h"
#include "sandbox/command_options.h"
#include "sandbox/group_find.h"
#include "sandbox/request.h"
#include "sandbox/verdict.h"
#include "tests/unit/sandbox_case.h"

#include <elf.h>
#include <signal.h>
#include <sys/stat.h>

static struct sandbox_request good_request(int program)
{
    static const char *const argv[] = {"act", NULL};
    return (struct sandbox_request){.profile = SANDBOX_KERNEL,
                                    .program_fd = program,
                                    .argv = argv,
                                    .limits = limits_default,
                                    .cpu = -1};
}

static void expect_refusal(const struct sandbox_request *request, const char *words)
{
    struct err err = request_check(request);
    assert_int_equal(err.code, ERR_INPUT);
    if (strstr(err.text, words) == NULL)
        fail_msg("'%s' does not name '%s'", err.text, words);
}

static void limits_out_of_range_are_refused_by_name(void **state)
{
    static const struct row {
        const char *name;
        size_t at;
        uint64_t low, high;
    } rows[] = {
        {"wall_ms", offsetof(struct sandbox_limits, wall_ms), 0, 3600001},
        {"cpu_ms", offsetof(struct sandbox_limits, cpu_ms), 0, 3600001},
        {"memory_bytes", offsetof(struct sandbox_limits, memory_bytes), MIB - 1, (1ULL << 40) + 1},
        {"stack_bytes", offsetof(struct sandbox_limits, stack_bytes), 65535, (1ULL << 30) + 1},
        {"output_bytes", offsetof(struct sandbox_limits, output_bytes), UINT64_MAX,
         (1ULL << 40) + 1},
    };
    int program = act_open();
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sandbox_request request = good_request(program);
        uint64_t *field = (uint64_t *)(void *)((char *)&request.limits + rows[i].at);
        assert_false(err_is(request_check(&request)));
        *field = rows[i].low;
        expect_refusal(&request, rows[i].name);
        *field = rows[i].high;
        expect_refusal(&request, rows[i].name);
    }
    struct sandbox_request request = good_request(program);
    request.limits.threads = 2;
    expect_refusal(&request, "threads");
    request.profile = SANDBOX_THREADS;
    assert_false(err_is(request_check(&request)));
    request.limits.threads = 257;
    expect_refusal(&request, "threads");
    request.limits.threads = 0;
    expect_refusal(&request, "threads");
    (void)close(program);
}

static void malformed_requests_are_refused(void **state)
{
    int program = act_open();
    static const char *const nothing[] = {NULL};
    const int closed[] = {999};
    struct sandbox_file file = {"../evil", program};
    (void)state;

    struct sandbox_request request = good_request(program);
    request.argv = nothing;
    expect_refusal(&request, "argv");
    request = good_request(program);
    request.profile = (enum sandbox_profile)7;
    expect_refusal(&request, "profile");
    request = good_request(program);
    request.cpu = -2;
    expect_refusal(&request, "cpu");
    request = good_request(program);
    request.fds = closed;
    request.fds_count = 1;
    expect_refusal(&request, "fds[0]");
    request.fds_count = SANDBOX_FDS_MAX + 1;
    expect_refusal(&request, "fds_count");
    request = good_request(program);
    request.files_in = &file;
    request.files_in_count = 1;
    expect_refusal(&request, "compile");
    request.profile = SANDBOX_COMPILE;
    expect_refusal(&request, "files_in[0].name");
    file.name = "..";
    expect_refusal(&request, "files_in[0].name");
    file.name = "a.c";
    assert_false(err_is(request_check(&request)));
    file.fd = 999;
    expect_refusal(&request, "files_in[0].fd");
    request = good_request(-1);
    expect_refusal(&request, "program_fd");
    (void)close(program);
}

static void too_many_words_are_refused(void **state)
{
    static struct slot_start start;
    const char *argv[SANDBOX_ARGS_MAX + 2] = {NULL};
    int fds[FDIO_PASSED_MAX];
    size_t count;
    int program = act_open();
    (void)state;
    for (size_t i = 0; i <= SANDBOX_ARGS_MAX; i++)
        argv[i] = "x";
    struct sandbox_request request = good_request(program);
    request.argv = argv;
    assert_int_equal(request_pack(&request, &start, fds, &count).code, ERR_INPUT);
    argv[SANDBOX_ARGS_MAX] = NULL;
    assert_false(err_is(request_pack(&request, &start, fds, &count)));
    assert_int_equal(start.words_count, SANDBOX_ARGS_MAX);

    char word[SLOT_WORDS_MAX + 1] = "";
    memset(word, 'y', SLOT_WORDS_MAX);
    argv[0] = word;
    argv[1] = NULL;
    assert_int_equal(request_pack(&request, &start, fds, &count).code, ERR_INPUT);
    word[SLOT_WORDS_MAX - 1] = '\0';
    assert_false(err_is(request_pack(&request, &start, fds, &count)));
    (void)close(program);
}

static int file_of(const void *bytes, size_t size)
{
    int fd = -1;
    assert_false(err_is(fdio_memfd_sealed("program", bytes, size, &fd)));
    return fd;
}

static void only_static_x86_64_programs_are_accepted(void **state)
{
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segments[2];
    } image;
    const struct row {
        const char *words;
        size_t size;
        uint16_t machine, type, segments;
        uint32_t second, flags; /* of the second segment */
    } rows[] = {
        {"", sizeof image, EM_X86_64, ET_EXEC, 2, PT_NOTE, PF_R},
        {"no ELF", 10, EM_X86_64, ET_EXEC, 2, PT_NOTE, PF_R},
        {"architecture", sizeof image, EM_AARCH64, ET_EXEC, 2, PT_NOTE, PF_R},
        {"object file", sizeof image, EM_X86_64, ET_REL, 2, PT_NOTE, PF_R},
        {"no executable", sizeof image, EM_X86_64, ET_CORE, 2, PT_NOTE, PF_R},
        {"program headers", sizeof image, EM_X86_64, ET_EXEC, 0, PT_NOTE, PF_R},
        {"program headers", sizeof image, EM_X86_64, ET_EXEC, 9999, PT_NOTE, PF_R},
        {"cut short", sizeof image - 8, EM_X86_64, ET_EXEC, 2, PT_NOTE, PF_R},
        {"dynamically linked", sizeof image, EM_X86_64, ET_DYN, 2, PT_INTERP, PF_R},
        {"", sizeof image, EM_X86_64, ET_EXEC, 2, PT_GNU_STACK, PF_R | PF_W},
        {"writable and executable", sizeof image, EM_X86_64, ET_EXEC, 2, PT_GNU_STACK,
         PF_R | PF_W | PF_X},
        {"writable and executable", sizeof image, EM_X86_64, ET_EXEC, 2, PT_GNU_STACK, PF_R | PF_X},
        {"writable and executable", sizeof image, EM_X86_64, ET_EXEC, 2, PT_LOAD, PF_W | PF_X},
        {"", sizeof image, EM_X86_64, ET_EXEC, 2, PT_LOAD, PF_R | PF_X},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(&image, 0, sizeof image);
        memcpy(image.header.e_ident, ELFMAG, SELFMAG);
        image.header.e_ident[EI_CLASS] = ELFCLASS64;
        image.header.e_ident[EI_DATA] = ELFDATA2LSB;
        image.header.e_machine = rows[i].machine;
        image.header.e_type = rows[i].type;
        image.header.e_phentsize = sizeof image.segments[0];
        image.header.e_phoff = sizeof image.header;
        image.header.e_phnum = rows[i].segments;
        image.segments[0].p_type = PT_LOAD;
        image.segments[1].p_type = rows[i].second;
        image.segments[1].p_flags = rows[i].flags;
        int fd = file_of(&image, rows[i].size);
        struct err err = program_check(fd, false);
        if (err_is(err) != (rows[i].words[0] != '\0') || strstr(err.text, rows[i].words) == NULL)
            fail_msg("row %zu: '%s'", i, err.text);
        (void)close(fd);
    }
    assert_int_equal(program_check(-1, false).code, ERR_INPUT);
}

static void expect_no_program(int fd, const char *words)
{
    struct err err = program_check(fd, false);
    assert_int_equal(err.code, ERR_INPUT);
    if (strstr(err.text, words) == NULL)
        fail_msg("'%s' does not say '%s'", err.text, words);
}

/* What exec would refuse, or die of half way, is refused before anything starts. */
static void programs_that_cannot_start_are_refused(void **state)
{
    char bytes[4096] = "";
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    int act = act_open(), fd = -1, ends[2];
    (void)state;
    assert_true(pread(act, bytes, sizeof bytes, 0) > 0);
    memcpy(&header, bytes, sizeof header);
    memcpy(&segment, bytes + header.e_phoff, sizeof segment);
    segment.p_filesz = 1 << 30; /* past the end of the file */
    memcpy(bytes + header.e_phoff, &segment, sizeof segment);
    fd = file_of(bytes, sizeof bytes);
    expect_no_program(fd, "cut short");
    (void)close(fd);

    assert_false(err_is(fdio_memfd("plain", 0, &fd)));
    assert_int_equal(fchmod(fd, 0644), 0);
    expect_no_program(fd, "chmod +x");
    (void)close(fd);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    expect_no_program(ends[0], "no file");
    (void)close(ends[0]);
    (void)close(ends[1]);
    fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    expect_no_program(fd, "chmod +x");
    (void)close(fd);
    (void)close(act);
}

static void facts_become_verdicts(void **state)
{
    enum { EXIT_3 = 3 << 8 };
    static const struct row {
        uint32_t stop, reaped;
        int status;
        bool oom;
        uint64_t cpu_us;
        enum sandbox_end end;
    } rows[] = {
        {SLOT_STOP_NONE, 1, EXIT_3, false, 0, SANDBOX_EXITED},
        {SLOT_STOP_WALL, 1, EXIT_3, false, 0, SANDBOX_EXITED}, /* it was faster than the kill */
        {SLOT_STOP_WALL, 0, 0, false, 0, SANDBOX_WALL_LIMIT},
        {SLOT_STOP_CPU, 0, 0, false, 0, SANDBOX_CPU_LIMIT},
        {SLOT_STOP_ASKED, 0, 0, false, 0, SANDBOX_KILLED},
        {SLOT_STOP_CALL, 0, 0, false, 0, SANDBOX_FORBIDDEN_CALL},
        {SLOT_STOP_CALL, 1, EXIT_3, false, 0, SANDBOX_FORBIDDEN_CALL}, /* noted is noted */
        {SLOT_STOP_NONE, 1, SIGSYS, false, 0, SANDBOX_FORBIDDEN_CALL},
        {SLOT_STOP_NONE, 1, SIGXFSZ, false, 0, SANDBOX_OUTPUT_LIMIT},
        {SLOT_STOP_NONE, 1, SIGXCPU, false, 600000, SANDBOX_CPU_LIMIT},
        {SLOT_STOP_NONE, 1, SIGXCPU, false, 0, SANDBOX_SIGNALLED}, /* it sent that itself */
        {SLOT_STOP_NONE, 1, SIGKILL, false, 0, SANDBOX_SIGNALLED},
        {SLOT_STOP_NONE, 1, SIGKILL, true, 0, SANDBOX_MEMORY_LIMIT},
        {SLOT_STOP_NONE, 1, SIGKILL, false, 600000, SANDBOX_CPU_LIMIT},
        {SLOT_STOP_NONE, 1, SIGSEGV, true, 0, SANDBOX_SIGNALLED},
        {SLOT_STOP_NONE, 0, 0, true, 0, SANDBOX_MEMORY_LIMIT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slot_ended ended = {.stop = rows[i].stop,
                                   .reaped = rows[i].reaped,
                                   .status = rows[i].status,
                                   .cpu_us = rows[i].cpu_us};
        struct group_facts facts = {.oom = rows[i].oom, .oom_count = rows[i].oom};
        struct verdict_input input = {.backend = SANDBOX_CGROUP_V1,
                                      .limits = limits_default,
                                      .ended = &ended,
                                      .group = &facts};
        struct sandbox_result result;
        assert_false(err_is(verdict_make(&input, &result)));
        if (result.end != rows[i].end)
            fail_msg("row %zu: %s", i, sandbox_end_word(result.end));
        assert_int_not_equal(result.evidence[0], '\0');
    }
}

static void an_unexplained_death_of_init_is_an_error(void **state)
{
    struct slot_ended ended = {.stop = SLOT_STOP_NONE};
    struct group_facts facts = {.oom = false};
    struct verdict_input input = {.limits = limits_default, .ended = &ended, .group = &facts};
    struct sandbox_result result;
    (void)state;
    assert_int_equal(verdict_make(&input, &result).code, ERR_SYSTEM);
}

static void private_peak_is_not_guessed_from_shared_pages(void **state)
{
    struct slot_ended ended = {.reaped = 1, .peak_resident_bytes = 50 * MIB};
    struct group_facts facts = {.oom = false};
    struct verdict_input input = {
        .limits = limits_default, .shared_bytes = 40 * MIB, .ended = &ended, .group = &facts};
    struct sandbox_result result;
    (void)state;
    assert_false(err_is(verdict_make(&input, &result)));
    assert_int_equal(result.peak_bytes, 0);
    input.shared_bytes = 0;
    assert_false(err_is(verdict_make(&input, &result)));
    assert_int_equal(result.peak_bytes, 50 * MIB);
    facts.peak_bytes = 3 * MIB;
    assert_false(err_is(verdict_make(&input, &result)));
    assert_int_equal(result.peak_bytes, 3 * MIB);
}

static void groups_are_found_on_v1_v2_and_in_containers(void **state)
{
    static const char v1[] =
        "30 20 0:1 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
        "31 20 0:2 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "32 20 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    static const char v1_self[] = "4:memory:/a/b\n3:cpu,pids:/\n0::/c\n";
    static const char v2[] = "30 20 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
    static const char container[] = "30 20 0:1 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    char path[128];
    (void)state;
    assert_false(err_is(group_find_in(v1, v1_self, "memory", path, sizeof path)));
    assert_string_equal(path, "/sys/fs/cgroup/memory/a/b");
    assert_false(err_is(group_find_in(v1, v1_self, "pids", path, sizeof path)));
    assert_string_equal(path, "/sys/fs/cgroup/pids");
    assert_false(err_is(group_find_in(v1, v1_self, "", path, sizeof path)));
    assert_string_equal(path, "/sys/fs/cgroup/unified/c");
    assert_false(err_is(group_find_in(v2, "0::/user.slice/u.service\n", "", path, sizeof path)));
    assert_string_equal(path, "/sys/fs/cgroup/user.slice/u.service");
    assert_false(err_is(group_find_in(container, "0::/docker/x/y\n", "", path, sizeof path)));
    assert_string_equal(path, "/sys/fs/cgroup/y");
    assert_int_equal(group_find_in(v2, "0::/\n", "memory", path, sizeof path).code, ERR_SYSTEM);
    assert_int_equal(group_find_in("", "", "", path, sizeof path).code, ERR_SYSTEM);
    assert_int_equal(group_find_in(v1, v1_self, "memory", path, 8).code, ERR_LIMIT);
}

static void lines_of_groups_are_kept_of_a_file_of_any_size(void **state)
{
    char path[] = "/tmp/test-lines-XXXXXX", out[512];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 3000; i++)
        fprintf(file, "%d / /a/long/way rw - %s\n", i, i % 1000 == 999 ? "cgroup x" : "ext4 y");
    (void)fputs("the last one - cgroup, cut", file);
    (void)fclose(file);
    assert_false(err_is(group_lines(path, " - cgroup", out, sizeof out)));
    assert_string_equal(out, "999 / /a/long/way rw - cgroup x\n1999 / /a/long/way rw - cgroup x\n"
                             "2999 / /a/long/way rw - cgroup x\n");
    assert_int_equal(group_lines(path, " - cgroup", out, 64).code, ERR_LIMIT);
    assert_int_equal(group_lines(path, "rw", out, sizeof out).code, ERR_LIMIT);
    (void)unlink(path);
    assert_int_equal(group_lines(path, "rw", out, sizeof out).code, ERR_SYSTEM);
}

static void options_take_units_and_refuse_nonsense(void **state)
{
    char *good[] = {(char[]){"run"},      (char[]){"--wall"},
                    (char[]){"2s"},       (char[]){"--memory"},
                    (char[]){"64M"},      (char[]){"--json"},
                    (char[]){"--"},       (char[]){"./a"},
                    (char[]){"--not-me"}, NULL};
    struct command_options options;
    (void)state;
    assert_false(err_is(command_parse(9, good, &options)));
    assert_int_equal(options.wall_ms, 2000);
    assert_int_equal(options.memory_bytes, 64 * MIB);
    assert_int_equal(options.cpu_ms, 10000);
    assert_true(options.json);
    assert_string_equal(options.program[0], "./a");
    assert_string_equal(options.program[1], "--not-me");

    static const struct row {
        const char *option, *value, *words;
    } rows[] = {
        {"--wall", "2x", "--wall"},
        {"--wall", "-1s", "--wall"},
        {"--wall", "", "--wall"},
        {"--memory", "99999999999999999999", "--memory"},
        {"--memory", "18446744073709551615G", "--memory"},
        {"--speed", "1", "no option"},
        {"--threads", "1s", "--threads"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char option[32], value[32];
        (void)snprintf(option, sizeof option, "%s", rows[i].option);
        (void)snprintf(value, sizeof value, "%s", rows[i].value);
        char *bad[] = {(char[]){"run"}, option, value, (char[]){"./a"}, NULL};
        struct err err = command_parse(4, bad, &options);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].words));
    }
    char *none[] = {(char[]){"run"}, NULL};
    assert_int_equal(command_parse(1, none, &options).code, ERR_INPUT);
    char *half[] = {(char[]){"run"}, (char[]){"--wall"}, NULL};
    assert_int_equal(command_parse(2, half, &options).code, ERR_INPUT);
}

static void json_text_escapes_and_cleans(void **state)
{
    auto_buf struct buf out = buf_of(1024);
    (void)state;
    struct json_out json = {.out = &out};
    json_text(&json, NULL, "a\"b\\c\nd\te\x01\xff");
    assert_string_equal(out.at, "\"a\\\"b\\\\c\\nd\\te?\"");
}

static void words_of_ends_and_back_ends_are_stable(void **state)
{
    (void)state;
    assert_string_equal(sandbox_end_word(SANDBOX_EXITED), "exited");
    assert_string_equal(sandbox_end_word(SANDBOX_KILLED), "killed");
    assert_string_equal(sandbox_end_word((enum sandbox_end)99), "unknown");
    assert_string_equal(sandbox_backend_word(SANDBOX_CGROUP_V2), "cgroup-v2");
    assert_string_equal(sandbox_backend_word(SANDBOX_RLIMITS), "rlimits");
    assert_string_equal(sandbox_backend_word((enum sandbox_backend)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_out_of_range_are_refused_by_name),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(only_static_x86_64_programs_are_accepted),
        cmocka_unit_test(programs_that_cannot_start_are_refused),
        cmocka_unit_test(facts_become_verdicts),
        cmocka_unit_test(an_unexplained_death_of_init_is_an_error),
        cmocka_unit_test(private_peak_is_not_guessed_from_shared_pages),
        cmocka_unit_test(groups_are_found_on_v1_v2_and_in_containers),
        cmocka_unit_test(lines_of_groups_are_kept_of_a_file_of_any_size),
        cmocka_unit_test(options_take_units_and_refuse_nonsense),
        cmocka_unit_test(json_text_escapes_and_cleans),
        cmocka_unit_test(words_of_ends_and_back_ends_are_stable),
    };
    return cmocka_run_group_tests_name("sandbox request", tests, NULL, NULL);
}
