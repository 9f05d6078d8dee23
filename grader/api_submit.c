/* Files come in: PUT /submit and /try, and POST of the same or of a form. Authorisation first, then
 * everything that the headers alone decide, then the body, then COMMIT, then an answer. */
#include "grader/api_upload.h"
#include "grader/multipart.h"
#include "grader/store_course.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void admit(struct http_request *request, bool is_practice);
static bool find_author(struct http_request *request, struct membership *who, bool *out_hook);
static bool find_commit(struct http_request *request, struct upload *upload);
static bool rules_allow(struct http_request *request, const struct upload *upload);
static bool may_be_repeat(struct http_request *request, const struct upload *upload);
static bool type_allowed(struct http_request *request, const struct upload *upload);
static bool length_allowed(struct http_request *request, const struct upload *upload);
static void handle(struct http_request *request);
static void answer_again(struct http_request *request, struct upload *upload);
static void on_accepted(void *context, const struct accepted *accepted);
static void answer_accepted(struct upload *upload, const struct accepted *accepted);
static void answer_new_json(struct upload *upload, int64_t id);
static void on_gone(void *state);
static bool wants_json(const struct http_request *request);

#define FORM_SLACK 0x4000 /* of a multipart body beside its file */

/* -- headers ----------------------------------------------------------------------------------- */

void submit_admit(struct http_request *request)
{
    admit(request, false);
}

void try_admit(struct http_request *request)
{
    admit(request, true);
}

void upload_admit(struct http_request *request)
{
    admit(request, false);
}

static void admit(struct http_request *request, bool is_practice)
{
    struct membership who;

    bool is_hook = false;

    if (!api_who(request, &who) || !find_author(request, &who, &is_hook))
        return;
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        api_failure(request, "http.upload", err_make(ERR_SYSTEM, "take a file"));
        return;
    }
    http_set_state(request, upload, on_gone);
    upload->request = request;
    upload->grader = api_grader(request);
    upload->who = who;
    upload->received_at = who.pushed_at != 0 ? who.pushed_at : http_received_at(request);
    upload->is_hook = is_hook;
    upload->is_practice = is_practice;
    upload->spec = grader_spec(upload->grader, http_part(request, "assignment"));
    (void)snprintf(upload->expected_name, sizeof upload->expected_name, "%.60s.c",
                   http_part(request, "assignment"));
    if (http_part(request, "file"))
        upload_name(http_part(request, "file"), upload->file_name, sizeof upload->file_name);

    if (!api_number(request, "again", 1, INT32_MAX, 0, &upload->again_id) ||
        !rules_allow(request, upload) || !type_allowed(request, upload) ||
        !length_allowed(request, upload) || !find_commit(request, upload))
        return;
    (void)api_number(request, "wait", 0, API_WAIT_MAX_S, 0, &upload->wait_s);
}

/* A git server's key submits for a login of its cohort, and for nobody without ?for=. Whoever else
 * says ?for= of somebody else is told that it does nothing. */
static bool find_author(struct http_request *request, struct membership *who, bool *out_hook)
{
    const char *login = http_query(request, "for");
    struct person_row person;
    bool is_found = false;

    *out_hook = who->role == ROLE_HOOK;
    if (!*out_hook && (!login || strcmp(login, who->login) == 0))
        return true;
    if (!*out_hook) {
        api_refuse(request, 403, "http_403_for");
        return false;
    }
    if (!login) {
        api_refuse(request, 400, "http_400_for");
        return false;
    }
    if (who->pushed_at != 0 && strcmp(login, who->login) != 0) {
        api_refuse(request, 403, "http_403_for");
        return false;
    }
    struct err err = store_person_find(&api_grader(request)->reader, who->cohort_id, login,
                                       http_received_at(request), &person, &is_found);
    if (err_is(err)) {
        api_failure(request, "http.for", err);
        return false;
    }
    if (!is_found) {
        char shown[SPEC_NAME_MAX];
        (void)text_copy(shown, sizeof shown, login);
        api_refuse(request, 404, "http_404_for", shown, who->cohort);
        return false;
    }
    who->id = person.membership_id;
    who->user_id = person.user_id;
    who->role = person.role;
    (void)text_copy(who->login, sizeof who->login, person.login); /* fits */
    return true;
}

static bool find_commit(struct http_request *request, struct upload *upload)
{
    const char *commit = http_query(request, "commit");

    if (!commit)
        return true;
    size_t size = strlen(commit);
    if (size >= 7 && size < sizeof upload->commit && strspn(commit, "0123456789abcdef") == size) {
        memcpy(upload->commit, commit, size + 1);
        return true;
    }
    api_refuse(request, 400, "http_400_commit");
    return false;
}

static bool rules_allow(struct http_request *request, const struct upload *upload)
{
    if (upload->again_id != 0 && upload->spec)
        return true; /* nothing is asked to be accepted */
    struct refusal refusal =
        submissions_may(upload->grader->submissions, &upload->who, http_part(request, "assignment"),
                        upload->is_practice, upload->received_at, api_language(request));

    if (refusal.http_code == 0)
        return true;
    /* The bytes that were sent before must still find their report: a retry after a lost answer,
     * on the last attempt or just past the deadline. */
    bool may_hold = refusal.http_code == 409 || refusal.http_code == 429;
    if (may_hold && upload->spec && may_be_repeat(request, upload))
        return true;
    api_refusal(request, &refusal);
    return false;
}

/* Whether an earlier submission for this assignment is exactly as long as what is about to come;
 * the length of a form says nothing. COMMIT looks at the bytes and asks the rules again. */
static bool may_be_repeat(struct http_request *request, const struct upload *upload)
{
    bool is_form = multipart_is(http_header(request, "Content-Type"));
    bool is_found = false;
    struct err err = store_submission_sized(&upload->grader->reader, upload->who.id,
                                            upload->spec->name, upload->is_practice,
                                            is_form ? -1 : http_content_length(request), &is_found);
    return !err_is(err) && is_found;
}

static bool type_allowed(struct http_request *request, const struct upload *upload)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_header(request, "Content-Type");
    const char *coding = http_header(request, "Content-Encoding");

    if (type && strncasecmp(type, form, sizeof form - 1) == 0) {
        api_refuse(request, 415, "http_415", upload_shown(upload), upload->spec->name);
        return false;
    }
    if (coding && strcasecmp(coding, "identity") != 0) {
        api_refuse(request, 415, "http_415_coding");
        return false;
    }
    return true;
}

static bool length_allowed(struct http_request *request, const struct upload *upload)
{
    int64_t length = http_content_length(request);
    bool is_form = multipart_is(http_header(request, "Content-Type"));
    int64_t most = upload->spec->limits.source_bytes + (is_form ? FORM_SLACK : 0);

    http_limit_body(request, (size_t)most); /* of unknown length: it is counted as it comes */
    if (length <= most)
        return true;
    upload_refuse_size(request, upload, length);
    return false;
}

/* -- body -------------------------------------------------------------------------------------- */

void submit_handle(struct http_request *request)
{
    handle(request);
}

void try_handle(struct http_request *request)
{
    handle(request);
}

void upload_handle(struct http_request *request)
{
    handle(request);
}

static void handle(struct http_request *request)
{
    struct upload *upload = http_state(request);

    if (!upload_find_source(request, upload) || !upload_check_source(request, upload))
        return;
    if (upload->again_id != 0) {
        answer_again(request, upload);
        return;
    }
    if (!upload_find_device(request, upload))
        return;
    struct submission_wish wish = {.who = upload->who,
                                   .device = upload->device,
                                   .practice = upload->is_practice,
                                   .source = upload->source,
                                   .source_size = upload->source_size,
                                   .received_at = upload->received_at,
                                   .language = api_language(request)};
    (void)text_copy(wish.assignment, sizeof wish.assignment, upload->spec->name);
    (void)text_copy(wish.file_name, sizeof wish.file_name, upload->file_name);
    (void)text_copy(wish.commit, sizeof wish.commit, upload->commit); /* fits */
    upload->is_accepting = true;
    http_defer(request);
    submissions_accept(upload->grader->submissions, &wish, on_accepted, upload);
}

/* ?again=: whoever has a submission's very bytes may follow it, whatever has become of it. For a
 * git server's key, which reads nothing else. Nothing is accepted, so nothing else is superseded.
 */
static void answer_again(struct http_request *request, struct upload *upload)
{
    struct submission_row row;
    unsigned char hash[sizeof row.source_hash];
    bool is_found = false;

    struct err err =
        store_submission_get(&upload->grader->reader, upload->again_id, &row, &is_found);
    if (err_is(err)) {
        api_failure(request, "http.again", err);
        return;
    }
    (void)crypto_hash_sha256(hash, (const unsigned char *)upload->source, upload->source_size);
    if (!is_found || row.membership_id != upload->who.id ||
        strcmp(row.assignment, upload->spec->name) != 0 || row.practice != upload->is_practice ||
        memcmp(row.source_hash, hash, sizeof hash) != 0) {
        api_refuse(request, 404, "http_404_submission", (long long)upload->again_id);
        return;
    }
    answer_accepted(upload, &(struct accepted){.id = row.id, .existing = true});
}

/* -- after COMMIT ------------------------------------------------------------------------------ */

static void on_accepted(void *context, const struct accepted *accepted)
{
    struct upload *upload = context;

    upload->is_accepting = false;
    if (!upload->request) { /* the submission stays; only nobody listens */
        free(upload);
        return;
    }
    answer_accepted(upload, accepted);
}

static void answer_accepted(struct upload *upload, const struct accepted *accepted)
{
    struct http_request *request = upload->request;
    const struct follow_wish wish = {
        .id = accepted->id,
        .http_code = accepted->existing ? 200 : 202,
        .view = {.everything =
                     !upload->is_hook && api_sees_everything(&upload->who, upload->who.cohort_id),
                 .language = api_language(request)},
        .wait_s = upload->wait_s};

    if (accepted->refusal.http_code != 0) {
        api_refusal(request, &accepted->refusal); /* `gone` frees the upload */
        return;
    }
    log_line(LOG_INFO, "http.submission", "request=%s id=%lld existing=%d",
             http_request_id(request), (long long)accepted->id, accepted->existing);
    if (wants_json(request) && !accepted->existing && upload->wait_s == 0) {
        answer_new_json(upload, accepted->id);
        return;
    }
    http_set_state(request, NULL, NULL);
    free(upload);
    if (wants_json(request))
        follow_wait(request, &wish);
    else
        follow_stream(request, &wish);
}

static void answer_new_json(struct upload *upload, int64_t id)
{
    char location[32];
    char body[256];

    (void)snprintf(location, sizeof location, "/s/%lld", (long long)id);
    const struct http_field fields[] = {{"Location", location}, {NULL, NULL}};
    int size = snprintf(body, sizeof body,
                        "{\"id\":%lld,\"url\":\"%s\",\"assignment\":\"%s\",\"device\":\"%s\","
                        "\"stage\":\"queued\"}\n",
                        (long long)id, location, upload->spec->name,
                        upload->device == DEVICE_GPU ? "gpu" : "cpu");
    http_answer(upload->request, 202, API_JSON, body, (size_t)size, fields);
}

static void on_gone(void *state)
{
    struct upload *upload = state;

    upload->request = NULL;
    if (!upload->is_accepting)
        free(upload);
}

/* -- small things ------------------------------------------------------------------------------ */

/* Programs talk to /api, people to the rest; Accept decides where it says something. */
static bool wants_json(const struct http_request *request)
{
    const char *accept = http_header(request, "Accept");

    if (!accept || strcmp(accept, "*/*") == 0)
        return strncmp(http_path(request), "/api/", 5) == 0;
    return api_form(request) == NEGOTIATE_JSON;
}
