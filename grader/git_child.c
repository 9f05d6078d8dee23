/* One `git http-backend` on the loop: started without a shell, fed and heard in pieces, ended in
 * time, step by step. A push that is not whole loses its input first: git then puts away by itself
 * what it had unpacked, which signals to all of its processes at once would leave lying. Signals go
 * to the whole group, the hook too: SIGTERM, at which git takes its lock files away; SIGKILL only
 * for what does not listen. */
#include "grader/git_parts.h"
#include "sandbox/base/log.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int64_t wait_within(const struct git_settings *settings);
static void child_open(struct git_child *child);
static struct err child_spawn(struct git_child *child, struct git_question *question);
static void split(char *block, char **out, size_t max);
static void end_further(struct git_child *child);
static void on_wall(uv_timer_t *timer);
static void on_exit_seen(uv_process_t *process, int64_t status, int signal);
static void on_written(uv_write_t *request, int status);
static void on_last_written(uv_shutdown_t *request, int status);
static void on_piece_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *out);
static void on_piece(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes);
static void close_in(struct git_child *child);
static void close_out(struct git_child *child);
static void tell_end(struct git_child *child);
static void handle_close(uv_handle_t *handle);
static void on_closed(uv_handle_t *handle);

#define QUEUE_MAX ((size_t)256 * 1024) /* bytes on their way in before the client must wait */
#define GENTLE_MS 3000
#define LAST_WORDS_MS 100 /* half of what the service waits with its own */
#define LAST_S 10         /* of git.wall: for the files before the wait, and the links after it */
#define WORDS_MAX 96
#define BLOCK_MAX ((size_t)64 * 1024)
#define CROWDED_WAIT_S 3 /* for reports, when half of all places are taken */

/* One write: libuv wants the bytes to stay. */
struct piece {
    uv_write_t request;
    size_t size;
    char bytes[];
};

struct err git_child_start(struct git *git, const struct membership *who, int64_t received_at,
                           struct git_question question, const struct git_listener *listener,
                           void *context, struct git_child **out)
{
    struct git_child *child = calloc(1, sizeof *child);
    char key[AUTH_TOKEN_SIZE];

    if (child == NULL)
        return err_make(ERR_SYSTEM, "start git");
    child->git = git;
    child->who = *who;
    child->received_at = received_at;
    child->is_push = question.service == GIT_PUSH;
    child->has_key = child->is_push;
    child->listener = *listener;
    child->context = context;
    question.login = who->login;
    question.wait_s = wait_within(&git->place.settings);
    if (git->children_count >= (size_t)git->place.settings.children_max / 2 &&
        question.wait_s > CROWDED_WAIT_S)
        question.wait_s = CROWDED_WAIT_S;
    if (child->has_key) {
        auth_token_new(key, child->key_hash);
        question.key = key;
    }
    list_init(&child->link);
    list_push(&git->children, &child->link);
    git->children_count++;
    child_open(child);
    struct err err = child_spawn(child, &question);
    sodium_memzero(key, sizeof key);
    if (err_is(err)) {
        child->context = NULL;
        git_child_kill(child);
        return err;
    }
    (void)uv_timer_start(&child->wall, on_wall, (uint64_t)git->place.settings.wall_ms, 0);
    if (git_services[question.service].type[0] == '\0')
        git_child_close(child);
    *out = child;
    return err_none();
}

/* A push that waits for longer than it may live would be killed in the middle of a report. */
static int64_t wait_within(const struct git_settings *settings)
{
    int64_t most = settings->wall_ms / 1000 - LAST_S;

    return settings->wait_s < most ? settings->wait_s : most > 0 ? most : 0;
}

static void child_open(struct git_child *child)
{
    uv_loop_t *loop = child->git->loop;

    (void)uv_pipe_init(loop, &child->in, 0); /* none of these can fail */
    (void)uv_pipe_init(loop, &child->out, 0);
    (void)uv_timer_init(loop, &child->wall);
    child->in.data = child->out.data = child->wall.data = child->process.data = child;
    child->open_handles = 3;
    child->has_ended = true; /* until it has begun */
}

static struct err child_spawn(struct git_child *child, struct git_question *question)
{
    const struct git_place *place = &child->git->place;
    auto_buf struct buf environment = buf_of(BLOCK_MAX);
    auto_buf struct buf command = buf_of(BLOCK_MAX);
    char *variables[WORDS_MAX];
    char *words[WORDS_MAX];

    git_environment(&environment, place, question);
    git_command(&command, place);
    if (environment.failed || command.failed)
        return err_make(ERR_INTERNAL, "the environment of git is too long");
    split(environment.at, variables, WORDS_MAX);
    split(command.at, words, WORDS_MAX);
    uv_stdio_container_t stdio[] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&child->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->out},
        {.flags = UV_IGNORE}}; /* names that a student chose: not for our log */
    uv_process_options_t options = {.exit_cb = on_exit_seen,
                                    .file = words[0],
                                    .args = words,
                                    .env = variables,
                                    .cwd = place->settings.path,
                                    .stdio_count = COUNT(stdio),
                                    .stdio = stdio,
                                    .flags = UV_PROCESS_DETACHED}; /* a group of its own */
    int code = uv_spawn(child->git->loop, &child->process, &options);
    child->process.data = child;
    child->has_process = true; /* to be closed even when nothing was started */
    child->open_handles++;
    sodium_memzero(environment.at, environment.size);
    if (code != 0)
        return err_make(ERR_BUSY, "start git: %s", uv_strerror(code));
    child->has_ended = false;
    return err_none();
}

/* The strings of a block that git_environment or git_command filled. */
static void split(char *block, char **out, size_t max)
{
    size_t count = 0;

    for (; *block != '\0' && count + 1 < max; block += strlen(block) + 1)
        out[count++] = block;
    out[count] = NULL;
}

/* -- its life ---------------------------------------------------------------------------------- */

void git_child_ask(struct git_child *child)
{
    if (child->has_ended || child->end != GIT_CHILD_RUNS)
        return;
    (void)uv_timer_start(&child->wall, on_wall, GENTLE_MS, GENTLE_MS);
    end_further(child);
}

void git_child_ask_soon(struct git_child *child)
{
    if (child->has_ended || child->end != GIT_CHILD_RUNS)
        return;
    child->ends_soon = true;
    (void)uv_timer_start(&child->wall, on_wall, LAST_WORDS_MS, 0);
}

static void end_further(struct git_child *child)
{
    if (child->end == GIT_CHILD_RUNS && child->is_push && !child->is_whole) {
        child->end = GIT_CHILD_HUNG_UP;
        close_in(child);
        return;
    }
    /* It may be on its way out: all the same. */
    (void)kill(-child->process.pid, child->end == GIT_CHILD_TERMINATED ? SIGKILL : SIGTERM);
    child->end = GIT_CHILD_TERMINATED;
}

static void on_wall(uv_timer_t *timer)
{
    struct git_child *child = timer->data;

    if (child->has_ended) {
        close_out(child); /* somebody that it left behind still holds it */
    } else if (child->end == GIT_CHILD_RUNS) {
        if (!child->ends_soon)
            log_line(LOG_WARN, "git.wall", "login=%s push=%d", child->who.login, child->is_push);
        git_child_ask(child);
    } else {
        end_further(child);
    }
}

static void on_exit_seen(uv_process_t *process, int64_t status, int signal)
{
    struct git_child *child = process->data;

    child->has_ended = true;
    child->status = signal != 0 || child->end != GIT_CHILD_RUNS ? GIT_KILLED : (int)status;
    child->is_deaf = true;
    log_line(status == 0 && signal == 0 ? LOG_DEBUG : LOG_INFO, "git.ended",
             "login=%s push=%d status=%lld signal=%d", child->who.login, child->is_push,
             (long long)status, signal);
    handle_close((uv_handle_t *)process);
    close_in(child);
    if (child->is_silent)
        handle_close((uv_handle_t *)&child->wall);
    if (child->context != NULL && !child->is_whole)
        child->listener.fed(child->context); /* the rest of the body is for nobody */
    if (child->is_silent)
        tell_end(child);
}

void git_child_leave(struct git_child *child)
{
    child->context = NULL;
    if (!child->is_push || !child->is_whole)
        git_child_ask(child);
    git_child_listen(child); /* to its end, for nobody */
}

void git_child_kill(struct git_child *child)
{
    if (!child->has_ended) {
        (void)kill(-child->process.pid, SIGKILL); /* it may be on its way out */
        child->status = GIT_KILLED;
    }
    child->has_ended = true;
    if (child->has_process)
        handle_close((uv_handle_t *)&child->process);
    close_in(child);
    close_out(child);
    handle_close((uv_handle_t *)&child->wall);
}

/* -- what goes in ------------------------------------------------------------------------------ */

bool git_child_feed(struct git_child *child, const void *bytes, size_t size)
{
    struct piece *piece = child->is_deaf ? NULL : malloc(sizeof *piece + size);

    if (piece == NULL) { /* out of memory: what follows would make no sense */
        child->is_deaf = true;
        close_in(child);
        return true;
    }
    piece->size = size;
    memcpy(piece->bytes, bytes, size);
    const uv_buf_t whole = uv_buf_init(piece->bytes, (unsigned)size);
    piece->request.data = child;
    int code = uv_write(&piece->request, (uv_stream_t *)&child->in, &whole, 1, on_written);
    if (code != 0) {
        free(piece);
        child->is_deaf = true;
    }
    return uv_stream_get_write_queue_size((uv_stream_t *)&child->in) < QUEUE_MAX;
}

static void on_written(uv_write_t *request, int status)
{
    struct git_child *child = request->data;

    free(list_of(request, struct piece, request));
    child->is_deaf = child->is_deaf || status != 0;
    if (child->context != NULL &&
        (child->is_deaf ||
         uv_stream_get_write_queue_size((uv_stream_t *)&child->in) < QUEUE_MAX / 2))
        child->listener.fed(child->context);
}

void git_child_close(struct git_child *child)
{
    child->is_whole = true;
    if (child->end == GIT_CHILD_RUNS && !child->has_ended)
        (void)uv_timer_start(&child->wall, on_wall, (uint64_t)child->git->place.settings.wall_ms,
                             0); /* what the client took is its own */
    child->last.data = child;
    if (child->is_deaf || uv_is_closing((uv_handle_t *)&child->in) ||
        uv_shutdown(&child->last, (uv_stream_t *)&child->in, on_last_written) != 0)
        close_in(child);
}

static void on_last_written(uv_shutdown_t *request, int status)
{
    (void)status; /* closed either way */
    close_in(request->data);
}

/* -- what comes out ---------------------------------------------------------------------------- */

void git_child_listen(struct git_child *child)
{
    if (child->is_silent)
        return;
    int code = uv_read_start((uv_stream_t *)&child->out, on_piece_wanted, on_piece);
    if (code != 0 && code != UV_EALREADY)
        close_out(child);
}

static void on_piece_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct git_child *child = handle->data;
    size_t room = child->context != NULL ? child->listener.room(child->context) : SIZE_MAX;
    (void)suggested;

    *out = uv_buf_init(child->piece,
                       (unsigned)(room < sizeof child->piece ? room : sizeof child->piece));
}

static void on_piece(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct git_child *child = stream->data;

    if (size == UV_ENOBUFS) /* no room: git waits, until git_child_listen */
        (void)uv_read_stop(stream);
    else if (size < 0)
        close_out(child);
    else if (size > 0 && child->context != NULL)
        child->listener.said(child->context, bytes->base, (size_t)size);
}

static void close_in(struct git_child *child)
{
    child->is_deaf = true;
    handle_close((uv_handle_t *)&child->in);
}

static void close_out(struct git_child *child)
{
    if (child->is_silent)
        return;
    child->is_silent = true;
    handle_close((uv_handle_t *)&child->out);
    if (!child->has_ended)
        return;
    handle_close((uv_handle_t *)&child->wall);
    tell_end(child);
}

/* Once it says nothing more and how it ended is known. */
static void tell_end(struct git_child *child)
{
    void *context = child->context;

    child->context = NULL;
    if (context != NULL)
        child->listener.ended(context, child->status);
}

static void handle_close(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void on_closed(uv_handle_t *handle)
{
    struct git_child *child = handle->data;

    if (--child->open_handles > 0)
        return;
    list_remove(&child->link);
    child->git->children_count--;
    free(child);
}
