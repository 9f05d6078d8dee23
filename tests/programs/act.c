/* One program for the sandbox's tests: argv[1] says what it shall do. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int act_exit(int number)
{
    return number;
}

static int act_hello(int number)
{
    (void)number;
    puts("hello");
    fputs("oops\n", stderr);
    return 0;
}

static int act_echo(int number)
{
    char text[256];
    ssize_t got = read(0, text, sizeof text);
    (void)number;
    return got < 0 || write(1, text, (size_t)got) != got;
}

static int act_spin(int number)
{
    for (volatile unsigned long turns = 0;; turns++)
        (void)number;
}

static int act_wait(int number)
{
    (void)number;
    for (int word = 0;;)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* Touches `number` MiB, or for ever; 7 when malloc refuses. */
static int act_touch(int number)
{
    for (int i = 0; number == 0 || i < number; i++) {
        char *piece = malloc(1 << 20);
        if (piece == NULL)
            return 7;
        memset(piece, 1, 1 << 20);
    }
    return 0;
}

static int act_recurse(int number)
{
    volatile int here[64];
    here[0] = number;
    return act_recurse(here[0] + 1) + here[0];
}

static int act_flood(int number)
{
    static char piece[4096];
    while (write(number, piece, sizeof piece) > 0)
        continue;
    return 9;
}

static int act_abort(int number)
{
    (void)number;
    abort();
}

static int act_raise(int number)
{
    return raise(number);
}

static int act_segv(int number)
{
    (void)number;
    *(volatile int *)8 = 1;
    return 0;
}

static int act_call(int number)
{
    return syscall(number, -1, -1, 0, 0, 0, 0) < 0 ? 5 : 6;
}

/* A call with the number and arguments that are on descriptor 0; gives its errno, 200 without. */
static int act_ask(int number)
{
    long a[7] = {0};
    (void)number;
    if (read(0, a, sizeof a) != sizeof a)
        return 201;
    errno = 0;
    return syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]) >= 0 ? 200 : errno;
}

static void on_sigsys(int number)
{
    (void)number;
    _exit(0);
}

/* Tries to survive a forbidden call by a handler, and to die of something else. */
static int act_dodge(int number)
{
    (void)signal(SIGSYS, on_sigsys);
    (void)syscall(number, -1, 0, 0, 0, 0, 0);
    _exit(0);
}

static int act_int80(int number)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"((long)number) : "memory");
    return 6;
}

static int act_vsyscall(int number)
{
    (void)number;
    return ((int (*)(void *))0xffffffffff600400)(NULL) == -1 ? 5 : 6;
}

static void *thread_end(void *argument)
{
    return argument;
}

static void *thread_spin(void *argument)
{
    (void)argument;
    (void)act_spin(0);
    return NULL;
}

/* Starts up to `number` threads that stay; gives how many it got. */
static int act_threads(int number)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int made = 0;
    pthread_t thread;
    (void)thread_end;
    (void)lock;
    while (made < number && pthread_create(&thread, NULL, thread_spin, NULL) == 0)
        made++;
    _exit(made);
}

/* Spins on `number` threads besides the first. */
static int act_spins(int number)
{
    pthread_t thread;
    for (int i = 0; i < number; i++)
        (void)pthread_create(&thread, NULL, thread_spin, NULL);
    return act_spin(0);
}

/* How many of the descriptors 0 .. 1023 are open. */
static int act_fds(int number)
{
    int open = 0;
    (void)number;
    for (int fd = 0; fd < 1024; fd++) {
        char byte;
        open += read(fd, &byte, 0) == 0 || errno != EBADF;
    }
    return open;
}

static int act_environment(int number)
{
    (void)number;
    return environ[0] == NULL ? 0 : 1;
}

static int act_pid(int number)
{
    (void)number;
    return getpid();
}

/* Prints where its stack and its heap lie: the same in every run. */
static int act_addresses(int number)
{
    printf("%p %p\n", (void *)&number, (void *)malloc(16));
    return 0;
}

/* Adds one to each byte of descriptor 3, shared. */
static int act_shared(int number)
{
    size_t size = (size_t)number << 20;
    unsigned char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, 3, 0);
    if (at == MAP_FAILED)
        return 8;
    for (size_t i = 0; i < size; i++)
        at[i]++;
    return 0;
}

static int act_mapexec(int number)
{
    (void)number;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? 5
               : 6;
}

static const struct action {
    const char *name;
    int (*act)(int number);
} actions[] = {
    {"exit", act_exit},       {"hello", act_hello},
    {"echo", act_echo},       {"spin", act_spin},
    {"wait", act_wait},       {"touch", act_touch},
    {"recurse", act_recurse}, {"flood", act_flood},
    {"abort", act_abort},     {"raise", act_raise},
    {"segv", act_segv},       {"call", act_call},
    {"ask", act_ask},         {"dodge", act_dodge},
    {"int80", act_int80},     {"vsyscall", act_vsyscall},
    {"threads", act_threads}, {"spins", act_spins},
    {"fds", act_fds},         {"environment", act_environment},
    {"pid", act_pid},         {"addresses", act_addresses},
    {"shared", act_shared},   {"mapexec", act_mapexec},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, argv[1]) == 0)
            return actions[i].act(argc > 2 ? atoi(argv[2]) : 0);
    }
    return 99;
}
