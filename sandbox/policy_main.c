/* Build time only: writes the filters of all profiles, and the names of all calls, as C tables for
 * policy_filter and policy_name. They depend on the table of policy.c and on libseccomp alone,
 * never on the host, so no slot has to build or ask anything. */
#include "sandbox/policy.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

/* What the newest action needs of libseccomp, whatever the kernel that builds. */
#define SECCOMP_LEVEL 6

#define NUMBERS_MAX 1024 /* the kernel's own tables end below 600 */

static struct err print_filters(void);
static struct err print_filter(enum sandbox_profile profile, bool notify);
static void print_names(void);
static void print_entry(const char *table, uint32_t arch);

int main(void)
{
    if (seccomp_api_set(SECCOMP_LEVEL) != 0) {
        fprintf(stderr, "policy: libseccomp is older than 2.5.0\n");
        return 1;
    }
    printf("#include \"sandbox/policy.h\"\n\n");
    struct err err = print_filters();
    if (err_is(err)) {
        fprintf(stderr, "policy: %s\n", err.text);
        return 1;
    }
    print_names();
    return ferror(stdout) || fclose(stdout) != 0;
}

static struct err print_filters(void)
{
    for (int notify = 0; notify < 2; notify++) {
        for (int profile = 0; profile <= SANDBOX_PROFILE_LAST; profile++) {
            struct err err = print_filter((enum sandbox_profile)profile, notify != 0);
            if (err_is(err))
                return err;
        }
    }
    printf("struct sock_fprog policy_filter(enum sandbox_profile profile, bool notify)\n{\n"
           "    static const struct sock_fprog filters[2][%d] = {\n",
           SANDBOX_PROFILE_LAST + 1);
    for (int notify = 0; notify < 2; notify++) {
        for (int profile = 0; profile <= SANDBOX_PROFILE_LAST; profile++)
            printf("        [%d][%d] = {sizeof filter_%d_%d / sizeof filter_%d_%d[0], "
                   "(struct sock_filter *)(unsigned long)filter_%d_%d},\n",
                   notify, profile, notify, profile, notify, profile, notify, profile);
    }
    printf("    };\n    return filters[notify][profile];\n}\n");
    return err_none();
}

static struct err print_filter(enum sandbox_profile profile, bool notify)
{
    struct sock_fprog filter = {0};
    struct err err = policy_build(profile, notify, &filter);
    if (err_is(err))
        return err;
    printf("static const struct sock_filter filter_%d_%d[] = {\n", notify, (int)profile);
    for (unsigned i = 0; i < filter.len; i++)
        printf("    {%u, %u, %u, %uU},\n", filter.filter[i].code, filter.filter[i].jt,
               filter.filter[i].jf, filter.filter[i].k);
    printf("};\n\n");
    policy_release(&filter);
    return err_none();
}

static void print_names(void)
{
    print_entry("64", SCMP_ARCH_X86_64);
    print_entry("32", SCMP_ARCH_X86);
    print_entry("x32", SCMP_ARCH_X32);
    printf("const char *policy_name(enum policy_entry entry, int number)\n{\n"
           "    const char *const *const tables[] = {[POLICY_ENTRY_64] = names_64,\n"
           "        [POLICY_ENTRY_32] = names_32, [POLICY_ENTRY_X32] = names_x32};\n"
           "    return number >= 0 && number < %d ? tables[entry][number] : (const char *)0;\n}\n",
           NUMBERS_MAX);
}

static void print_entry(const char *table, uint32_t arch)
{
    const int bit = arch == SCMP_ARCH_X32 ? 0x40000000 : 0; /* part of every x32 number */
    printf("static const char *const names_%s[%d] = {\n", table, NUMBERS_MAX);
    for (int number = 0; number < NUMBERS_MAX; number++) {
        char *name = seccomp_syscall_resolve_num_arch(arch, number | bit);
        if (name != NULL)
            printf("    [%d] = \"%s\",\n", number, name);
        free(name);
    }
    printf("};\n\n");
}
