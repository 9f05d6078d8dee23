/* What lives as long as `grader serve`: made in serve.c, passed down, reached by handlers through
 * http_context(). */
#ifndef GRADER_GRADER_H
#define GRADER_GRADER_H

#include "grader/auth.h"
#include "grader/boards.h"
#include "grader/git.h"
#include "grader/held.h"
#include "grader/http.h"
#include "grader/metrics.h"
#include "grader/routes.h"
#include "grader/store.h"
#include "grader/submissions.h"
#include "grader/uses.h"
#include "grader/versions.h"
#include "grader/writer.h"

struct grader {
    uv_loop_t *loop;
    struct db reader; /* query-only, for the loop thread */
    struct writer *writer;
    struct held *held; /* deadlines held open */
    struct uses *uses; /* of tokens */
    struct submissions *submissions;
    struct boards *boards;
    struct http *http;
    struct git *git;    /* pushes and fetches */
    struct spec *specs; /* sorted by name */
    size_t specs_count;
    struct versions versions; /* older ones, as reports need them */
    struct http_route routes[ROUTES_MAX];
    char overlay[1024]; /* assignments.path, "" for none */
    char home[4096];    /* holds assignments/ (for kits and handouts) */
    char base_url[256]; /* "http://127.0.0.1:8080", for the lines that people paste */
    int64_t started_at;
    struct auth_slow slow; /* log-ins that failed, by address */
    struct metrics metrics;
    bool stopping; /* SIGTERM came: nothing new is accepted */
};

/* The spec by name, or NULL. */
const struct spec *grader_spec(const struct grader *grader, const char *assignment);

#endif
