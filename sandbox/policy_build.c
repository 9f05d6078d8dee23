/* The translation of the table by libseccomp. Only the build and the tests need it: what a slot
 * installs is made of it beforehand (policy_main.c), so that nothing at run time links libseccomp.
 */
#include "sandbox/policy.h"

#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err fill(scmp_filter_ctx context, unsigned profile);
static struct err export_filter(scmp_filter_ctx context, struct sock_fprog *out_filter);

struct err policy_build(enum sandbox_profile profile, bool notify, struct sock_fprog *out_filter)
{
    uint32_t outside = notify ? SCMP_ACT_NOTIFY : SCMP_ACT_KILL_PROCESS;
    scmp_filter_ctx context = seccomp_init(outside);
    if (context == NULL)
        return err_make(ERR_INTERNAL, "seccomp_init");

    struct err err = err_none();
    if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, outside) != 0)
        err = err_make(ERR_INTERNAL, "seccomp_attr_set: other architectures");
    /* A binary tree instead of a list: the hot calls cost the same as the rare ones. */
    if (!err_is(err) && seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
        err = err_make(ERR_INTERNAL, "seccomp_attr_set: tree");
    if (!err_is(err))
        err = fill(context, policy_bit(profile));
    if (!err_is(err))
        err = export_filter(context, out_filter);
    seccomp_release(context);
    return err;
}

void policy_release(struct sock_fprog *filter)
{
    free(filter->filter);
    *filter = (struct sock_fprog){0};
}

static struct err fill(scmp_filter_ctx context, unsigned profile)
{
    size_t count = 0;
    const struct policy_rule *rules = policy_rules(&count);
    for (size_t i = 0; i < count; i++) {
        const struct policy_rule *rule = &rules[i];
        if ((rule->profiles & profile) == 0)
            continue;
        struct scmp_arg_cmp compare[2];
        for (size_t a = 0; a < rule->arguments_count; a++) {
            const struct policy_argument *argument = &rule->arguments[a];
            compare[a] = argument->compare == POLICY_EQUAL
                             ? SCMP_CMP64(argument->index, SCMP_CMP_EQ, argument->value, 0)
                             : SCMP_CMP64(argument->index, SCMP_CMP_MASKED_EQ, argument->mask,
                                          argument->value);
        }
        uint32_t action =
            rule->answer == 0 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)rule->answer);
        int status = seccomp_rule_add_array(context, action, rule->number,
                                            (unsigned)rule->arguments_count, compare);
        if (status != 0)
            return err_make(ERR_INTERNAL, "rule for %s: error %d", rule->name, -status);
    }
    return err_none();
}

static struct err export_filter(scmp_filter_ctx context, struct sock_fprog *out_filter)
{
    auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
    struct stat info;
    if (fd < 0 || seccomp_export_bpf(context, fd) != 0 || fstat(fd, &info) < 0)
        return err_make(ERR_SYSTEM, "export the filter");

    size_t count = (size_t)info.st_size / sizeof(struct sock_filter);
    auto_free struct sock_filter *filter = calloc(count, sizeof *filter);
    if (filter == NULL)
        return err_make(ERR_SYSTEM, "memory for the filter");
    if (pread(fd, filter, (size_t)info.st_size, 0) != info.st_size)
        return err_make(ERR_SYSTEM, "read the filter back");

    out_filter->len = (unsigned short)count;
    out_filter->filter = filter;
    filter = NULL; /* the caller's now */
    return err_none();
}
