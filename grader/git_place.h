/* Where the students' repositories lie and how git is asked about one: names, folders, environment.
 * One bare repository per membership, called by its number and its first moment: no name that
 * anybody chose becomes a path. Nothing here starts anything. */
#ifndef GRADER_GIT_PLACE_H
#define GRADER_GIT_PLACE_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* The three requests of git's smart HTTP. */
enum git_service { GIT_REFS_OF_FETCH, GIT_REFS_OF_PUSH, GIT_FETCH, GIT_PUSH, GIT_SERVICES };

/* Bounds of a body, in bytes; the addresses and the settings take them from here. */
#define GIT_PUSH_MAX ((int64_t)64 << 20)     /* the most that git.push may allow */
#define GIT_COMMANDS_MAX ((int64_t)64 << 10) /* of a push, beside its pack */
#define GIT_WANTS_MAX ((int64_t)256 << 10)   /* of a fetch; packed, a thousand times that */

/* What a service is called in addresses and in types of content, and whether it may change
 * something. */
struct git_service_row {
    const char *path;  /* "/info/refs" */
    const char *query; /* "service=git-upload-pack", "" for none */
    const char *type;  /* of the request's body, "" without one */
    bool is_push;      /* or its beginning */
};
extern const struct git_service_row git_services[GIT_SERVICES];

/* Whose a repository is. The number alone would not do: another database beside the same folder, or
 * an older one that was restored, gives it to somebody else. */
struct git_owner {
    int64_t membership_id;
    int64_t created_at; /* of the membership */
};

struct git_settings {
    char path[1024];        /* folder of the repositories; "" : git/ beside the database */
    int64_t children_max;   /* gits at once */
    int64_t wall_ms;        /* for each */
    int64_t wait_s;         /* that a push waits for its reports */
    int64_t push_max;       /* bytes of one push */
    int64_t repository_max; /* bytes of one repository */
    int64_t free_min;       /* bytes on the disk below which nothing is taken any more */
};

/* What does not change from one request to the next. */
struct git_place {
    struct git_settings settings; /* path: absolute */
    char empty[1040];             /* an empty folder, for HOME */
    char hooks[4200];             /* the folder of our two hooks */
    char program_path[1024];      /* PATH */
    char local_url[300];          /* of this service, from this machine */
    char link_url[256];           /* of this service, for people */
};

/* The folder that the settings name, as they name it. ERR_INPUT: too long. */
struct err git_place_folder(char *out, size_t size, const struct git_settings *settings,
                            const char *database_path);

/* Fills out->settings.path and hooks; makes the folder. */
struct err git_place_init(struct git_place *out, const struct git_settings *settings,
                          const char *database_path, const char *home);

/* The whole of the two URLs; host is where the service listens. */
void git_place_urls(struct git_place *place, const char *host, int port, const char *base_url);

/* Finds a program on a PATH; false if it is not there, and out says nothing then. */
bool git_program(const char *path, const char *name);
bool git_program_find(const char *path, const char *name, char *out, size_t out_size);

/* Is there more room on the disk than has to stay free? The database may share it. */
bool git_place_is_roomy(const struct git_place *place);

/* Makes the repository of a membership unless it is there. Half made by a crash, it is made again.
 */
struct err git_repository_make(const struct git_place *place, struct git_owner owner);
bool git_repository_is(const char *folder, struct git_owner owner);

/* What it is called, without a folder: "17-1764288000000000". */
#define GIT_NAME_SIZE 48
void git_repository_name(char out[GIT_NAME_SIZE], struct git_owner owner);

/* Erasing the repository of a membership below `folder`. It is put away first, while that may still
 * have to be taken back: a file of its name stays, so that no push that is under way makes a new
 * one. Then it is removed for good, or put back. *out_found: there is one. ERR_SYSTEM: some of it
 * may be left; the same call goes on with it. */
struct err git_repository_put_away(const char *folder, struct git_owner owner, bool *out_found);
struct err git_repository_put_back(const char *folder, struct git_owner owner);
struct err git_repository_remove(const char *folder, struct git_owner owner);
/* The same, and the file that kept its name: where no push can be under way. */
struct err git_repository_forget(const char *folder, struct git_owner owner);

/* One request, as git hears of it. Every text has been checked or is ours. */
struct git_question {
    enum git_service service;
    struct git_owner owner;
    const char *login;      /* who asks */
    bool is_head;           /* HEAD instead of GET */
    bool is_gzip;           /* the body is packed */
    int64_t content_length; /* -1: unknown */
    int protocol;           /* of git: 0, 1, 2 */
    const char *key;        /* with which the hook submits; NULL: none */
    int64_t wait_s;
};

/* The environment and the command line: zero-terminated strings, one behind the other, ended by an
 * empty one. */
void git_environment(struct buf *out, const struct git_place *place,
                     const struct git_question *question);
void git_command(struct buf *out, const struct git_place *place);

#endif
