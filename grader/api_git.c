/* /git/{login}.git: git's smart HTTP, each request answered by one `git http-backend`
 * (grader/git.h). Everybody has one repository, and it is there from its owner's first use on; a TA
 * may read those of the cohort. What a push changed is submitted by the hook, through the same door
 * as every other file. */
#include "grader/api.h"
#include "grader/git.h"
#include "grader/git_cgi.h"
#include "grader/intake.h"
#include "grader/store_course.h"
#include "sandbox/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct visit;
static bool find_repository(struct http_request *request, const struct membership *who,
                            struct git_owner *out_owner, bool *out_own);
static void refuse_unknown(struct http_request *request, const struct membership *who);
static bool find_service(struct http_request *request, enum git_service *out);
static bool may_use(struct http_request *request, const struct membership *who,
                    const struct git_question *question, bool is_own);
static bool body_allowed(struct http_request *request, struct git_question *question);
static bool find_room(struct http_request *request, const struct membership *who,
                      enum git_service service);
static void refuse_for_now(struct http_request *request, const struct membership *who, bool is_file,
                           const char *code);
static int protocol_of(const struct http_request *request);
static void visit_start(struct http_request *request, const struct membership *who,
                        const struct git_question *question);
static void refuse_start(struct http_request *request, const struct membership *who,
                         enum git_service service, struct err err);
static void on_body(struct http_request *request, const void *bytes, size_t size);
static void on_fed(void *context);
static size_t on_room_wanted(void *context);
static void on_said(void *context, const void *bytes, size_t size);
static void answer(struct visit *visit, const struct git_cgi_head *head);
static void on_drained(struct http_request *request);
static void on_ended(void *context, int status);
static void refuse_ended(struct visit *visit);
static void on_gone(void *state);

#define RETRY_S ((long long)5)
#define ROOM_MIN 2048 /* no smaller pieces than that */

/* The request's state: it and its git, until one of them is finished. */
struct visit {
    struct http_request *request;
    struct git_child *child; /* NULL once it has ended */
    struct buf head;         /* what came before the head was whole */
    bool is_whole;           /* the request's body is here: from now on it may be answered */
    bool is_answered;
};

static const struct git_listener listener = {on_room_wanted, on_said, on_fed, on_ended};

/* -- headers ----------------------------------------------------------------------------------- */

void git_admit(struct http_request *request)
{
    struct membership who;
    struct git_question question = {.content_length = http_content_length(request),
                                    .is_head = strcmp(http_method(request), "HEAD") == 0,
                                    .protocol = protocol_of(request)};
    bool is_own = false;

    if (api_who(request, &who) && find_repository(request, &who, &question.owner, &is_own) &&
        find_service(request, &question.service) && may_use(request, &who, &question, is_own) &&
        body_allowed(request, &question) && find_room(request, &who, question.service))
        visit_start(request, &who, &question);
}

/* One's own, or as a TA that of somebody in the cohort; all others do not exist. */
static bool find_repository(struct http_request *request, const struct membership *who,
                            struct git_owner *out_owner, bool *out_own)
{
    const char *login = http_part(request, "login");
    struct person_row person;
    bool is_found = false;

    *out_own = strcmp(login, who->login) == 0;
    *out_owner = (struct git_owner){who->id, who->created_at};
    if (*out_own)
        return true;
    if (who->role == ROLE_STUDENT) {
        refuse_unknown(request, who);
        return false;
    }
    struct err err = store_person_find(&api_grader(request)->reader, who->cohort_id, login,
                                       http_received_at(request), &person, &is_found);
    if (err_is(err)) {
        api_failure(request, "git.person", err);
        return false;
    }
    *out_owner = (struct git_owner){person.membership_id, person.created_at};
    if (is_found)
        return true;
    refuse_unknown(request, who);
    return false;
}

static void refuse_unknown(struct http_request *request, const struct membership *who)
{
    api_refuse(request, 404, "http_404_git", api_grader(request)->base_url, who->login);
}

/* The address says it, or for /info/refs the query. */
static bool find_service(struct http_request *request, enum git_service *out)
{
    const char *pattern = http_route(request)->pattern;
    const char *asked = http_query(request, "service");

    for (size_t i = 0; i < GIT_SERVICES; i++) {
        const struct git_service_row *row = &git_services[i];
        const char *wanted = strchr(row->query, '=');
        *out = (enum git_service)i;
        if (strstr(pattern, row->path) != NULL &&
            (wanted == NULL || (asked != NULL && strcmp(asked, wanted + 1) == 0)))
            return true;
    }
    api_refuse(request, 400, "http_400_git", api_grader(request)->base_url,
               http_part(request, "login"));
    return false;
}

static bool may_use(struct http_request *request, const struct membership *who,
                    const struct git_question *question, bool is_own)
{
    const struct grader *grader = api_grader(request);
    const struct git_place *place = git_place_of(grader->git);

    if (!is_own && git_services[question->service].is_push) {
        api_refuse(request, 403, "http_403_git", http_part(request, "login"));
        return false;
    }
    if (!is_own && !git_repository_is(place->settings.path, question->owner)) {
        refuse_unknown(request, who);
        return false;
    }
    switch (git_door(grader->git)) {
    case GIT_OPEN: return true;
    case GIT_SHUT: api_refuse(request, 501, "http_501_git", grader->base_url); break;
    case GIT_SHUT_FOR_NOW:
        refuse_for_now(request, who, question->service == GIT_PUSH, "http_503_git_start");
    }
    return false;
}

/* git packs what it asks for, never what it pushes: a push that is packed twice is no git's. */
static bool body_allowed(struct http_request *request, struct git_question *question)
{
    const struct git_service_row *row = &git_services[question->service];
    const char *type = http_header(request, "Content-Type");
    const char *coding = http_header(request, "Content-Encoding");

    if (row->type[0] == '\0')
        return true;
    question->is_gzip = coding != NULL && !row->is_push && strcmp(coding, "gzip") == 0;
    if (type == NULL || strcasecmp(type, row->type) != 0 ||
        (coding != NULL && !question->is_gzip)) {
        api_refuse(request, 415, "http_400_git", api_grader(request)->base_url,
                   http_part(request, "login"));
        return false;
    }
    int64_t push_max = git_place_of(api_grader(request)->git)->settings.push_max;
    int64_t most = row->is_push ? push_max + GIT_COMMANDS_MAX : GIT_WANTS_MAX;
    http_limit_body(request, (size_t)most);
    if (question->content_length <= most)
        return true;
    api_refuse(request, 413, "http_413_git", (long long)(question->content_length + 1023) / 1024,
               (long long)most / 1024);
    return false;
}

static bool find_room(struct http_request *request, const struct membership *who,
                      enum git_service service)
{
    const struct grader *grader = api_grader(request);
    const bool is_push = git_services[service].is_push;

    if (grader->stopping) {
        refuse_for_now(request, who, service == GIT_PUSH, "http_503_restart");
        return false;
    }
    if (is_push && !git_place_is_roomy(git_place_of(grader->git))) {
        refuse_for_now(request, who, false, "http_503_git_disk");
        return false;
    }
    switch (git_room(grader->git, who->id)) {
    case GIT_ROOM: return true;
    case GIT_FULL: refuse_for_now(request, who, service == GIT_PUSH, "http_503_git"); return false;
    case GIT_FULL_FOR_ONE: break;
    }
    struct refusal refusal =
        refusal_make(api_language(request), 429, RETRY_S, "http_429_git", RETRY_S);
    api_refusal(request, &refusal);
    return false;
}

/* is_file: a push, with files that came. Which assignment it would have been nobody knows yet: the
 * dates of all are held open. Who was only asking, or can send the file itself all the same, has
 * lost nothing. */
static void refuse_for_now(struct http_request *request, const struct membership *who, bool is_file,
                           const char *code)
{
    const struct grader *grader = api_grader(request);
    enum language language = api_language(request);
    struct refusal refusal = refusal_make(language, 503, RETRY_S, code, RETRY_S);
    bool is_held = is_file;

    for (size_t i = 0; is_held && i < grader->specs_count; i++)
        is_held =
            held_refused(grader->held, who->id, grader->specs[i].name, http_received_at(request));
    if (is_file)
        refusal_tell_held(&refusal, language, is_held);
    api_refusal(request, &refusal);
}

static int protocol_of(const struct http_request *request)
{
    const char *said = http_header(request, "Git-Protocol");

    return said == NULL ? 0 : strcmp(said, "version=2") == 0 ? 2 : strcmp(said, "version=1") == 0;
}

/* -- both ways --------------------------------------------------------------------------------- */

static void visit_start(struct http_request *request, const struct membership *who,
                        const struct git_question *question)
{
    const struct grader *grader = api_grader(request);
    struct visit *visit = calloc(1, sizeof *visit);

    if (visit == NULL) {
        refuse_start(request, who, question->service, err_make(ERR_SYSTEM, "start git"));
        return;
    }
    buf_init(&visit->head, GIT_CGI_HEAD_MAX + (size_t)64 * 1024);
    visit->request = request;
    struct err err = err_none();
    if (strcmp(http_part(request, "login"), who->login) == 0)
        err = git_repository_make(git_place_of(grader->git), question->owner);
    if (!err_is(err))
        err = git_child_start(grader->git, who, http_received_at(request), *question, &listener,
                              visit, &visit->child);
    if (err_is(err)) {
        free(visit);
        refuse_start(request, who, question->service, err);
        return;
    }
    http_set_state(request, visit, on_gone);
    http_take_pieces(request, on_body);
}

static void refuse_start(struct http_request *request, const struct membership *who,
                         enum git_service service, struct err err)
{
    log_err("git.start", err);
    refuse_for_now(request, who, service == GIT_PUSH, "http_503_git_start");
}

static void on_body(struct http_request *request, const void *bytes, size_t size)
{
    struct visit *visit = http_state(request);

    if (visit->child != NULL && !git_child_feed(visit->child, bytes, size))
        http_pause(request);
}

static void on_fed(void *context)
{
    struct visit *visit = context;
    http_go_on(visit->request);
}

/* Only now: an answer before the end of the body would be none. Until then git's words wait in its
 * pipe. */
void git_handle(struct http_request *request)
{
    struct visit *visit = http_state(request);

    http_defer(request);
    visit->is_whole = true;
    if (visit->child == NULL) { /* its time was over before the body was here */
        refuse_ended(visit);
        return;
    }
    if (strcmp(http_method(request), "POST") == 0)
        git_child_close(visit->child);
    git_child_listen(visit->child);
}

static size_t on_room_wanted(void *context)
{
    const struct visit *visit = context;
    size_t room = visit->is_answered ? http_room(visit->request) : GIT_CGI_HEAD_MAX;

    return room < ROOM_MIN ? 0 : room;
}

static void on_said(void *context, const void *bytes, size_t size)
{
    struct visit *visit = context;

    if (visit->is_answered) {
        http_write(visit->request, bytes, size);
        return;
    }
    buf_append(&visit->head, bytes, size);
    struct git_cgi_head head;
    enum git_cgi_state state = git_cgi_read(visit->head.at, visit->head.size, &head);
    if (state == GIT_CGI_BROKEN) {
        git_child_leave(visit->child);
        on_ended(visit, GIT_KILLED);
    } else if (state == GIT_CGI_WHOLE && visit->head.size > head.size) {
        answer(visit, &head);
    }
}

/* With the first byte behind the head: of a git that fails before it, nothing has been said yet. */
static void answer(struct visit *visit, const struct git_cgi_head *head)
{
    visit->is_answered = true;
    http_stream(visit->request, head->code,
                head->content_type[0] != '\0' ? head->content_type : NULL, NULL);
    http_on_drained(visit->request, on_drained);
    http_write(visit->request, visit->head.at + head->size, visit->head.size - head->size);
    buf_release(&visit->head);
}

static void on_drained(struct http_request *request)
{
    struct visit *visit = http_state(request);

    if (visit->child != NULL)
        git_child_listen(visit->child);
}

static void on_ended(void *context, int status)
{
    struct visit *visit = context;
    struct git_cgi_head head;

    visit->child = NULL;
    if (!visit->is_whole)
        return;
    if (!visit->is_answered && status == 0 &&
        git_cgi_read(visit->head.at, visit->head.size, &head) == GIT_CGI_WHOLE)
        answer(visit, &head);
    if (!visit->is_answered)
        refuse_ended(visit);
    else if (status >= GIT_KILLED)
        http_break(visit->request);
    else
        http_end(visit->request);
}

/* Its time was over, or it failed. No deadline is held open: that would be anybody's to bring
 * about. */
static void refuse_ended(struct visit *visit)
{
    struct refusal refusal =
        refusal_make(api_language(visit->request), 503, RETRY_S, "http_503_git_ended", RETRY_S);
    api_refusal(visit->request, &refusal);
}

static void on_gone(void *state)
{
    struct visit *visit = state;

    if (visit->child != NULL)
        git_child_leave(visit->child);
    buf_release(&visit->head);
    free(visit);
}
