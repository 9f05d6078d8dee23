/* Many files through one worker: what `batch` and `check` share. */
#ifndef GRADER_BATCH_H
#define GRADER_BATCH_H

#include "grader/try.h"

#define BATCH_FILES_MAX 20000
#define BATCH_PATH_MAX 1024

struct batch_files {
    char **paths; /* relative to the folder, sorted */
    size_t count;
};

/* All .c and .cu files in a folder and in the folders directly in it (one per student, as learning
 * platforms hand them out). Hidden names and links are passed over. */
struct err batch_find(struct batch_files *out, const char *folder);
void batch_release(struct batch_files *files);

struct batch_wish {
    const struct try_place *place;
    const struct spec *spec;
    const char *folder;
    const char *backend; /* NULL: auto */
    bool no_timing;
    bool patterns_only; /* no diagnosis builds */
    /* Told of each file in order; the report is borrowed for the call. `err` is ours, if any. */
    void (*graded)(void *context, const char *path, const struct report *report, struct err err);
    void *context;
};

/* Grades all files, with a fresh worker after each failure of ours. out_signal is the signal that
 * interrupted it, else 0: then the rest was not graded. An error: no worker can be started. */
struct err batch_run(const struct batch_wish *wish, const struct batch_files *files,
                     int *out_signal);

#endif
