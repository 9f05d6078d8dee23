/* What a GPU's launcher does, against stand-in nodes: argv[1] says which part. Linked dynamically,
 * as a real one is. Exit code 0, or the number of the line that went wrong (at most 255). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define WANT(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, strerror(errno));           \
            exit(__LINE__ & 0xff ? __LINE__ & 0xff : 1);                                           \
        }                                                                                          \
    } while (0)
#define REFUSED(call, number) ((call) < 0 && errno == (number))

/* Both nodes are there, can be read and written, and the driver's requests reach them. */
static int nodes(const char *word)
{
    char zeros[8] = "unset";
    int control = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC);
    int memory = open("/dev/nvidia-uvm", O_RDWR | O_CLOEXEC);
    WANT(control >= 0 && memory >= 0);
    WANT(write(control, "x", 1) == 1);
    WANT(read(memory, zeros, sizeof zeros) == sizeof zeros);
    WANT(memcmp(zeros, "\0\0\0\0\0\0\0", 8) == 0);
    WANT(open("/dev/nvidia0", O_RDWR | O_CLOEXEC) >= 0);
    WANT(open("/dev/nvidia-caps/nvidia-cap1", O_RDONLY | O_CLOEXEC) >= 0);
    WANT(REFUSED(ioctl(control, _IOWR('F', 0x2a, char[32]), zeros), ENOTTY));
    WANT(REFUSED(ioctl(memory, 75, zeros), ENOTTY));
    (void)word;
    return 0;
}

/* And nothing else of the host. */
static int nothing_else(const char *word)
{
    static const char *const names[] = {
        "/dev/nvidia1", "/dev/null",    "/dev/mem",    "/dev/kmsg", "/etc/passwd",
        "/proc/self",   "/proc/1/maps", "/sys/kernel", "/tmp",      "/../../etc/passwd",
        "/root",        "/home",        "/usr/bin/as", "/dev/shm",  "/view"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        WANT(REFUSED(open(names[i], O_RDONLY | O_CLOEXEC), ENOENT));
    WANT(open("/new", O_WRONLY | O_CREAT, 0600) < 0 && (errno == EROFS || errno == EACCES));
    WANT(open("/dev/new", O_WRONLY | O_CREAT, 0600) < 0 && (errno == EROFS || errno == EACCES));
    WANT(open("/usr/lib/new", O_WRONLY | O_CREAT, 0600) < 0 && (errno == EROFS || errno == EACCES));
    WANT(open("/proc/devices", O_WRONLY) < 0 && (errno == EROFS || errno == EACCES));
    (void)word;
    return 0;
}

/* A library by its name, and by a whole path. */
static int library(const char *word)
{
    WANT(dlopen("libm.so.6", RTLD_NOW) != NULL);
    void *driver = dlopen(word, RTLD_NOW);
    WANT(driver != NULL);
    WANT(dlsym(driver, "cos") != NULL);
    return 0;
}

static void *named(void *argument)
{
    WANT(prctl(PR_SET_NAME, "cuda-event") == 0);
    return argument;
}

static int threads(const char *word)
{
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        WANT(pthread_create(&thread[i], NULL, named, NULL) == 0);
    for (int i = 0; i < 3; i++)
        WANT(pthread_join(thread[i], NULL) == 0);
    (void)word;
    return 0;
}

/* The helpers and daemons that a driver tries: refused, and it lives. */
static int helpers(const char *word)
{
    char *const arguments[] = {"nvidia-modprobe", NULL};
    pid_t pid;
    WANT(REFUSED(fork(), EPERM));
    WANT(posix_spawn(&pid, "/usr/bin/nvidia-modprobe", NULL, NULL, arguments, NULL) == EPERM);
    WANT(REFUSED(execv("/usr/bin/nvidia-modprobe", arguments), EPERM));
    WANT(REFUSED(mknod("/dev/nvidia-uvm-tools", S_IFCHR | 0666, makedev(195, 1)), EPERM));
    WANT(mkdir("/.nv", 0700) < 0);
    (void)word;
    return 0;
}

static int sockets(const char *word)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0cuda-uvmfd-1-2"};
    struct sockaddr_un file = {.sun_family = AF_UNIX, .sun_path = "/dev/daemon"};
    int on = 1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    WANT(fd >= 0);
    WANT(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    WANT(bind(fd, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + 16) == 0);
    WANT(listen(fd, 8) == 0);
    WANT(REFUSED(accept4(fd, NULL, NULL, SOCK_CLOEXEC), EAGAIN));
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    WANT(REFUSED(connect(other, (struct sockaddr *)&file, sizeof file), ECONNREFUSED));
    WANT(bind(other, (struct sockaddr *)&file, sizeof file) < 0);
    WANT(REFUSED(socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT));
    (void)word;
    return 0;
}

static int texts(const char *word)
{
    char text[16384];
    int fd = open(word, O_RDONLY | O_CLOEXEC);
    WANT(fd >= 0);
    ssize_t got = read(fd, text, sizeof text);
    WANT(got > 0 && write(1, text, (size_t)got) == got);
    return 0;
}

/* A request that is not the driver's: the end. */
static int request(const char *word)
{
    int control = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC);
    (void)ioctl(control, strtoul(word, NULL, 0), NULL);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct part {
        const char *name;
        int (*run)(const char *word);
    } parts[] = {
        {"nodes", nodes},     {"nothing_else", nothing_else}, {"library", library},
        {"threads", threads}, {"helpers", helpers},           {"sockets", sockets},
        {"texts", texts},     {"request", request},
    };
    for (size_t i = 0; argc > 2 && i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].name, argv[1]) == 0)
            return parts[i].run(argv[2]);
    }
    return 99;
}
