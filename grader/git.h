/* The door for git: who is at work in it. A push or a fetch is one `git http-backend`, a child of
 * the loop; its body goes in and its answer comes out in pieces, and neither is held whole.
 *
 * A push lends its hook a key: with it, and as long as the push runs, the files of that push may be
 * submitted for whoever pushes, as of the push's first byte, and nothing else.
 *
 * Life: 1. git_start  2. git_child_* for each request  3. git_drain at SIGTERM  4. git_end, once
 * nothing is graded any more  5. git_stop, after the last request  6. git_free, after the loop. All
 * on the loop thread. */
#ifndef GRADER_GIT_H
#define GRADER_GIT_H

#include "grader/auth.h"
#include "grader/git_place.h"
#include "grader/store_people.h"

#include <uv.h>

struct git;
struct git_child;

/* Copies the place. */
struct err git_start(struct git **out, uv_loop_t *loop, const struct git_place *place);
const struct git_place *git_place_of(const struct git *git);

/* Is everything here that it needs? Looked at each time, but git's version once it is known: what
 * was missing may be installed while the service runs. */
enum git_door { GIT_OPEN, GIT_SHUT, GIT_SHUT_FOR_NOW };
enum git_door git_door(struct git *git);

/* May somebody start one more? */
enum git_room { GIT_ROOM, GIT_FULL, GIT_FULL_FOR_ONE };
enum git_room git_room(const struct git *git, int64_t asker_id);

/* The push that this is the key of. *out is then a hook's: no person, the login and the cohort of
 * whoever pushes, and when that began. Compares in constant time. */
bool git_key_find(const struct git *git, const unsigned char hash[AUTH_HASH_SIZE],
                  struct membership *out);

/* Ends whatever has not changed anything yet; pushes whose files go in may finish. */
void git_drain(struct git *git);
/* Ends the rest, after a moment in which the last words of the reports reach whoever pushed. */
void git_end(struct git *git);
void git_stop(struct git *git);
void git_free(struct git *git);

/* -- one of them ------------------------------------------------------------------------------- */
#define GIT_KILLED 128
struct git_listener {
    size_t (*room)(void *context); /* bytes that may be said now; 0: none until git_child_listen */
    void (*said)(void *context, const void *bytes, size_t size);
    void (*fed)(void *context); /* more may be fed */
    /* Nothing more will be said; the child is not to be used again. status: 0 when all went well,
     * from GIT_KILLED on when it was not allowed to finish. */
    void (*ended)(void *context, int status);
};

/* The question's login, key and wait_s are filled in here. */
struct err git_child_start(struct git *git, const struct membership *who, int64_t received_at,
                           struct git_question question, const struct git_listener *listener,
                           void *context, struct git_child **out);

/* A piece of the body; copied. False: the next one must wait for `fed`. */
bool git_child_feed(struct git_child *child, const void *bytes, size_t size);

/* That was the whole body. */
void git_child_close(struct git_child *child);

/* What it says is wanted, or wanted again. */
void git_child_listen(struct git_child *child);

/* Nobody listens any more, and nothing is told. A push that is here as a whole goes on by itself,
 * because its files are still to be submitted; all others end. */
void git_child_leave(struct git_child *child);

#endif
