/* The operations on a course over HTTP: arguments from the path, then from the query (GET, DELETE)
 * or from one JSON object (POST, PUT). Reads run on the loop's own connection, in one snapshot;
 * writes on the writer thread, and what was not confirmed with "yes" is rolled back there. */
#include "grader/api.h"
#include "grader/operation.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order;
static struct order *order_make(struct http_request *request);
static void order_free(void *state);
static struct err read_arguments(struct order *order);
static bool has_nul(const struct buf *body);
static struct err read_member(struct order *order, const cJSON *item);
static struct err read_value(struct order *order, int argument, const cJSON *item);
static void refuse(struct order *order, struct err err);
static void run_read(struct order *order);
static struct err order_run(struct write *write, struct db *db);
static void order_done(struct write *write, struct err err);
static void run_over(uv_work_t *work);
static void on_over(uv_work_t *work, int status);
static void order_end(struct order *order, struct err over);
static void answer(struct order *order);

/* One call on its way; the writer, and then a thread of libuv's, may hold it after its client has
 * gone. */
struct order {
    struct write write;
    uv_work_t after;
    struct err err, over;
    struct grader *grader;
    struct operation_call call;
    struct membership who;
    struct http_request *request; /* NULL: gone */
    bool done, writing, rolled_back;
};

/* Nobody sends a large body without a token that fits. */
void operation_admit(struct http_request *request)
{
    struct membership who;
    (void)api_who(request, &who); /* it has answered where it does not */
}

void operation_handle(struct http_request *request)
{
    struct order *order = order_make(request);
    if (order == NULL)
        return;
    struct err err = read_arguments(order);
    if (!err_is(err))
        err = operation_check(&order->call);
    if (err_is(err)) {
        refuse(order, err);
        return;
    }
    enum effect effect = order->call.operation->effect;
    order->done = effect != EFFECT_MANY || order->call.yes;
    if (effect == EFFECT_READ) {
        run_read(order);
        return;
    }
    if (!api_may_write(request))
        return;
    order->writing = true;
    http_defer(request);
    writer_push(api_grader(request)->writer, &order->write);
}

static struct order *order_make(struct http_request *request)
{
    struct grader *grader = api_grader(request);
    const struct operation *operation =
        operation_by_route(http_route(request)->method, http_route(request)->pattern);
    struct membership who;
    if (!api_who(request, &who))
        return NULL;
    struct order *order = calloc(1, sizeof *order);
    if (order == NULL || operation == NULL) {
        free(order);
        api_failure(request, "http.operation", err_make(ERR_SYSTEM, "no memory for a call"));
        return NULL;
    }
    order->who = who;
    order->request = request;
    order->grader = grader;
    order->write = (struct write){.run = order_run, .done = order_done};
    operation_begin(&order->call, operation);
    order->call.who = &order->who;
    order->call.actor = order->who.login;
    order->call.specs = grader->specs;
    order->call.specs_count = grader->specs_count;
    order->call.versions = &grader->versions;
    order->call.home = grader->home;
    order->call.overlay = grader->overlay;
    order->call.database_path = "";
    order->call.git_path = git_place_of(grader->git)->settings.path;
    order->call.now_at = clock_utc_us();
    http_set_state(request, order, order_free);
    return order;
}

static void order_free(void *state)
{
    struct order *order = state;
    order->request = NULL;
    if (order->writing)
        return; /* order_end frees it */
    operation_end(&order->call);
    free(order);
}

static struct err read_arguments(struct order *order)
{
    struct http_request *request = order->request;
    const struct argument *arguments = order->call.operation->arguments;
    bool in_body =
        strcmp(http_method(request), "POST") == 0 || strcmp(http_method(request), "PUT") == 0;
    const struct buf *body = in_body ? http_body(request) : NULL;
    struct err err = err_none();
    cJSON *object = NULL;
    if (body != NULL && body->size > 0) {
        object = cJSON_ParseWithLength(body->at, body->size);
        if (!cJSON_IsObject(object))
            err = err_make(ERR_INPUT, "the body is no JSON object");
        else if (has_nul(body))
            err = err_make(ERR_INPUT, "a NUL character in the body; everything behind it is lost");
    }
    for (const cJSON *item = object != NULL ? object->child : NULL; item != NULL && !err_is(err);
         item = item->next)
        err = read_member(order, item);
    cJSON_Delete(object);
    const char *yes = in_body ? NULL : http_query(request, "yes");
    order->call.yes =
        order->call.yes || (yes != NULL && (strcmp(yes, "true") == 0 || strcmp(yes, "1") == 0));
    if (!err_is(err) && yes != NULL && !order->call.yes && strcmp(yes, "false") != 0)
        err = err_make(ERR_INPUT, "yes: true or false, not '%.40s'", yes);
    for (int i = 0; arguments[i].name != NULL && !err_is(err); i++) {
        const char *text = http_part(request, arguments[i].name);
        if (text == NULL && !in_body)
            text = http_query(request, arguments[i].name);
        if (text != NULL)
            err = operation_set(&order->call, i, text, strlen(text));
    }
    return err;
}

/* The parser ends a text where a NUL stands, written out or as an escape. */
static bool has_nul(const struct buf *body)
{
    bool escaped = false;
    bool found = memchr(body->at, 0, body->size) != NULL;
    for (size_t i = 0; i + 5 < body->size && !found; i++) {
        found = escaped && memcmp(body->at + i, "u0000", 5) == 0;
        escaped = !escaped && body->at[i] == '\\';
    }
    return found;
}

static struct err read_member(struct order *order, const cJSON *item)
{
    int at = operation_argument(order->call.operation, item->string);
    if (strcmp(item->string, "yes") == 0) {
        order->call.yes = cJSON_IsTrue(item);
        return cJSON_IsBool(item) ? err_none()
                                  : err_make(ERR_INPUT, "yes: true or false, without quotes");
    }
    if (at < 0)
        return err_make(ERR_INPUT, "no argument '%.40s' here", item->string);
    if (order->call.given[at])
        return err_make(ERR_INPUT, "%.40s: given twice", item->string);
    return read_value(order, at, item);
}

static struct err read_value(struct order *order, int argument, const cJSON *item)
{
    char text[40];
    if (cJSON_IsString(item))
        return operation_set(&order->call, argument, item->valuestring, strlen(item->valuestring));
    if (cJSON_IsBool(item))
        (void)snprintf(text, sizeof text, "%s", cJSON_IsTrue(item) ? "true" : "false"); /* fits */
    else if (cJSON_IsNumber(item))
        (void)snprintf(text, sizeof text, "%.15g", item->valuedouble); /* fits */
    else
        return err_make(ERR_INPUT, "%s: a text, a number, true or false", item->string);
    return operation_set(&order->call, argument, text, strlen(text));
}

/* Theirs is what the operation says, 422 otherwise. Ours is 503 where later may be better; what
 * broke a rule of the database would break it again. */
static void refuse(struct order *order, struct err err)
{
    int code = order->call.http_code != 0 ? order->call.http_code : 422;
    if (err.code == ERR_INPUT || err.code == ERR_LIMIT)
        http_problem(order->request, err.code == ERR_LIMIT ? 413 : code, err.text, 0);
    else if (err.code == ERR_INTERNAL) {
        api_log(order->request, "http.operation", err);
        http_problem(order->request, 500,
                     "this cannot be done, by a fault of ours; nothing was changed, and trying "
                     "again will not help. The log has it under this X-Request-Id",
                     0);
    } else
        api_failure(order->request, "http.operation", err);
}

static void run_read(struct order *order)
{
    struct db *db = &api_grader(order->request)->reader;
    order->call.db = db;
    struct err err = db_exec(db, "BEGIN");
    if (!err_is(err))
        err = order->call.operation->run(&order->call);
    if (sqlite3_get_autocommit(db->handle) == 0)
        (void)db_exec(db, "COMMIT"); /* nothing was written */
    if (err_is(err))
        refuse(order, err);
    else
        answer(order);
}

/* On the writer thread, in a savepoint: an err takes everything back. */
static struct err order_run(struct write *write, struct db *db)
{
    struct order *order = (struct order *)write;
    order->call.db = db;
    struct err err = order->call.operation->run(&order->call);
    order->rolled_back = !err_is(err) && !order->done;
    return order->rolled_back ? err_make(ERR_INPUT, "shown, not done") : err;
}

/* What lies outside of the database may be a gigabyte of small files: not on the loop. */
static void order_done(struct write *write, struct err err)
{
    struct order *order = (struct order *)write;
    order->err = err;
    order->after.data = order;
    if (order->call.over == NULL)
        order_end(order, err_none());
    else /* fails only without a callback */
        (void)uv_queue_work(order->grader->loop, &order->after, run_over, on_over);
}

static void run_over(uv_work_t *work)
{
    struct order *order = work->data;
    order->over = operation_over(&order->call, !err_is(order->err));
}

static void on_over(uv_work_t *work, int status)
{
    struct order *order = work->data;
    (void)status; /* nobody cancels it */
    if (err_is(order->over))
        log_err("http.operation_over", order->over);
    order_end(order, order->over);
}

/* Done is what is committed; what is left beside it is told. */
static void order_end(struct order *order, struct err over)
{
    bool is_refused = err_is(order->err) && !(order->rolled_back && order->err.code == ERR_INPUT);
    order->writing = false;
    if (err_is(over) && !is_refused)
        reply_note(&order->call.reply, "What remains is tried again when the service starts: %s",
                   over.text);
    if (order->request == NULL)
        order_free(order);
    else if (is_refused)
        refuse(order, order->err);
    else
        answer(order);
}

static void answer(struct order *order)
{
    struct reply *reply = &order->call.reply;
    static const struct http_field private_fields[] = {{"Cache-Control", "no-store"}, {NULL, NULL}};
    if (!order->done)
        reply->file_type = NULL; /* tokens that were taken back, and the like */
    if (reply->file_type != NULL && api_form(order->request) != NEGOTIATE_JSON) {
        http_answer(order->request, 200, reply->file_type, reply->file.at, reply->file.size,
                    private_fields);
        return;
    }
    auto_buf struct buf body = buf_of(2 * REPLY_BYTES_MAX);
    reply_json(reply, order->done, &body);
    api_answer(order->request, 200, API_JSON, &body, private_fields);
}
