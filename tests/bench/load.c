/* Submissions over many kept connections at once, from one thread. Bench only.
 *
 * usage: load PORT CONNECTIONS SECONDS STUDENTS      STUDENTS: lines "LOGIN TOKEN"
 * Each connection sends a new small file of the next student as soon as the last one was answered.
 * Prints: accepted, refused, per second, p50 and p99 of the wait for the answer in milliseconds.
 *
 * usage: load PORT streams COUNT STUDENTS
 * Submits COUNT files, says "ready"; after a line on stdin opens the live report of each, says
 * "open" once all have begun to stream, and holds them until stdin ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STUDENTS_MAX 4000
#define WAITS_MAX (1 << 21)

struct connection {
    int fd;
    double began;
    char in[4096];
    size_t size;
    bool answered;
};

static char tokens[STUDENTS_MAX][80];
static size_t students, next_file;
static float waits[WAITS_MAX];
static size_t waits_count, accepted, refused;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_students(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        die(path);
    while (students < STUDENTS_MAX && fscanf(file, "%*s %79s", tokens[students]) == 1)
        students++;
    (void)fclose(file);
}

static void dial(struct connection *connection, int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (const struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

/* A small file that nobody sent before; `live`: its report as a stream of text. */
static void send_file(struct connection *connection, size_t number, bool live)
{
    char body[512];
    char text[1024];
    int body_size = snprintf(body, sizeof body,
                             "#include \"attention.h\"\n/* number %zu of %d */\n"
                             "void attention(int B, int H, int Tq, int Tk, int D, const float *q,\n"
                             "const float *k, const float *v, const int *kvlen, int causal, float "
                             "*o)\n{ (void)B; (void)H; (void)Tq; (void)Tk; (void)D; (void)q; }\n",
                             number, (int)getpid());
    int size = snprintf(text, sizeof text,
                        "PUT /submit/attention/a.c HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n"
                        "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
                        live ? "text/plain" : "application/json", tokens[number % students],
                        body_size, body);
    connection->began = now();
    connection->size = 0;
    if (write(connection->fd, text, (size_t)size) != size)
        die("send");
}

/* True once a whole answer, or for a stream its first line, is there. */
static bool read_answer(struct connection *connection, bool live)
{
    ssize_t got = recv(connection->fd, connection->in + connection->size,
                       sizeof connection->in - 1 - connection->size, 0);
    if (got <= 0) {
        fprintf(stderr, "the service hung up: %s\n", got < 0 ? strerror(errno) : "end of file");
        exit(1);
    }
    connection->size += (size_t)got;
    connection->in[connection->size] = 0;
    const char *end = strstr(connection->in, "\r\n\r\n");
    if (end == NULL)
        return false;
    if (live)
        return strstr(end, "accepted") != NULL;
    const char *length = strcasestr(connection->in, "\r\nContent-Length:");
    size_t body = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    return connection->size >= (size_t)(end + 4 - connection->in) + body;
}

static void note(const struct connection *connection)
{
    bool good = strncmp(connection->in + 9, "202", 3) == 0;
    accepted += good;
    refused += !good;
    if (!good && refused == 1)
        fprintf(stderr, "first refusal: %.300s\n", connection->in);
    if (waits_count < WAITS_MAX)
        waits[waits_count++] = (float)((now() - connection->began) * 1e3);
}

static int by_size(const void *a, const void *b)
{
    float left = *(const float *)a;
    float right = *(const float *)b;
    return (left > right) - (left < right);
}

static int watch_all(struct connection *all, size_t count)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event) < 0)
            die("epoll");
    }
    return epoll;
}

static void run_load(int port, size_t count, double seconds)
{
    struct connection *all = calloc(count, sizeof *all);
    if (all == NULL)
        die("memory");
    struct epoll_event events[256];
    for (size_t i = 0; i < count; i++)
        dial(&all[i], port);
    int epoll = watch_all(all, count);
    double began = now();
    size_t open = count;
    for (size_t i = 0; i < count; i++)
        send_file(&all[i], next_file++, false);
    while (open > 0) {
        int ready = epoll_wait(epoll, events, 256, 10000);
        if (ready <= 0)
            die("no answer for 10 s");
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            if (!read_answer(one, false))
                continue;
            note(one);
            if (now() - began < seconds) {
                send_file(one, next_file++, false);
            } else {
                (void)close(one->fd);
                open--;
            }
        }
    }
    double took = now() - began;
    qsort(waits, waits_count, sizeof waits[0], by_size);
    printf("%zu %zu %.0f %.2f %.2f\n", accepted, refused, (double)accepted / took,
           (double)waits[waits_count / 2], (double)waits[waits_count * 99 / 100]);
    free(all);
}

static void wait_line(void)
{
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(0);
}

static void run_streams(int port, size_t count)
{
    struct connection *all = calloc(count, sizeof *all);
    if (all == NULL)
        die("memory");
    struct connection first = {0};
    dial(&first, port);
    for (size_t i = 0; i < count; i++) {
        send_file(&first, i, false);
        while (!read_answer(&first, false))
            continue;
        note(&first);
    }
    (void)close(first.fd);
    printf("ready %zu\n", accepted);
    (void)fflush(stdout);
    wait_line();

    for (size_t i = 0; i < count; i++) {
        dial(&all[i], port);
        send_file(&all[i], i, true);
        while (!read_answer(&all[i], true))
            continue;
    }
    printf("open %zu\n", count);
    (void)fflush(stdout);
    wait_line();
    free(all);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    if (argc != 5) {
        fprintf(stderr, "usage: load PORT CONNECTIONS|streams SECONDS|COUNT STUDENTS\n");
        return 64;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* then fewer must do */
    }
    read_students(argv[4]);
    if (strcmp(argv[2], "streams") == 0)
        run_streams((int)strtol(argv[1], NULL, 10), strtoul(argv[3], NULL, 10));
    else
        run_load((int)strtol(argv[1], NULL, 10), strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
    return 0;
}
