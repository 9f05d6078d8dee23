/* The table of system calls, as text and as the kernel enforces it. */
#include "sandbox/policy.h"
#include "tests/entry32.h"
#include "tests/unit/sandbox_case.h"

#include <linux/audit.h>
#include <signal.h>
#include <sys/syscall.h>

#define NUMBERS 600
#define URETPROBE 335
#define UPROBE 336
#define X32_BIT 0x40000000

static int slot_setup(void **state)
{
    struct sandbox *slot = NULL;
    struct err err = slot_open(NULL, &slot);
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
        assert_in_range(rules[i].profiles, 1, POLICY_KERNEL | POLICY_THREADS | POLICY_COMPILE);
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
        SYS_ptrace,     SYS_mount,        SYS_unshare,
        SYS_setns,      SYS_bpf,          SYS_keyctl,
        SYS_add_key,    SYS_userfaultfd,  SYS_io_uring_setup,
        SYS_socket,     SYS_socketpair,   SYS_kill,
        SYS_tkill,      SYS_fork,         SYS_vfork,
        SYS_execve,     SYS_memfd_create, SYS_process_vm_writev,
        SYS_prctl,      SYS_seccomp,      SYS_perf_event_open,
        SYS_chroot,     SYS_pivot_root,   SYS_open_by_handle_at,
        SYS_link,       SYS_symlink,      SYS_mknod,
        SYS_pidfd_open, SYS_personality,  SYS_setrlimit,
    };
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < COUNT(numbers); n++)
            assert_int_not_equal(rules[i].number, numbers[n]);
    }
}

static void filters_build_for_every_profile_and_action(void **state)
{
    (void)state;
    for (int profile = SANDBOX_KERNEL; profile <= SANDBOX_COMPILE; profile++) {
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

static void every_number_outside_the_table_dies_by_name(void **state)
{
    struct sandbox *slot = *state;
    unsigned tried = 0, died = 0;
    for (int number = 0; number <= NUMBERS; number++) {
        enum expectation expectation = expected(POLICY_KERNEL, number);
        if (expectation == DEPENDS)
            continue;
        struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "call", number);
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
            fail_msg("call %d: %s (%s)", number, sandbox_end_word(outcome.result.end),
                     outcome.result.evidence);
        if (dead) {
            assert_int_equal(outcome.result.syscall, number);
            assert_int_not_equal(outcome.result.syscall_name[0], '\0');
        }
        tried++;
        died += dead;
    }
    print_message("# numbers 0 .. %d: %u tried, %u died\n", NUMBERS, tried, died);
}

static void other_entries_die_by_name(void **state)
{
    struct sandbox *slot = *state;
    const bool entry32 = entry32_here();
    for (int number = 0; number <= NUMBERS; number += 37) {
        struct outcome outcome =
            act_run(slot, SANDBOX_KERNEL, limits_default, "call", number | X32_BIT);
        assert_int_equal(outcome.result.end, SANDBOX_FORBIDDEN_CALL);
        assert_non_null(strstr(outcome.result.syscall_name, "x32"));
        outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "int80", number);
        if (entry32) {
            assert_int_equal(outcome.result.end, SANDBOX_FORBIDDEN_CALL);
            assert_non_null(strstr(outcome.result.syscall_name, "32-bit"));
        } else {
            assert_int_equal(outcome.result.end, SANDBOX_SIGNALLED);
            assert_int_equal(outcome.result.signal, SIGSEGV);
        }
    }
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "vsyscall", 0);
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
        cmocka_unit_test_setup_teardown(other_entries_die_by_name, slot_setup, slot_teardown),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
