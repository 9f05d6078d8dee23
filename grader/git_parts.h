/* What grader/git.c and grader/git_child.c share. */
#ifndef GRADER_GIT_PARTS_H
#define GRADER_GIT_PARTS_H

#include "grader/git.h"
#include "grader/git_need.h"
#include "sandbox/base/list.h"

struct git {
    uv_loop_t *loop;
    struct git_place place;
    struct list children;
    size_t children_count;
    enum git_age age;
    int64_t ask_ms; /* when git may be asked for it */
};

/* How far its end has come. */
enum git_child_end { GIT_CHILD_RUNS, GIT_CHILD_HUNG_UP, GIT_CHILD_TERMINATED };

struct git_child {
    struct git *git;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t wall;
    uv_shutdown_t last; /* of `in` */
    size_t open_handles;
    struct git_listener listener;
    void *context; /* NULL: nobody listens */
    struct membership who;
    int64_t received_at;
    unsigned char key_hash[AUTH_HASH_SIZE];
    bool has_key;
    bool has_process; /* its handle is libuv's */
    bool is_push;
    bool is_whole;  /* the body was fed */
    bool is_deaf;   /* it reads no more */
    bool has_ended; /* the process */
    int status;     /* with which it did */
    enum git_child_end end;
    bool ends_soon;
    bool is_silent; /* its output */
    char piece[16384];
    struct list link;
};

/* Begins to end it; what follows, should it not, follows by itself. */
void git_child_ask(struct git_child *child);
void git_child_ask_soon(struct git_child *child);
/* Takes everything down at once. */
void git_child_kill(struct git_child *child);

#endif
