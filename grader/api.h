/* What the handlers of grader/api_*.c share: who asks, in which language and form, and refusals.
 * Every handler runs on the loop thread. */
#ifndef GRADER_API_H
#define GRADER_API_H

#include "grader/grader.h"
#include "grader/negotiate.h"
#include "grader/words.h"

#define API_TEXT "text/plain; charset=utf-8"
#define API_JSON "application/json"
#define API_HTML "text/html; charset=utf-8"
#define API_WAIT_MAX_S 300 /* of ?wait= */

/* The service that a request belongs to. */
struct grader *api_grader(const struct http_request *request);

/* Who is behind the token, if the route is for them: its column `role` is the matrix of who may
 * what. False: 401 (slowed after several), 403 or 503 was answered. */
bool api_who(struct http_request *request, struct membership *out);

/* True if one of the words of a route's role column lets this role in: "student" also TAs and
 * admins, "ta" also admins; "worker" and "hook" only these; "any" everybody. */
bool api_role_fits(const char *roles, enum role role);

/* The submission that an id names, if this token may see it; 404 if not. False: it was answered. */
bool api_submission(struct http_request *request, const char *id_text,
                    struct submission_row *out_row, struct report_view *out_view);

/* What the client reads: its language, and text, JSON or HTML. */
enum language api_language(const struct http_request *request);
enum negotiate_form api_form(const struct http_request *request);

/* Full sight for a TA of the cohort and for admins, of a submission of that cohort. */
bool api_sees_everything(const struct membership *who, int64_t cohort_id);

/* A sentence of grader/words.h, in the language of the request, as a refusal. */
void api_refuse(struct http_request *request, int http_code, const char *code, ...);

/* The refusal of somebody who knows more: intake. */
void api_refusal(struct http_request *request, const struct refusal *refusal);

/* Whether something may still be given to the writer. False: 503 was answered, the service ends. */
bool api_may_write(struct http_request *request);

/* Logs a failure of ours with the name of the request that met it. */
void api_log(const struct http_request *request, const char *event, struct err err);

/* 503 for a failure of ours; logs it. */
void api_failure(struct http_request *request, const char *event, struct err err);

/* Answers with what a buffer holds; 503 when it failed. */
void api_answer(struct http_request *request, int code, const char *content_type,
                const struct buf *body, const struct http_field *fields);

/* The assignment that the path names. NULL: 404 with the nearest name was answered. */
const struct spec *api_spec(struct http_request *request);

struct handout;

/* Answers with an assignment as students may see it; with a handout its dates, targets and the own
 * submissions too. NULL: none. */
void api_assignment_json(struct http_request *request, const struct spec *spec,
                         const struct handout *handout);

/* A number of a query between min and max; `preset` when it is absent. False: 400 was answered. */
bool api_number(struct http_request *request, const char *name, int64_t min, int64_t max,
                int64_t preset, int64_t *out);

/* -- following a submission until it ends (grader/api_follow.c) -------------------------------- */
#define FOLLOW_STATE_MAX 64
struct follow_wish {
    int64_t id;
    int http_code; /* 202 for a new one, 200 for one that was here */
    struct report_view view;
    int64_t wait_s;               /* of follow_wait */
    char after[FOLLOW_STATE_MAX]; /* the state that the client has, "" for none */
    bool is_page;                 /* events carry the page's inside instead of JSON */
    bool is_events;               /* private */
};
/* Streams the text report as it grows. Takes the request's state for itself. */
void follow_stream(struct http_request *request, const struct follow_wish *wish);
/* Answers with the report as JSON and 200 once it is final, or as it stands with http_code after
 * wait_s.
 * Takes the request's state for itself. */
void follow_wait(struct http_request *request, const struct follow_wish *wish);
/* Server-sent events; each takes the place of the one before. Takes the request's state. */
void follow_events(struct http_request *request, const struct follow_wish *wish);

/* -- the lines of server-sent events (grader/api_events.c) ------------------------------------- */
void api_events_begin(struct http_request *request);
void api_event(struct buf *out, const char *name, const char *id, const struct buf *body);
void api_event_alive(struct http_request *request); /* a comment: proxies hang up on silence */

/* -- pages (grader/api_page.c) ----------------------------------------------------------------- */
/* `who` NULL: nobody has signed in. Borrows both. */
struct page_head;
void api_head(const struct http_request *request, const struct membership *who, const char *title,
              struct page_head *out);
/* The offering that {cohort} and `assignment` name, for somebody of that cohort, or for anybody if
 * its board is public and `is_board`. *out_known: somebody has signed in. 404 for all others. */
bool api_offering(struct http_request *request, const char *assignment, bool is_board,
                  struct membership *out_who, bool *out_known, struct offering *out);

/* Answers with a page. */
void api_page(struct http_request *request, const struct buf *body);

/* -- handlers, by file; rows of grader/routes.c ------------------------------------------------ */
void submit_admit(struct http_request *request); /* api_submit.c */
void submit_handle(struct http_request *request);
void try_admit(struct http_request *request);
void try_handle(struct http_request *request);
void upload_admit(struct http_request *request);
void upload_handle(struct http_request *request);

void report_handle(struct http_request *request); /* api_report.c */
void speed_handle(struct http_request *request);
void source_page_handle(struct http_request *request);
void submissions_handle(struct http_request *request);

void retime_handle(struct http_request *request); /* api_retime.c */

void submission_handle(struct http_request *request); /* api_events.c */
void events_handle(struct http_request *request);
void page_events_handle(struct http_request *request);

void signin_handle(struct http_request *request); /* api_page.c */
void static_handle(struct http_request *request);

void assignments_handle(struct http_request *request); /* api_assignment.c */
void assignment_handle(struct http_request *request);

void kit_handle(struct http_request *request); /* api_kit.c */

void git_admit(struct http_request *request); /* api_git.c */
void git_handle(struct http_request *request);

void help_handle(struct http_request *request); /* api_misc.c */

void start_handle(struct http_request *request); /* api_course.c */
void handout_handle(struct http_request *request);

void board_handle(struct http_request *request); /* api_board.c */
void board_events_handle(struct http_request *request);

void metrics_handle(struct http_request *request); /* api_operate.c */
void openapi_handle(struct http_request *request);
void healthz_handle(struct http_request *request);
void readyz_handle(struct http_request *request);

void operation_admit(struct http_request *request); /* api_operation.c */
void operation_handle(struct http_request *request);

#endif
