/* Shared by the handlers. */
#include "grader/api.h"
#include "grader/auth.h"
#include "grader/intake.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert(AUTH_HASH_SIZE == STORE_TOKEN_HASH, "one hash");

#define RESTART_S ((long long)10)

static bool is_foreign(const struct http_request *request);
static void refuse_token(struct http_request *request);

struct grader *api_grader(const struct http_request *request)
{
    return http_context(request);
}

bool api_who(struct http_request *request, struct membership *out)
{
    struct grader *grader = api_grader(request);
    struct auth_claim claim;
    unsigned char hash[AUTH_HASH_SIZE];
    bool is_found = false;

    if (is_foreign(request)) {
        api_refuse(request, 403, "http_403_foreign");
        return false;
    }
    if (!auth_parse(http_header(request, "Authorization"), &claim)) {
        refuse_token(request);
        return false;
    }
    auth_token_hash(claim.token, hash);
    struct err err = err_none();
    is_found = grader->git != NULL && git_key_find(grader->git, hash, out);
    if (!is_found)
        err = store_membership_by_token(&grader->reader, hash, clock_utc_us(), out, &is_found);
    bool is_welcome = is_found && auth_login_fits(&claim, out->login);
    sodium_memzero(&claim, sizeof claim);
    if (err_is(err)) {
        api_failure(request, "http.token", err);
        return false;
    }
    if (!is_welcome) {
        refuse_token(request);
        return false;
    }
    if (out->pushed_at == 0)
        uses_note(grader->uses, out->token_id, out->token_used_at, clock_utc_us());
    const char *roles = http_route(request)->role;
    if (api_role_fits(roles, out->role))
        return true;
    api_refuse(request, 403, "http_403_role", roles, role_word(out->role));
    return false;
}

/* A browser that has signed in sends login and token along with every form that any other site's
 * page posts here. It says so in these lines; curl and git send neither. */
static bool is_foreign(const struct http_request *request)
{
    const char *method = http_method(request);
    const char *site = http_header(request, "Sec-Fetch-Site");
    const char *origin = http_header(request, "Origin");
    const char *host = http_header(request, "Host");

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return false;
    if (site) /* the browser's own word; a proxy may have given Host another name */
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    const char *at = origin ? strstr(origin, "://") : NULL;
    return origin && (!at || !host || strcasecmp(at + 3, host) != 0);
}

/* A missing token is no guess: curl and browsers ask once without. */
static void refuse_token(struct http_request *request)
{
    struct grader *grader = api_grader(request);
    static const struct http_field fields[] = {{"WWW-Authenticate", "Basic realm=\"grader\""},
                                               {NULL, NULL}};

    if (http_header(request, "Authorization")) {
        grader->metrics.refused_tokens++;
        int64_t delay_ms = auth_slow_failed(&grader->slow, http_peer(request), clock_ms());
        log_line(LOG_INFO, "http.token_refused", "request=%s peer=%s delay_ms=%lld",
                 http_request_id(request), http_peer(request), (long long)delay_ms);
        if (delay_ms > 0)
            http_delay(request, delay_ms);
    }
    http_problem_with(request, 401, words_of("http_401", api_language(request)), fields);
}

enum language api_language(const struct http_request *request)
{
    return words_language(http_header(request, "Accept-Language"), http_query(request, "lang"));
}

enum negotiate_form api_form(const struct http_request *request)
{
    return negotiate_accept(http_header(request, "Accept"));
}

bool api_role_fits(const char *roles, enum role role)
{
    while (*roles) {
        size_t size = strcspn(roles, " ");
        enum role least = ROLE_COUNT;
        char word[16];
        (void)snprintf(word, sizeof word, "%.*s", (int)size, roles); /* words of ours: it fits */
        bool is_person = role <= ROLE_ADMIN;
        if (strcmp(word, "any") == 0)
            return true;
        if (role_from_word(&least, word) &&
            (least == role || (is_person && least <= ROLE_ADMIN && role > least)))
            return true;
        roles += size + (roles[size] == ' ');
    }
    return false;
}

bool api_sees_everything(const struct membership *who, int64_t cohort_id)
{
    return who->role == ROLE_ADMIN || (who->role == ROLE_TA && who->cohort_id == cohort_id);
}

void api_refuse(struct http_request *request, int http_code, const char *code, ...)
{
    struct buf text;
    va_list arguments;

    buf_init(&text, 1024);
    va_start(arguments, code);
    buf_vprintf(&text, words_of(code, api_language(request)), arguments);
    va_end(arguments);
    http_problem(request, http_code, text.at, 0);
    buf_release(&text);
}

void api_refusal(struct http_request *request, const struct refusal *refusal)
{
    http_problem(request, refusal->http_code, refusal->text, refusal->retry_after_s);
}

/* The writer may have had its last look: what is pushed now might never be answered. */
bool api_may_write(struct http_request *request)
{
    if (!api_grader(request)->stopping)
        return true;
    struct refusal refusal =
        refusal_make(api_language(request), 503, RESTART_S, "http_503_restart", RESTART_S);
    api_refusal(request, &refusal);
    return false;
}

void api_log(const struct http_request *request, const char *event, struct err err)
{
    char quoted[sizeof err.text * 2 + 3];
    text_quote(err.text, strlen(err.text), quoted, sizeof quoted);
    log_line(LOG_ERROR, event, "request=%s code=%s text=%s", http_request_id(request),
             err_word(err.code), quoted);
}

void api_failure(struct http_request *request, const char *event, struct err err)
{
    api_log(request, event, err);
    http_problem(request, 503, "the service cannot read its data just now; try again in 10 s", 10);
}

void api_answer(struct http_request *request, int code, const char *content_type,
                const struct buf *body, const struct http_field *fields)
{
    if (body->failed) {
        api_failure(request, "http.answer", err_make(ERR_LIMIT, "an answer outgrew its buffer"));
        return;
    }
    http_answer(request, code, content_type, body->at, body->size, fields);
}

bool api_number(struct http_request *request, const char *name, int64_t min, int64_t max,
                int64_t preset, int64_t *out)
{
    const char *text = http_query(request, name);
    char words[160];

    *out = preset;
    if (!text)
        return true;
    size_t size = strlen(text);
    if (size > 0 && size < 10 && strspn(text, "0123456789") == size) {
        *out = strtoll(text, NULL, 10);
        if (*out >= min && *out <= max)
            return true;
    }
    (void)snprintf(words, sizeof words, "?%s= takes a whole number from %lld to %lld", name,
                   (long long)min, (long long)max);
    http_problem(request, 400, words, 0);
    return false;
}
