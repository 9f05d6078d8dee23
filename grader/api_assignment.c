/* What there is to do: assignments as students may see them. Hidden cases appear
 * only as a number per group. */
#include "grader/api.h"
#include "grader/web/web_course.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <string.h>

static bool find_offerings(struct http_request *request, struct offering *out, size_t *out_count,
                           bool *out_known);
static void put_assignment(struct json_out *json, const struct spec *spec,
                           const struct offering *offering);
static void put_offering(struct json_out *json, const struct offering *offering);
static void put_targets(struct json_out *json, const struct handout *handout);
static void put_own(struct json_out *json, const struct handout *handout);
static void put_arguments(struct json_out *json, const struct spec *spec);
static void put_groups(struct json_out *json, const struct spec *spec);
static void put_cases(struct json_out *json, const struct spec *spec);
static void put_limits(struct json_out *json, const struct spec *spec);

#define OFFERINGS_MAX STORE_OFFERINGS_MAX
#define ANSWER_MAX (1 << 20)

static const struct http_field public_fields[] = {{"Cache-Control", "public, max-age=60"},
                                                  {NULL, NULL}};

void assignments_handle(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    struct offering offerings[OFFERINGS_MAX];
    size_t count = 0;
    bool is_known = false;
    struct buf body;
    struct json_out json = {.out = &body};

    if (!find_offerings(request, offerings, &count, &is_known))
        return;
    buf_init(&body, ANSWER_MAX);
    json_open(&json, NULL, '{');
    json_open(&json, "assignments", '[');
    for (size_t i = 0; i < grader->specs_count && !is_known; i++)
        put_assignment(&json, &grader->specs[i], NULL);
    for (size_t i = 0; i < count; i++) {
        const struct spec *spec = grader_spec(grader, offerings[i].assignment);
        if (spec)
            put_assignment(&json, spec, &offerings[i]);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    buf_text(&body, "\n");
    api_answer(request, 200, API_JSON, &body, is_known ? NULL : public_fields);
    buf_release(&body);
}

void assignment_handle(struct http_request *request)
{
    const struct spec *spec = api_spec(request);

    if (spec)
        api_assignment_json(request, spec, NULL);
}

void api_assignment_json(struct http_request *request, const struct spec *spec,
                         const struct handout *handout)
{
    struct buf body;
    struct json_out json = {.out = &body};

    buf_init(&body, ANSWER_MAX);
    json_open(&json, NULL, '{');
    json_text(&json, "name", spec->name);
    json_text(&json, "title", spec->title);
    json_text(&json, "title_zh", spec->title_zh);
    json_text(&json, "version", spec->hash);
    json_text(&json, "function", spec->function);
    json_flag(&json, "cpu", spec->on_cpu);
    json_flag(&json, "gpu", spec->on_gpu);
    put_arguments(&json, spec);
    put_groups(&json, spec);
    put_cases(&json, spec);
    put_limits(&json, spec);
    if (handout) {
        put_offering(&json, &handout->offering);
        put_targets(&json, handout);
        put_own(&json, handout);
    }
    json_close(&json, '}');
    buf_text(&body, "\n");
    api_answer(request, 200, API_JSON, &body, handout ? NULL : public_fields);
    buf_release(&body);
}

/* -- the list ---------------------------------------------------------------------------------- */

/* Without a token everybody sees what is installed; with one, what its cohort is offered. */
static bool find_offerings(struct http_request *request, struct offering *out, size_t *out_count,
                           bool *out_known)
{
    struct membership who;

    *out_count = 0;
    *out_known = http_header(request, "Authorization") != NULL;
    if (!*out_known)
        return true;
    if (!api_who(request, &who))
        return false;
    struct err err = store_offerings(&api_grader(request)->reader, who.cohort_id, who.id, out,
                                     OFFERINGS_MAX, out_count);
    if (err_is(err))
        api_failure(request, "http.assignments", err);
    return !err_is(err);
}

static void put_assignment(struct json_out *json, const struct spec *spec,
                           const struct offering *offering)
{
    char kit[64];
    char url[80];

    (void)snprintf(kit, sizeof kit, "/kit/%s.tar.gz", spec->name);
    (void)snprintf(url, sizeof url, "/api/v1/assignments/%s", spec->name);
    json_open(json, NULL, '{');
    json_text(json, "name", spec->name);
    json_text(json, "title", spec->title);
    json_text(json, "title_zh", spec->title_zh);
    json_text(json, "version", spec->hash);
    json_flag(json, "cpu", spec->on_cpu);
    json_flag(json, "gpu", spec->on_gpu);
    json_text(json, "url", url);
    json_text(json, "kit", kit);
    if (offering)
        put_offering(json, offering);
    json_close(json, '}');
}

static void put_offering(struct json_out *json, const struct offering *offering)
{
    if (offering->opens_at)
        json_integer(json, "opens_at", offering->opens_at);
    if (offering->due_at)
        json_integer(json, "due_at", offering->due_at);
    if (offering->closes_at)
        json_integer(json, "closes_at", offering->closes_at);
    if (offering->attempts_max)
        json_integer(json, "attempts_max", offering->attempts_max);
    json_text(json, "zone", offering->zone);
}

static void put_targets(struct json_out *json, const struct handout *handout)
{
    json_open(json, "targets", '[');
    for (int i = 0; i < handout->targets_count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "class", handout->targets[i].class_name);
        json_real(json, "target", handout->targets[i].target, 6);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_own(struct json_out *json, const struct handout *handout)
{
    json_open(json, "submissions", '[');
    for (size_t i = 0; i < handout->own_count; i++) {
        const struct own_row *row = &handout->own[i];
        json_open(json, NULL, '{');
        json_integer(json, "id", row->id);
        json_integer(json, "received_at", row->received_at);
        json_text(json, "stage", stage_word(row->stage));
        if (row->practice)
            json_flag(json, "practice", true);
        else if (row->score >= 0)
            json_hundredths(json, "score", row->score);
        if (row->speedup > 0)
            json_real(json, "speedup", row->speedup, 6);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* -- one assignment ---------------------------------------------------------------------------- */

const struct spec *api_spec(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    const char *wanted = http_part(request, "assignment");
    const struct spec *spec = grader_spec(grader, wanted);
    const char *names[OFFERINGS_MAX];
    char shown[64];
    auto_buf struct buf list = buf_of(4096);

    if (spec)
        return spec;
    size_t count = grader->specs_count < OFFERINGS_MAX ? grader->specs_count : OFFERINGS_MAX;
    for (size_t i = 0; i < count; i++) {
        names[i] = grader->specs[i].name;
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = text_nearest(wanted, names, count);
    (void)text_copy(shown, sizeof shown, wanted);
    if (nearest)
        api_refuse(request, 404, "http_404", shown, nearest, list.at);
    else
        api_refuse(request, 404, "http_404_list", shown, list.at);
    return NULL;
}

static void put_arguments(struct json_out *json, const struct spec *spec)
{
    static const char *const roles[] = {
        [SPEC_SIZE] = "size",   [SPEC_OPTION] = "option", [SPEC_SCALAR] = "scalar",
        [SPEC_INPUT] = "input", [SPEC_INOUT] = "inout",   [SPEC_OUTPUT] = "output"};
    static const char *const elements[] = {
        [SPEC_F32] = "f32", [SPEC_I32] = "i32", [SPEC_I8] = "i8"};

    json_open(json, "arguments", '[');
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        bool is_number = argument->role == SPEC_SIZE || argument->role == SPEC_OPTION;
        json_open(json, NULL, '{');
        json_text(json, "name", argument->name);
        json_text(json, "role", roles[argument->role]);
        if (!is_number)
            json_text(json, "element", elements[argument->element]);
        if (argument->rank > 0) {
            json_integer(json, "rank", argument->rank);
            json_text(json, "index", argument->index);
        }
        if (is_number && argument->values_count == 0) {
            json_integer(json, "min", argument->min);
            json_integer(json, "max", argument->max);
        }
        if (argument->help[0])
            json_text(json, "help", argument->help);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_groups(struct json_out *json, const struct spec *spec)
{
    json_open(json, "groups", '[');
    for (int i = 0; i < spec->groups_count; i++) {
        int64_t visible = 0;
        int64_t hidden = 0;
        for (int c = 0; c < spec->cases_count; c++) {
            if (spec->cases[c].group != i)
                continue;
            if (spec->cases[c].hidden)
                hidden++;
            else
                visible++;
        }
        json_open(json, NULL, '{');
        json_text(json, "name", spec->groups[i].name);
        json_hundredths(json, "max_points", spec->groups[i].points);
        json_integer(json, "visible", visible);
        json_integer(json, "hidden", hidden);
        if (spec->groups[i].help[0])
            json_text(json, "help", spec->groups[i].help);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* Visible ones only, and without `kills`: that is for whoever writes assignments. */
static void put_cases(struct json_out *json, const struct spec *spec)
{
    char words[256];

    json_open(json, "cases", '[');
    for (int i = 0; i < spec->cases_count; i++) {
        const struct spec_case *one = &spec->cases[i];
        if (one->hidden)
            continue;
        spec_case_words(spec, one, words, sizeof words);
        json_open(json, NULL, '{');
        json_text(json, "name", one->name);
        json_text(json, "group", spec->groups[one->group].name);
        json_text(json, "inputs", words);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_limits(struct json_out *json, const struct spec *spec)
{
    const struct spec_limits *limits = &spec->limits;

    json_open(json, "limits", '{');
    json_integer(json, "source_bytes", limits->source_bytes);
    json_integer(json, "threads", limits->threads);
    json_integer(json, "stack_bytes", limits->stack_bytes);
    json_integer(json, "memory_extra_bytes", limits->memory_extra_bytes);
    json_integer(json, "cpu_ms", limits->cpu_ms);
    json_integer(json, "wall_ms", limits->wall_ms);
    json_integer(json, "timing_wall_ms", limits->timing_wall_ms);
    json_close(json, '}');
}
