/* What the door for git needs of this machine. */
#ifndef GRADER_GIT_NEED_H
#define GRADER_GIT_NEED_H

#include <stdbool.h>

/* What is not there; of several, the first. */
enum git_need { GIT_NEEDS_NOTHING, GIT_NEEDS_GIT, GIT_NEEDS_CURL, GIT_NEEDS_HOOKS };

/* Looks for programs on a PATH and for our hooks in a folder; cheap enough for each request. */
enum git_need git_need(const char *program_path, const char *hooks);

/* An older git would pass over settings in its environment in silence, and with them over every
 * limit and our hooks. Unknown: it could not be started now, or gave no answer in time. */
enum git_age { GIT_AGE_UNKNOWN, GIT_TOO_OLD, GIT_NEW_ENOUGH };

/* Asks the git on a PATH, which is there, for its version. Blocks for milliseconds, for 5 s at
 * most. */
enum git_age git_age(const char *program_path);

/* The same of what it said: "git version 2.39.5". Unknown: nothing. */
enum git_age git_age_said(const char *said);

#define GIT_VERSION_WORD "2.31" /* the first with GIT_CONFIG_COUNT */

#endif
