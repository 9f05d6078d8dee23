/* Files copied into a folder in /tmp. */
#include "tests/unit/support/gpu_fixture.h"

#include "sandbox/base/fdio.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY_BYTES_MAX ((size_t)16 << 20)

static struct err copy_all(const struct gpu_fixture *fixture, const char *from, const char *driver,
                           struct buf *view);
static struct err copy_one(const struct gpu_fixture *fixture, const char *from, const char *name,
                           struct buf *view);
static void absolute(char *out, size_t size, const char *build, const char *name);
static void folder_remove(const char *folder);

struct err gpu_fixture_make(struct gpu_fixture *out, const char *driver)
{
    const char *const told = getenv("BUILD");
    const char *const build = told == NULL ? "build" : told;
    char from[512];
    auto_buf struct buf view = buf_of(8192);

    (void)snprintf(out->folder, sizeof out->folder, "/tmp/test-gpu-XXXXXX"); /* fits */
    if (mkdtemp(out->folder) == NULL || chmod(out->folder, 0755) < 0)
        return err_make(ERR_SYSTEM, "a folder for a stand-in GPU");
    (void)snprintf(out->view, sizeof out->view, "%s/gpu0", out->folder);    /* fits */
    (void)snprintf(out->locks, sizeof out->locks, "%s/claim", out->folder); /* likewise */
    absolute(out->launcher, sizeof out->launcher, build, "launcher");
    absolute(out->sandbox, sizeof out->sandbox, build, "sandbox");
    absolute(from, sizeof from, build, "tests/driver");
    buf_text(&view, "# a stand-in\ndevice /dev/null nvidiactl\ndevice /dev/zero nvidia-uvm\n"
                    "device /dev/full nvidia0\n");
    struct err err = copy_one(out, from, driver, &view); /* first: it is the driver's */
    if (!err_is(err))
        err = copy_all(out, from, driver, &view);
    return err_is(err) ? err : fdio_write_file(out->view, view.at, view.size, 0644);
}

void gpu_fixture_release(struct gpu_fixture *fixture)
{
    char own[160];

    (void)snprintf(own, sizeof own, "%s-%u", fixture->locks, (unsigned)geteuid()); /* fits */
    folder_remove(own);
    folder_remove(fixture->folder);
}

static void folder_remove(const char *folder)
{
    char path[512];
    DIR *const directory = opendir(folder);

    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        (void)snprintf(path, sizeof path, "%.200s/%.200s", folder, entry->d_name);
        (void)unlink(path); /* "." and ".." refuse */
    }
    (void)closedir(directory);
    (void)rmdir(folder); /* in /tmp: no harm if it stays */
}

/* The twins and the management library: whatever is no driver. */
static struct err copy_all(const struct gpu_fixture *fixture, const char *from, const char *driver,
                           struct buf *view)
{
    static const char *const drivers[] = {"lacking.so", "old.so",  "deviceless.so", "unready.so",
                                          "dead.so",    "bare.so", "late.so",       "slice.so"};
    struct err err = err_none();
    DIR *const directory = opendir(from);

    if (directory == NULL)
        return err_make(ERR_SYSTEM, "open '%s'", from);
    for (const struct dirent *entry; !err_is(err) && (entry = readdir(directory)) != NULL;) {
        const char *const dot = strrchr(entry->d_name, '.');
        bool twin = dot != NULL && strcmp(dot, ".so") == 0 && strcmp(entry->d_name, driver) != 0;
        twin = twin || strcmp(entry->d_name, "libnvidia-ml.so.1") == 0;
        for (size_t i = 0; i < COUNT(drivers); i++)
            twin = twin && strcmp(entry->d_name, drivers[i]) != 0;
        if (twin)
            err = copy_one(fixture, from, entry->d_name, view);
    }
    (void)closedir(directory);
    return err;
}

static struct err copy_one(const struct gpu_fixture *fixture, const char *from, const char *name,
                           struct buf *view)
{
    char path[1024];
    auto_buf struct buf bytes = buf_of(LIBRARY_BYTES_MAX);

    (void)snprintf(path, sizeof path, "%s/%s", from, name);
    struct err err = fdio_read_file(path, &bytes);
    (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    if (!err_is(err))
        err = fdio_write_file(path, bytes.at, bytes.size, 0755);
    buf_printf(view, "library %s\n", path);
    return err;
}

static void absolute(char *out, size_t size, const char *build, const char *name)
{
    char here[256] = "";

    if (build[0] != '/' && getcwd(here, sizeof here) == NULL)
        here[0] = '\0'; /* then it is not found, and says so */
    (void)snprintf(out, size, "%s%s%s/%s", here, here[0] != '\0' ? "/" : "", build, name);
}
