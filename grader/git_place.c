/* The folders of the repositories, and what git is told. */
#include "grader/git_place.h"

#include "grader/git_keep.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static struct err fill(int root_fd, const char *name);
static struct err put_file(int folder_fd, const char *name, const char *text);
static void put_settings(struct buf *out, const struct git_place *place,
                         const struct git_question *question, const char *name);
static void put_config(struct buf *out, int *count, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void put(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define MINUTE_MS 60000
#define STALE_MINUTES 2 /* past the wall: whatever a push wrote then is nobody's any more */
#define FILE_OF_PUSH 4  /* a written file against the largest push: pack and index */

const struct git_service_row git_services[GIT_SERVICES] = {
    [GIT_REFS_OF_FETCH] = {"/info/refs", "service=git-upload-pack", "", false},
    [GIT_REFS_OF_PUSH] = {"/info/refs", "service=git-receive-pack", "", true},
    [GIT_FETCH] = {"/git-upload-pack", "", "application/x-git-upload-pack-request", false},
    [GIT_PUSH] = {"/git-receive-pack", "", "application/x-git-receive-pack-request", true},
};

/* -- folders ----------------------------------------------------------------------------------- */

struct err git_place_folder(char *out, size_t size, const struct git_settings *settings,
                            const char *database_path)
{
    const char *slash = strrchr(database_path, '/');
    int length =
        settings->path[0] != '\0'
            ? snprintf(out, size, "%s", settings->path)
            : snprintf(out, size, "%.*sgit", slash != NULL ? (int)(slash - database_path) + 1 : 0,
                       database_path);

    if (length < 0 || (size_t)length >= size)
        return err_make(ERR_INPUT, "git.path: the folder of repositories has too long a name");
    return err_none();
}

struct err git_place_init(struct git_place *out, const struct git_settings *settings,
                          const char *database_path, const char *home)
{
    char folder[sizeof settings->path];
    const char *path = getenv("PATH");

    out->settings = *settings;
    struct err err = git_place_folder(folder, sizeof folder, settings, database_path);
    if (err_is(err))
        return err;
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make the folder of repositories '%.100s'", folder);

    auto_free char *whole = realpath(folder, NULL);
    if (whole == NULL)
        return err_make(ERR_SYSTEM, "find the folder of repositories '%.100s'", folder);
    if (!text_copy(out->settings.path, sizeof out->settings.path, whole))
        return err_make(ERR_INPUT, "git.path: '%.100s' is too long a name", whole);
    (void)snprintf(out->empty, sizeof out->empty, "%s/home", whole); /* fits */
    if (mkdir(out->empty, 0500) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make '%.100s'", out->empty);
    (void)snprintf(out->hooks, sizeof out->hooks, "%s/deploy/hooks", home); /* fits */
    if (path == NULL || !text_copy(out->program_path, sizeof out->program_path, path))
        (void)text_copy(out->program_path, sizeof out->program_path, "/usr/bin:/bin"); /* fits */
    return err_none();
}

void git_place_urls(struct git_place *place, const char *host, int port, const char *base_url)
{
    static const struct {
        const char *listens, *asks;
    } any[] = {{"", "127.0.0.1"}, {"0.0.0.0", "127.0.0.1"}, {"::", "::1"}};

    for (size_t i = 0; i < COUNT(any); i++)
        if (strcmp(host, any[i].listens) == 0) {
            host = any[i].asks;
            break;
        }
    bool is_six = strchr(host, ':') != NULL;
    (void)snprintf(place->local_url, sizeof place->local_url,
                   is_six ? "http://[%s]:%d" : "http://%s:%d", host, port); /* fits */
    (void)text_copy(place->link_url, sizeof place->link_url, base_url);     /* as wide */
}

bool git_program(const char *path, const char *name)
{
    char file[1200];

    return git_program_find(path, name, file, sizeof file);
}

bool git_program_find(const char *path, const char *name, char *out, size_t out_size)
{
    while (*path != '\0') {
        size_t size = strcspn(path, ":");
        int length = snprintf(out, out_size, "%.*s/%s", (int)size, path, name);
        if (size > 0 && length > 0 && (size_t)length < out_size && access(out, X_OK) == 0)
            return true;
        path += size + (path[size] == ':');
    }
    return false;
}

bool git_place_is_roomy(const struct git_place *place)
{
    struct statvfs about;

    if (statvfs(place->settings.path, &about) < 0)
        return true; /* git will say what is wrong with it */
    return (uint64_t)about.f_bavail * about.f_frsize >= (uint64_t)place->settings.free_min;
}

void git_repository_name(char out[GIT_NAME_SIZE], struct git_owner owner)
{
    (void)snprintf(out, GIT_NAME_SIZE, "%lld-%lld", (long long)owner.membership_id,
                   (long long)owner.created_at); /* fits */
}

bool git_repository_is(const char *folder, struct git_owner owner)
{
    char path[1200];
    char name[GIT_NAME_SIZE];
    git_repository_name(name, owner);
    int length = snprintf(path, sizeof path, "%s/%s.git/HEAD", folder, name);

    return (size_t)length < sizeof path && access(path, R_OK) == 0;
}

struct err git_repository_make(const struct git_place *place, struct git_owner owner)
{
    char called[GIT_NAME_SIZE];
    char name[GIT_NAME_SIZE + 8];
    char made[GIT_NAME_SIZE + 8];

    if (git_repository_is(place->settings.path, owner))
        return err_none();
    git_repository_name(called, owner);
    (void)snprintf(name, sizeof name, "%s.git", called); /* both fit */
    (void)snprintf(made, sizeof made, "%s.git.new", called);
    auto_close int root_fd = open(place->settings.path, O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        return err_make(ERR_SYSTEM, "open the folder of repositories");
    struct err err = fill(root_fd, made);
    if (err_is(err))
        return err;
    if (renameat(root_fd, made, root_fd, name) < 0)
        return err_make(ERR_SYSTEM, "make the repository %s", name);
    return err_none();
}

/* What git wants to see to call it a repository. */
static struct err fill(int root_fd, const char *name)
{
    static const char *const folders[] = {"objects", "refs", "refs/heads"};

    if (mkdirat(root_fd, name, 0700) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make the repository %s", name);
    auto_close int fd = openat(root_fd, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "open the repository %s", name);
    for (size_t i = 0; i < COUNT(folders); i++)
        if (mkdirat(fd, folders[i], 0700) < 0 && errno != EEXIST)
            return err_make(ERR_SYSTEM, "make %s of %s", folders[i], name);
    struct err err =
        put_file(fd, "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
    if (!err_is(err))
        err = put_file(fd, "HEAD", "ref: refs/heads/main\n");
    return err;
}

static struct err put_file(int folder_fd, const char *name, const char *text)
{
    auto_close int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    /* On the disk before the folder has its name: an empty HEAD would be no repository, for good.
     */
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd) < 0)
        return err_make(ERR_SYSTEM, "write %s of a repository", name);
    return err_none();
}

/* -- what git is told -------------------------------------------------------------------------- */

void git_command(struct buf *out, const struct git_place *place)
{
    put(out, "/proc/self/exe"); /* this very program, also once a newer one has its name */
    put(out, GIT_KEEP_WORD);
    put(out, "%d", (int)getpid());
    put(out, "%lld", (long long)(FILE_OF_PUSH * place->settings.push_max));
    put(out, "git");
    put(out, "http-backend");
    put(out, "%s", "");
}

void git_environment(struct buf *out, const struct git_place *place,
                     const struct git_question *question)
{
    const struct git_service_row *row = &git_services[question->service];
    const bool has_body = row->type[0] != '\0';
    char name[GIT_NAME_SIZE];

    git_repository_name(name, question->owner);

    put(out, "PATH=%s", place->program_path);
    put(out, "LC_ALL=C.UTF-8");
    put(out, "HOME=%s", place->empty);
    put(out, "GIT_CONFIG_NOSYSTEM=1");
    put(out, "GIT_CONFIG_GLOBAL=/dev/null");
    put(out, "GIT_ATTR_NOSYSTEM=1");
    put(out, "GIT_TERMINAL_PROMPT=0");
    put(out, "GIT_PROJECT_ROOT=%s", place->settings.path);
    put(out, "GIT_HTTP_EXPORT_ALL=1");
    put(out, "PATH_INFO=/%s.git%s", name, row->path);
    put(out, "REQUEST_METHOD=%s", has_body ? "POST" : question->is_head ? "HEAD" : "GET");
    put(out, "QUERY_STRING=%s", row->query);
    put(out, "REMOTE_USER=%s", question->login);
    if (has_body)
        put(out, "CONTENT_TYPE=%s", row->type);
    if (has_body && question->content_length >= 0)
        put(out, "CONTENT_LENGTH=%lld", (long long)question->content_length);
    if (has_body && question->is_gzip)
        put(out, "HTTP_CONTENT_ENCODING=gzip");
    if (question->protocol > 0)
        put(out, "GIT_PROTOCOL=version=%d", question->protocol);
    if (question->key != NULL)
        put(out, "GRADER_KEY=%s", question->key);
    put_settings(out, place, question, name);
    put(out, "%s", "");
}

/* By the environment, so that they win over whatever a repository says and hold for all at once. */
static void put_settings(struct buf *out, const struct git_place *place,
                         const struct git_question *question, const char *name)
{
    const struct git_settings *settings = &place->settings;
    int count = 0;

    put_config(out, &count, "core.hooksPath", "%s", place->hooks);
    put_config(out, &count, "safe.directory", "%s/%s.git", settings->path, name);
    put_config(out, &count, "http.receivepack", "true");
    put_config(out, &count, "http.getanyfile", "false");
    put_config(out, &count, "transfer.fsckObjects", "true");
    put_config(out, &count, "transfer.hideRefs",
               "refs/grader"); /* what was submitted: the hook's */
    put_config(out, &count, "receive.maxInputSize", "%lld", (long long)settings->push_max);
    /* A pack stays the pack that it came as: single objects would take the room that its deltas
     * claim, a thousand times its own. */
    put_config(out, &count, "receive.unpackLimit", "1");
    put_config(out, &count, "receive.autogc", "false");
    put_config(out, &count, "receive.denyDeleteCurrent", "ignore");
    put_config(out, &count, "gc.auto", "0");
    put_config(out, &count, "pack.threads", "1");
    put_config(out, &count, "pack.windowMemory", "16m");
    put_config(out, &count, "pack.deltaCacheSize", "16m");
    put_config(out, &count, "core.deltaBaseCacheLimit", "16m");
    put_config(out, &count, "core.packedGitWindowSize", "16m");
    put_config(out, &count, "core.packedGitLimit", "64m");
    put_config(out, &count, "core.bigFileThreshold", "1m"); /* larger ones pass through, unheld */
    put_config(out, &count, "grader.url", "%s", place->local_url);
    put_config(out, &count, "grader.link", "%s", place->link_url);
    put_config(out, &count, "grader.login", "%s", question->login);
    put_config(out, &count, "grader.wait", "%lld", (long long)question->wait_s);
    put_config(out, &count, "grader.room", "%lld", (long long)settings->repository_max / 1024);
    put_config(out, &count, "grader.stale", "%lld",
               (long long)settings->wall_ms / MINUTE_MS + STALE_MINUTES);
    put_config(out, &count, "grader.mark", "true");
    put_config(out, &count, "grader.hint", "true");
    put(out, "GIT_CONFIG_COUNT=%d", count);
}

static void put_config(struct buf *out, int *count, const char *name, const char *format, ...)
{
    va_list arguments;

    put(out, "GIT_CONFIG_KEY_%d=%s", *count, name);
    buf_printf(out, "GIT_CONFIG_VALUE_%d=", *count);
    va_start(arguments, format);
    buf_vprintf(out, format, arguments);
    va_end(arguments);
    buf_append(out, "", 1);
    (*count)++;
}

/* One string and its zero. */
static void put(struct buf *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(out, format, arguments);
    va_end(arguments);
    buf_append(out, "", 1);
}
