/* Build time only: writes the filters of all profiles as a C table, for policy_filter. They depend
 * on the table of policy.c alone, never on the host, so no slot has to build one. */
#include "sandbox/policy.h"

#include <seccomp.h>
#include <stdio.h>

/* What the newest action needs of libseccomp, whatever the kernel that builds. */
#define SECCOMP_LEVEL 6

static struct err print_filter(enum sandbox_profile profile, bool notify);

int main(void)
{
    if (seccomp_api_set(SECCOMP_LEVEL) != 0) {
        fprintf(stderr, "policy: libseccomp is older than 2.5.0\n");
        return 1;
    }
    printf("#include \"sandbox/policy.h\"\n\n");
    for (int notify = 0; notify < 2; notify++) {
        for (int profile = 0; profile <= SANDBOX_COMPILE; profile++) {
            struct err err = print_filter((enum sandbox_profile)profile, notify != 0);
            if (err_is(err)) {
                fprintf(stderr, "policy: %s\n", err.text);
                return 1;
            }
        }
    }
    printf("struct sock_fprog policy_filter(enum sandbox_profile profile, bool notify)\n{\n"
           "    static const struct sock_fprog filters[2][%d] = {\n",
           SANDBOX_COMPILE + 1);
    for (int notify = 0; notify < 2; notify++) {
        for (int profile = 0; profile <= SANDBOX_COMPILE; profile++)
            printf("        [%d][%d] = {sizeof filter_%d_%d / sizeof filter_%d_%d[0], "
                   "(struct sock_filter *)(unsigned long)filter_%d_%d},\n",
                   notify, profile, notify, profile, notify, profile, notify, profile);
    }
    printf("    };\n    return filters[notify][profile];\n}\n");
    return ferror(stdout) || fclose(stdout) != 0;
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
