/* The table of system calls, as text and as the kernel enforces it. */
#include "sandbox/policy.h"
#include "sandbox/profile.h"
#include "tests/entry32.h"
#include "tests/unit/sandbox_case.h"

#include <linux/audit.h>
#include <signal.h>
#include <sys/syscall.h>

#define NUMBERS 600
#define ALL_PROFILES (POLICY_KERNEL | POLICY_THREADS | POLICY_COMPILE | POLICY_GPU_LAUNCHER)
#define URETPROBE 335
#define UPROBE 336
#define X32_BIT 0x40000000

static int slot_setup(void **state)
{
    static const struct sandbox_device nodes[] = {{"/dev/null", "nvidiactl"}};
    static const struct sandbox_gpu gpu = {.devices = nodes, .devices_count = COUNT(nodes)};
    char path[512];
    struct sandbox_options options = {
        .program = build_path(path, sizeof path, "sandbox"), .name = "policy", .gpu = &gpu};
    struct sandbox *slot = NULL;
    struct err err = sandbox_open(&options, &slot);
    if (err_is(err)) {
        print_message("no slot: %s\n", err.text);
        return -1;
    }
    *state = slot;
    return 0;
}

static int slot_teardown(void **state)
{
    sandbox_close(*state);
    return 0;
}

static void every_rule_has_name_profile_and_reason(void **state)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    (void)state;
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(rules[i].name) > 1);
        assert_true(strlen(rules[i].reason) > 5);
        assert_in_range(rules[i].profiles, 1, ALL_PROFILES);
        assert_true(rules[i].arguments_count <= 2);
        assert_in_range(rules[i].number, 0, NUMBERS);
    }
}

static void rules_of_one_call_and_profile_never_overlap_without_arguments(void **state)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool same =
                rules[i].number == rules[j].number && (rules[i].profiles & rules[j].profiles) != 0;
            if (same && (rules[i].arguments_count == 0 || rules[j].arguments_count == 0))
                fail_msg("two rules for %s in one profile", rules[i].name);
        }
    }
}

static void dangerous_calls_are_in_no_profile(void **state)
{
    static const int numbers[] = {
        SYS_ptrace,
        SYS_mount,
        SYS_unshare,
        SYS_setns,
        SYS_bpf,
        SYS_keyctl,
        SYS_add_key,
        SYS_userfaultfd,
        SYS_io_uring_setup,
        SYS_socketpair,
        SYS_sendmsg,
        SYS_kill,
        SYS_tkill,
        SYS_rt_sigqueueinfo,
        SYS_memfd_create,
        SYS_process_vm_writev,
        SYS_seccomp,
        SYS_perf_event_open,
        SYS_chroot,
        SYS_pivot_root,
        SYS_open_by_handle_at,
        SYS_link,
        SYS_symlink,
        SYS_pidfd_open,
        SYS_personality,
        SYS_setrlimit,
    };
    static const int launcher[] = {SYS_fork,  SYS_vfork,   SYS_execve, SYS_mknod,  SYS_mknodat,
                                   SYS_prctl, SYS_connect, SYS_socket, SYS_accept4};
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < COUNT(numbers); n++)
            assert_int_not_equal(rules[i].number, numbers[n]);
        /* These a launcher may try, and is refused, or have by halves; nobody else. */
        for (size_t n = 0; n < COUNT(launcher); n++) {
            if (rules[i].number == launcher[n]) {
                assert_int_equal(rules[i].profiles, POLICY_GPU_LAUNCHER);
                if (rules[i].number != SYS_prctl && rules[i].number != SYS_socket)
                    assert_int_not_equal(rules[i].answer, 0);
                else
                    assert_true(rules[i].answer != 0 || rules[i].arguments_count > 0);
            }
        }
    }
}

static void filters_build_for_every_profile_and_action(void **state)
{
    (void)state;
    for (int profile = SANDBOX_KERNEL; profile <= SANDBOX_PROFILE_LAST; profile++) {
        for (int notify = 0; notify < 2; notify++) {
            struct sock_fprog filter = {0};
            struct err err = policy_build((enum sandbox_profile)profile, notify != 0, &filter);
            assert_false(err_is(err));
            assert_in_range(filter.len, 20, 4096);
            /* What slots install was made at build time, and is the same. */
            struct sock_fprog made = policy_filter((enum sandbox_profile)profile, notify != 0);
            assert_int_equal(made.len, filter.len);
            assert_memory_equal(made.filter, filter.filter, filter.len * sizeof filter.filter[0]);
            policy_release(&filter);
            assert_null(filter.filter);
        }
    }
}

static void calls_are_named_by_entry(void **state)
{
    char name[32];
    (void)state;
    policy_call_name(AUDIT_ARCH_X86_64, SYS_openat, name, sizeof name);
    assert_string_equal(name, "openat");
    policy_call_name(AUDIT_ARCH_I386, 20, name, sizeof name);
    assert_string_equal(name, "getpid (32-bit)");
    policy_call_name(AUDIT_ARCH_X86_64, X32_BIT | 39, name, sizeof name);
    assert_string_equal(name, "getpid (x32)");
    policy_call_name(AUDIT_ARCH_X86_64, 9999, name, sizeof name);
    assert_string_equal(name, "9999");
}

/* What is told here is calls: time is ample, for a machine that has none to spare. */
static const struct sandbox_limits limits_ample = {
    .wall_ms = 10000,
    .cpu_ms = 10000,
    .memory_bytes = 64 * MIB,
    .stack_bytes = 8 * MIB,
    .output_bytes = 65536,
    .threads = 1,
};

enum expectation { DIES, PASSES, DEPENDS };

/* What the table says of a bare call without its arguments. */
static enum expectation expected(unsigned profile, int number)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].number == number && (rules[i].profiles & profile) != 0)
            return rules[i].arguments_count == 0 ? PASSES : DEPENDS;
    }
    return DIES;
}

/* Numbers without their arguments, in one profile. */
static void sweep(struct sandbox *slot, enum sandbox_profile profile, int step)
{
    unsigned tried = 0, died = 0;
    for (int number = 0; number <= NUMBERS; number += step) {
        enum expectation expectation = expected(policy_bit(profile), number);
        if (expectation == DEPENDS)
            continue;
        struct outcome outcome = act_run(slot, profile, limits_ample, "call", number);
        if (err_is(outcome.err))
            fail_msg("call %d: %s", number, outcome.err.text);
        bool dead = outcome.result.end == SANDBOX_FORBIDDEN_CALL;
        /* Linux 6.12 and later exempt these two from every filter; outside the kernel's own
         * trampolines they give SIGILL or an error and do nothing. */
        if (number == URETPROBE || number == UPROBE) {
            assert_true(dead || outcome.result.signal == SIGILL || outcome.result.exit_code == 5);
            continue;
        }
        if (dead != (expectation == DIES))
            fail_msg("profile %d, call %d: %s (%s)", (int)profile, number,
                     sandbox_end_word(outcome.result.end), outcome.result.evidence);
        if (dead) {
            assert_int_equal(outcome.result.syscall, number);
            assert_int_not_equal(outcome.result.syscall_name[0], '\0');
        }
        tried++;
        died += dead;
    }
    print_message("# profile %s, numbers 0 .. %d: %u tried, %u died\n", profile_of(profile)->word,
                  NUMBERS, tried, died);
}

/* The profiles differ in rows alone: SANDBOX_SWEEP=all tries every number in each. */
static void every_number_outside_the_table_dies_by_name(void **state)
{
    const bool all = getenv("SANDBOX_SWEEP") != NULL;
    for (unsigned profile = 0; profile <= SANDBOX_PROFILE_LAST; profile++)
        sweep(*state, (enum sandbox_profile)profile, all || profile == SANDBOX_KERNEL ? 1 : 17);
}

/* What the table says of a call with these arguments: true if it does not end the program. */
static bool table_allows(unsigned profile, int number, const long *arguments)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    for (size_t i = 0; i < count; i++) {
        bool fits = rules[i].number == number && (rules[i].profiles & profile) != 0;
        for (size_t a = 0; fits && a < rules[i].arguments_count; a++) {
            const struct policy_argument *argument = &rules[i].arguments[a];
            uint64_t value = (uint64_t)arguments[argument->index];
            if (argument->compare == POLICY_MASKED)
                value &= argument->mask;
            fits = value == argument->value;
        }
        if (fits)
            return true;
    }
    return false;
}

/* Runs one call with these arguments. */
static struct sandbox_result ask(struct sandbox *slot, enum sandbox_profile profile, int number,
                                 const long arguments[6])
{
    static const char *const argv[] = {"act", "ask", NULL};
    long words[7] = {number};
    struct sandbox_result result;
    int in = -1, program = act_open();
    memcpy(words + 1, arguments, 6 * sizeof words[0]);
    assert_false(err_is(fdio_memfd_sealed("ask", words, sizeof words, &in)));
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    struct sandbox_request request = {.profile = profile,
                                      .program_fd = program,
                                      .argv = argv,
                                      .fds = &in,
                                      .fds_count = 1,
                                      .limits = limits_ample,
                                      .cpu = -1};
    struct err err = sandbox_run(slot, &request, &result);
    if (err_is(err))
        fail_msg("call %d: %s", number, err.text);
    (void)close(in);
    (void)close(program);
    return result;
}

/* As the rule wants them; what it does not name is nonsense, so that nothing really happens. */
static void fitting(const struct policy_rule *rule, long out[6])
{
    const long nonsense[6] = {-1, -1};
    memcpy(out, nonsense, sizeof nonsense);
    for (size_t a = 0; a < rule->arguments_count; a++)
        out[rule->arguments[a].index] = (long)rule->arguments[a].value;
}

/* One bit of one argument changed so that no rule fits any more. */
static bool misfit(const struct policy_rule *rule, unsigned profile, size_t which, long out[6])
{
    const struct policy_argument *argument = &rule->arguments[which];
    for (int bit = 0; bit < 32; bit++) {
        fitting(rule, out);
        out[argument->index] ^= 1L << bit;
        if (!table_allows(profile, rule->number, out))
            return true;
    }
    return false;
}

static void check_rule(struct sandbox *slot, const struct policy_rule *rule, unsigned profile,
                       unsigned *died)
{
    long arguments[6];
    fitting(rule, arguments);
    /* A second thread on the same stack can do anything; test_sandbox starts real ones. */
    if (rule->number != SYS_clone || rule->answer != 0) {
        struct sandbox_result result = ask(slot, profile, rule->number, arguments);
        if (result.end == SANDBOX_FORBIDDEN_CALL)
            fail_msg("%s (%s) is in the table and died", rule->name, rule->reason);
        if (rule->answer != 0)
            assert_int_equal(result.exit_code, rule->answer);
    }
    for (size_t a = 0; a < rule->arguments_count; a++) {
        if (!misfit(rule, policy_bit(profile), a, arguments))
            fail_msg("argument %zu of %s rules nothing out", a, rule->name);
        struct sandbox_result result = ask(slot, profile, rule->number, arguments);
        if (result.end != SANDBOX_FORBIDDEN_CALL || result.syscall != rule->number)
            fail_msg("%s (%s) with another argument %u: %s", rule->name, rule->reason,
                     rule->arguments[a].index, result.evidence);
        (*died)++;
    }
}

static void each_rule_works_and_its_argument_holds(void **state)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    for (unsigned profile = 0; profile <= SANDBOX_PROFILE_LAST; profile++) {
        unsigned tried = 0, died = 0;
        if (profile != SANDBOX_KERNEL && slowness() > 1) {
            print_message("# profile %s: left out, this machine is slow\n",
                          profile_of(profile)->word);
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            if ((rules[i].profiles & policy_bit(profile)) == 0)
                continue;
            check_rule(*state, &rules[i], profile, &died);
            tried++;
        }
        print_message("# profile %s: %u rules tried, %u arguments outside them died\n",
                      profile_of(profile)->word, tried, died);
    }
}

static void other_entries_die_by_name(void **state)
{
    struct sandbox *slot = *state;
    const bool entry32 = entry32_here();
    for (int number = 0; number <= NUMBERS; number += 37) {
        struct outcome outcome =
            act_run(slot, SANDBOX_KERNEL, limits_ample, "call", number | X32_BIT);
        assert_int_equal(outcome.result.end, SANDBOX_FORBIDDEN_CALL);
        assert_non_null(strstr(outcome.result.syscall_name, "x32"));
        outcome = act_run(slot, SANDBOX_KERNEL, limits_ample, "int80", number);
        if (entry32) {
            assert_int_equal(outcome.result.end, SANDBOX_FORBIDDEN_CALL);
            assert_non_null(strstr(outcome.result.syscall_name, "32-bit"));
        } else {
            assert_int_equal(outcome.result.end, SANDBOX_SIGNALLED);
            assert_int_equal(outcome.result.signal, SIGSEGV);
        }
    }
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_ample, "vsyscall", 0);
    /* A kernel without the page gives SIGSEGV instead. */
    assert_true(outcome.result.end == SANDBOX_FORBIDDEN_CALL ||
                (outcome.result.end == SANDBOX_SIGNALLED && outcome.result.signal == 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_name_profile_and_reason),
        cmocka_unit_test(rules_of_one_call_and_profile_never_overlap_without_arguments),
        cmocka_unit_test(dangerous_calls_are_in_no_profile),
        cmocka_unit_test(filters_build_for_every_profile_and_action),
        cmocka_unit_test(calls_are_named_by_entry),
        cmocka_unit_test_setup_teardown(every_number_outside_the_table_dies_by_name, slot_setup,
                                        slot_teardown),
        cmocka_unit_test_setup_teardown(each_rule_works_and_its_argument_holds, slot_setup,
                                        slot_teardown),
        cmocka_unit_test_setup_teardown(other_entries_die_by_name, slot_setup, slot_teardown),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
