/* The probe opens real slots; what they say when they fail is what people read. */
#include "sandbox/probe.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"
#include "sandbox/jail_tools.h"
#include "sandbox/landlock.h"
#include "sandbox/launch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void probe_backends(const char *program, struct probe *out);
static bool probe_backend(const char *program, enum sandbox_backend backend, bool *out_freezer,
                          struct err *out_err);
static void probe_kernel(struct probe *out);
static void probe_toolchain(struct probe *out);
static struct probe_row *row_add(struct probe *probe, const char *name, bool works,
                                 const char *advice);

#define DETAIL(row, ...)                                                                           \
    ((void)snprintf((row)->detail, sizeof(row)->detail, __VA_ARGS__)) /* cut is fine: for people   \
                                                                       */

void probe_host(const char *program, struct probe *out)
{
    *out = (struct probe){.usable = false};
    probe_backends(program, out);
    probe_kernel(out);
    probe_toolchain(out);
}

void probe_text(const struct probe *probe, struct buf *out)
{
    if (probe->usable)
        buf_printf(out, "The sandbox works here, with back end %s.\n\n",
                   sandbox_backend_word(probe->backend));
    else
        buf_text(out, "The sandbox does not work here.\n\n");
    for (size_t i = 0; i < probe->count; i++) {
        const struct probe_row *row = &probe->rows[i];
        buf_printf(out, "%-4s %-16s %s\n", row->works ? "yes" : "no", row->name, row->detail);
        if (!row->works && row->advice[0] != '\0')
            buf_printf(out, "%-21s to get it: %s\n", "", row->advice);
    }
}

void probe_json(const struct probe *probe, struct buf *out)
{
    struct json_out json = {.out = out};
    json_open(&json, NULL, '{');
    json_flag(&json, "usable", probe->usable);
    if (probe->usable)
        json_text(&json, "backend", sandbox_backend_word(probe->backend));
    json_open(&json, "rows", '[');
    for (size_t i = 0; i < probe->count; i++) {
        const struct probe_row *row = &probe->rows[i];
        json_open(&json, NULL, '{');
        json_text(&json, "name", row->name);
        json_flag(&json, "works", row->works);
        json_text(&json, "detail", row->detail);
        json_text(&json, "advice", row->works ? "" : row->advice);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    buf_text(out, "\n");
}

static void probe_backends(const char *program, struct probe *out)
{
    static const struct backend {
        enum sandbox_backend backend;
        const char *works;
        const char *advice;
    } backends[] = {
        {SANDBOX_CGROUP_V2, "memory and pids limits by cgroup v2",
         "run as a systemd unit with Delegate=yes, or: systemd-run --user --scope -p Delegate=yes"},
        {SANDBOX_CGROUP_V1, "memory and pids limits by cgroup v1",
         "run as root, or have an administrator hand over a group; on a v2 host: not needed"},
        {SANDBOX_RLIMITS, "namespaces, filter and resource limits, no group needed",
         "allow user namespaces for this user"},
    };
    bool freezer = false;
    for (size_t i = 0; i < COUNT(backends); i++) {
        bool here = false;
        struct err err = err_none();
        bool works = probe_backend(program, backends[i].backend, &here, &err);
        struct probe_row *row =
            row_add(out, sandbox_backend_word(backends[i].backend), works, backends[i].advice);
        DETAIL(row, "%s", works ? backends[i].works : err.text);
        if (works && !out->usable) {
            out->usable = true;
            out->backend = backends[i].backend;
            freezer = here;
        }
    }
    struct probe_row *memory =
        row_add(out, "memory-evidence", out->usable && out->backend != SANDBOX_RLIMITS,
                "a cgroup back end, as above");
    DETAIL(memory, "%s",
           memory->works ? "the kernel counts and reports memory overruns"
                         : "malloc fails at the limit; memory_limit is never told");
    struct probe_row *freeze = row_add(out, "freezer", freezer, "a writable cgroup v2 tree");
    DETAIL(freeze, "%s",
           freezer ? "cgroup.freeze, about 20 us"
                   : "SIGSTOP is used instead: about twice as slow to confirm");
}

static bool probe_backend(const char *program, enum sandbox_backend backend, bool *out_freezer,
                          struct err *out_err)
{
    struct sandbox_options options = {.program = program, .name = "probe", .only = &backend};
    struct sandbox *slot = NULL;
    *out_err = sandbox_open(&options, &slot);
    if (err_is(*out_err))
        return false;
    *out_freezer = slot->group.freeze_fd >= 0;
    sandbox_close(slot);
    return true;
}

static void probe_kernel(struct probe *out)
{
    int version = landlock_version();
    struct probe_row *row = row_add(out, "landlock", version > 0, "boot with lsm=landlock,...");
    if (version > 0)
        DETAIL(row, "version %d", version);
    else
        DETAIL(row, "not in this kernel: one wall less behind the empty root");

    auto_buf struct buf actions = buf_of(4096);
    bool told = !err_is(fdio_read_file("/proc/sys/kernel/seccomp/actions_avail", &actions)) &&
                strstr(actions.at, "user_notif") != NULL;
    row = row_add(out, "call-names", told, "Linux 5.0 or newer");
    DETAIL(row, "%s",
           told ? "a forbidden call is reported by name"
                : "a forbidden call kills, but its name is lost");

    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    row = row_add(out, "timing-core", cores >= 2, "two or more processors");
    DETAIL(row, "%ld processors: %s", cores,
           cores >= 2 ? "one can be kept for timing" : "correctness only, no ranked timing");
}

static void probe_toolchain(struct probe *out)
{
    struct jail_tools tools;
    struct err err = jail_tools_find(&tools);
    struct probe_row *row =
        row_add(out, "toolchain", !err_is(err), "apt-get install gcc binutils libc6-dev");
    DETAIL(row, "%s", err_is(err) ? err.text : tools.cc1);
    const bool cuda = !err_is(err) && tools.nvrtc[0] != '\0';
    row = row_add(out, "nvrtc", cuda,
                  "optional, for .cu files: a CUDA toolkit at /usr/local/cuda, and build/nvrtc");
    DETAIL(row, "%s", cuda ? tools.nvrtc : "no CUDA compiler: .cu files are not compiled here");
}

static struct probe_row *row_add(struct probe *probe, const char *name, bool works,
                                 const char *advice)
{
    struct probe_row *row = &probe->rows[probe->count++];
    row->name = name;
    row->works = works;
    row->advice = advice;
    return row;
}
