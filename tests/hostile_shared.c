/* Memfds of a run: making them, and looking at them afterwards. */
#include "tests/hostile_shared.h"

#include "sandbox/base/fdio.h"
#include "tests/hostile/hostile.h"

#define TEXT_MAX ((size_t)16 << 20)

static struct err shared_map_own(int fd, int seals, uint32_t **out);
static bool size_is(int fd, off_t least, off_t most, const char *what, char *fault);

struct err shared_make(struct shared *shared, uint32_t turn)
{
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    struct err err = fdio_memfd_sealed("question", "question", 8, &shared->fds[QUESTION]);
    if (!err_is(err))
        err = fdio_memfd("output", 0, &shared->fds[OUTPUT]);
    if (!err_is(err))
        err = fdio_memfd("errors", 0, &shared->fds[ERRORS]);
    if (!err_is(err))
        err = fdio_memfd("input", SHARED_BYTES, &shared->fds[INPUT]);
    if (!err_is(err))
        err = fdio_memfd("answer", SHARED_BYTES, &shared->fds[ANSWER]);
    if (!err_is(err))
        err = shared_map_own(shared->fds[INPUT], fixed | F_SEAL_FUTURE_WRITE, &shared->input);
    if (!err_is(err))
        err = shared_map_own(shared->fds[ANSWER], fixed, &shared->answer);
    for (uint32_t i = 0; !err_is(err) && i < SHARED_BYTES / 4; i++)
        shared->input[i] = turn * 7919U + i;
    return err;
}

/* Mapped before it is sealed, as the worker does. */
static struct err shared_map_own(int fd, int seals, uint32_t **out)
{
    void *at = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED || fcntl(fd, F_ADD_SEALS, seals) < 0)
        return err_make(ERR_SYSTEM, "shared memory of a run");
    *out = at;
    return err_none();
}

void shared_drop(struct shared *shared)
{
    uint32_t *const maps[] = {shared->input, shared->answer};
    for (size_t i = 0; i < COUNT(maps); i++) {
        if (maps[i] != NULL)
            (void)munmap(maps[i], SHARED_BYTES); /* ours, of this size */
    }
    for (size_t i = 0; i < COUNT(shared->fds); i++) {
        if (shared->fds[i] >= 0)
            (void)close(shared->fds[i]); /* a memfd: nothing is pending in it */
    }
}

bool shared_is_whole(const struct shared *shared, uint32_t turn, char *fault)
{
    size_t wrong = 0;
    char question[9] = "";
    for (uint32_t i = 0; i < SHARED_BYTES / 4; i++)
        wrong += shared->input[i] != turn * 7919U + i;
    if (wrong > 0)
        FAULT(fault, "%zu numbers of the input were changed", wrong);
    else if (pread(shared->fds[QUESTION], question, 8, 0) != 8 || strcmp(question, "question") != 0)
        FAULT(fault, "the question was changed");
    return fault[0] == '\0' && size_is(shared->fds[QUESTION], 8, 8, "question", fault) &&
           size_is(shared->fds[OUTPUT], 0, HOSTILE_OUTPUT_BYTES, "output", fault) &&
           size_is(shared->fds[ERRORS], 0, HOSTILE_OUTPUT_BYTES, "errors", fault) &&
           size_is(shared->fds[INPUT], SHARED_BYTES, SHARED_BYTES, "input", fault) &&
           size_is(shared->fds[ANSWER], SHARED_BYTES, SHARED_BYTES, "answer", fault) &&
           !shared_tells(shared->fds[OUTPUT], fault) && !shared_tells(shared->fds[ERRORS], fault) &&
           !shared_tells(shared->fds[ANSWER], fault);
}

static bool size_is(int fd, off_t least, off_t most, const char *what, char *fault)
{
    struct stat info;
    if (fstat(fd, &info) < 0 || info.st_size < least || info.st_size > most) {
        FAULT(fault, "%s has %lld bytes now", what, (long long)info.st_size);
        return false;
    }
    return true;
}

/* The host's first user, and our own environment: nobody hands these in. */
bool shared_tells(int fd, char *fault)
{
    char user[64] = "";
    auto_close int users = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    if (users < 0 || read(users, user, sizeof user - 1) < 12)
        return false; /* a host without users has no such secret */
    user[strcspn(user, "\n")] = '\0';
    const char *const secrets[] = {user, getenv(HOSTILE_SECRET)};
    for (size_t i = 0; i < COUNT(secrets); i++) {
        if (secrets[i] == NULL || secrets[i][0] == '\0' || !shared_says(fd, secrets[i]))
            continue;
        FAULT(fault, "it tells a secret of the host: %s", secrets[i]);
        return true;
    }
    return false;
}

bool shared_says(int fd, const char *words)
{
    auto_buf struct buf text = buf_of(TEXT_MAX);
    return !err_is(fdio_read_start(fd, &text, TEXT_MAX - 1, NULL)) && text.size > 0 &&
           memmem(text.at, text.size, words, strlen(words)) != NULL;
}
