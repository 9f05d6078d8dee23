/* The table of addresses. The first row that fits wins. */
#include "grader/routes.h"

#include "grader/api.h"
#include "grader/git_place.h"
#include "grader/operation.h"

#include <assert.h>
#include <string.h>

#define SOURCE_MAX (1 << 20)           /* the most that a spec may allow (assignments/spec) */
#define FORM_MAX (SOURCE_MAX + 0x4000) /* the same in multipart/form-data */

#define BODY_MAX (9 << 20) /* a roster or a gradebook inside JSON */

/* clang-format off */
const struct http_route routes_table[] = {
    {"PUT",  "/submit/{assignment}",        SOURCE_MAX, submit_admit, submit_handle, "student hook", "200 202 404 409 415 422 429", "submit a file; the report streams as it grows"},
    {"PUT",  "/submit/{assignment}/{file}", SOURCE_MAX, submit_admit, submit_handle, "student hook", "200 202 404 409 415 422 429", "the same with the file's name"},
    {"POST", "/submit/{assignment}",        FORM_MAX,   submit_admit, submit_handle, "student hook", "200 202 404 409 415 422 429", "the same, raw or multipart (field: file)"},
    {"PUT",  "/try/{assignment}",           SOURCE_MAX, try_admit,    try_handle,    "student", "200 202 404 409 415 422 429", "practice: visible cases, no attempt, no score"},
    {"PUT",  "/try/{assignment}/{file}",    SOURCE_MAX, try_admit,    try_handle,    "student", "200 202 404 409 415 422 429", "the same with the file's name"},
    {"POST", "/try/{assignment}",           FORM_MAX,   try_admit,    try_handle,    "student", "200 202 404 409 415 422 429", "the same, raw or multipart (field: file)"},
    {"POST", "/api/v1/assignments/{assignment}/submissions", FORM_MAX, upload_admit, upload_handle, "student hook", "200 202 404 409 415 422 429", "submit, raw or multipart (field: file)"},
    {"GET",  "/api/v1/submissions",         0, NULL, submissions_handle, "student", "200", "own submissions, newest first; ?limit="},
    {"GET",  "/s/{id}",                     0, NULL, report_handle,      "student", "200 404", "report of a submission; .txt, .json, .c"},
    {"GET",  "/s/{id}/source",              0, NULL, source_page_handle, "student", "200 404", "its source as a page, lines numbered"},
    {"GET",  "/s/{id}/events",              0, NULL, page_events_handle, "student", "200 204 404", "what its page shows, as it changes (server-sent events)"},
    {"GET",  "/api/v1/submissions/{id}",    0, NULL, submission_handle,  "student", "200 404", "its report as JSON; ?wait= holds until it is final, ?after= until it differs"},
    {"GET",  "/api/v1/submissions/{id}/events", 0, NULL, events_handle,  "student", "200 204 404", "its report after each change (server-sent events)"},
    {"GET",  "/s/{id}/speed",               0, NULL, speed_handle,       "student", "200 404", "how its speed was measured"},
    {"POST", "/s/{id}/retime",              4096, operation_admit, retime_handle,      "student", "202 404 409", "its timing once more, if it was noisy; costs no attempt"},
    {"GET",  "/api/v1/assignments",         0, NULL, assignments_handle, "any",     "200 401", "assignments; with a token those of its cohort, with dates"},
    {"GET",  "/api/v1/assignments/{assignment}", 0, NULL, assignment_handle, "any", "200 404", "one assignment: arguments, cases, groups, limits"},
    {"GET",  "/kit/{assignment}.tar.gz",    0, NULL, kit_handle,         "any",     "200 404", "header, starter, task and README"},
    {"GET",  "/signin",                     0, NULL, signin_handle,      "student", "303", "makes a browser ask for login and token"},
    {"GET",  "/static/{name}",              0, NULL, static_handle,      "any",     "200 404", "style, script and icon of the pages"},
    {"GET",  "/git/{login}.git/info/refs",  0, git_admit, git_handle,    "student", "200 404 415 429 501", "git push and git fetch: what a repository has; ?service="},
    {"POST", "/git/{login}.git/git-upload-pack", GIT_WANTS_MAX, git_admit, git_handle, "student", "200 404 415 429 501", "git fetch: one's own repository, or a student's for a TA"},
    {"POST", "/git/{login}.git/git-receive-pack", GIT_PUSH_MAX + GIT_COMMANDS_MAX, git_admit, git_handle, "student", "200 404 415 429 501", "git push: submits ASSIGNMENT/ASSIGNMENT.c of what it changes"},
    {"GET",  "/help",                       0, NULL, help_handle,        "any",     "200 401", "how to submit"},
    {"GET",  "/healthz",                    0, NULL, healthz_handle,     "any",     "200", "the process lives"},
    {"GET",  "/readyz",                     0, NULL, readyz_handle,      "any",     "200", "it can take submissions now"},
    {"GET",  "/",                           0, NULL, start_handle,       "any",     "200 401", "what there is to do"},
    {"GET",  "/{cohort}/{assignment}",      0, NULL, handout_handle,     "student", "200 404", "handout, dates, own submissions; .txt, .json"},
    {"GET",  "/{cohort}/{assignment}/board", 0, NULL, board_handle,      "any",     "200 401 403 404", "leaderboard; ?class=, ?top="},
    {"GET",  "/{cohort}/{assignment}/board.txt", 0, NULL, board_handle,  "any",     "200 401 403 404", "the same as text"},
    {"GET",  "/{cohort}/{assignment}/board.json", 0, NULL, board_handle, "any",     "200 401 403 404", "the same as JSON"},
    {"GET",  "/{cohort}/{assignment}/board/events", 0, NULL, board_events_handle, "any", "200 401 403 404", "what its page shows, as it changes (server-sent events)"},
    {"GET",  "/metrics",                    0, NULL, metrics_handle,     "ta",      "200", "counters for Prometheus"},
    {"GET",  "/openapi.json",               0, NULL, openapi_handle,     "any",     "200", "this table, for programs"},
    {0},
};
/* clang-format on */

bool routes_has_first(const char *word)
{
    struct http_route all[ROUTES_MAX];
    size_t size = strlen(word);
    routes_all(all);
    bool found = false;
    for (const struct http_route *route = all; route->method != NULL && !found; route++)
        found = strncmp(route->pattern + 1, word, size) == 0 &&
                strchr("/", route->pattern[1 + size]) != NULL;
    return found;
}

void routes_all(struct http_route out[ROUTES_MAX])
{
    size_t count = 0;
    size_t used = 0;
    const struct operation *operations = operation_all(&count);
    for (; routes_table[used].method != NULL; used++)
        out[used] = routes_table[used];
    assert(used + count < ROUTES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct operation *one = &operations[i];
        if (one->method == NULL)
            continue;
        bool has_body = strcmp(one->method, "POST") == 0 || strcmp(one->method, "PUT") == 0;
        out[used++] = (struct http_route){one->method,
                                          one->pattern,
                                          has_body ? BODY_MAX : 0,
                                          has_body ? operation_admit : NULL,
                                          operation_handle,
                                          role_word(one->role),
                                          "200 404 409 422",
                                          one->help};
    }
    out[used] = (struct http_route){.method = NULL};
}
