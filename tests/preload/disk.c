/* A disk that fails on request, for LD_PRELOAD: while the file that FAIL_DISK names exists and
 * holds a word, writes and syncs of *.db files fail with that error: "io", "readonly" or "full".
 * "nfs": nothing fails, but every file system says that it is NFS. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The first letter of the word; 0: no file, or nothing in it. */
static char word_now(void)
{
    const char *path = getenv("FAIL_DISK");
    char word = 0;
    int mark = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (mark < 0)
        return 0;
    ssize_t got = read(mark, &word, 1);
    (void)close(mark);
    return got == 1 ? word : 0;
}

/* The error of the moment for this descriptor; 0: none. */
static int failure(int fd)
{
    static const struct {
        char word;
        int error;
    } errors[] = {{'i', EIO}, {'r', EROFS}, {'f', ENOSPC}};
    char link[64];
    char name[512];
    char word = word_now();
    if (word == 0)
        return 0;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, name, sizeof name - 1);
    name[size > 0 ? size : 0] = 0;
    for (size_t i = 0; strstr(name, ".db") != NULL && i < 3; i++)
        if (errors[i].word == word)
            return errors[i].error;
    return 0;
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))
#define FAIL_FIRST(fd)                                                                             \
    do {                                                                                           \
        int error = failure(fd);                                                                   \
        if (error != 0) {                                                                          \
            errno = error;                                                                         \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    FAIL_FIRST(fd);
    return REAL(pwrite64)(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    FAIL_FIRST(fd);
    return REAL(pwrite)(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    FAIL_FIRST(fd);
    return REAL(write)(fd, bytes, size);
}

int fdatasync(int fd)
{
    FAIL_FIRST(fd);
    return REAL(fdatasync)(fd);
}

int fsync(int fd)
{
    FAIL_FIRST(fd);
    return REAL(fsync)(fd);
}

int statfs(const char *path, struct statfs *out)
{
    int result = REAL(statfs)(path, out);
    if (result == 0 && word_now() == 'n')
        out->f_type = 0x6969;
    return result;
}
