/* The table of addresses as OpenAPI; of an operation on a course, its arguments too. */
#include "grader/openapi.h"

#include "grader/operation.h"
#include "sandbox/base/err.h"
#include "sandbox/base/json_out.h"

#include <stdio.h>
#include <string.h>

static bool is_first(const struct http_route *routes, const struct http_route *route);
static void put_path(struct json_out *json, const struct http_route *routes,
                     const struct http_route *first);
static void put_operation(struct json_out *json, const struct http_route *route);
static void put_parameters(struct json_out *json, const struct http_route *route,
                           const struct operation *operation);
static void put_parameter(struct json_out *json, const char *name, bool in_path,
                          const struct argument *argument);
static bool in_path(const struct http_route *route, const char *name);
static void put_body(struct json_out *json, const struct http_route *route,
                     const struct operation *operation);
static void put_arguments(struct json_out *json, const struct http_route *route,
                          const struct operation *operation);
static void put_schema(struct json_out *json, const struct argument *argument);
static void put_responses(struct json_out *json, const struct http_route *route);
static void put_security(struct json_out *json);

/* Beside the arguments of an operation on several people. */
static const struct argument yes = {
    "yes", ARG_FLAG, .help = "without: what touches several people is shown and not done"};

static const struct {
    int code;
    const char *words;
} reasons[] = {
    {200, "done"},
    {202, "accepted and stored; the report follows"},
    {201, "made"},
    {204, "done, and nothing more to say"},
    {301, "elsewhere"},
    {303, "look there"},
    {304, "not changed since"},
    {400, "not understood; the words say what was expected"},
    {401, "no valid token"},
    {403, "the token's role or cohort does not allow it"},
    {404, "not there, or not yours"},
    {408, "took too long to arrive"},
    {409, "against a rule: dates, attempts"},
    {413, "too large"},
    {415, "a form that is not taken"},
    {422, "not what was asked for; the words say what was expected"},
    {429, "too many; Retry-After says when"},
    {431, "header too large"},
    {500, "our mistake"},
    {501, "not installed here"},
    {503, "not now; Retry-After says when"},
};

void openapi_json(struct buf *out, const struct http_route *routes, const char *base_url)
{
    struct json_out json = {.out = out};

    json_open(&json, NULL, '{');
    json_text(&json, "openapi", "3.0.3");
    json_open(&json, "info", '{');
    json_text(&json, "title", "Kernel autograder");
    json_text(&json, "version", "1");
    json_close(&json, '}');
    json_open(&json, "servers", '[');
    json_open(&json, NULL, '{');
    json_text(&json, "url", base_url);
    json_close(&json, '}');
    json_close(&json, ']');
    json_open(&json, "paths", '{');
    for (const struct http_route *route = routes; route->method; route++)
        if (is_first(routes, route))
            put_path(&json, routes, route);
    json_close(&json, '}');
    put_security(&json);
    json_close(&json, '}');
    buf_text(out, "\n");
}

static bool is_first(const struct http_route *routes, const struct http_route *route)
{
    for (const struct http_route *before = routes; before < route; before++)
        if (strcmp(before->pattern, route->pattern) == 0)
            return false;
    return true;
}

static void put_path(struct json_out *json, const struct http_route *routes,
                     const struct http_route *first)
{
    json_open(json, first->pattern, '{');
    for (const struct http_route *route = routes; route->method; route++)
        if (strcmp(route->pattern, first->pattern) == 0)
            put_operation(json, route);
    json_close(json, '}');
}

static void put_operation(struct json_out *json, const struct http_route *route)
{
    const struct operation *operation = operation_by_route(route->method, route->pattern);
    char method[16];
    size_t size = 0;

    for (; size < sizeof method - 1 && route->method[size]; size++)
        method[size] = (char)(route->method[size] | 0x20);
    method[size] = '\0';
    json_open(json, method, '{');
    json_text(json, "summary", route->help);
    json_text(json, "x-role", route->role);
    put_parameters(json, route, operation);
    if (route->body_max > 0)
        put_body(json, route, operation);
    put_responses(json, route);
    if (strcmp(route->role, "any") != 0) {
        json_open(json, "security", '[');
        for (int i = 0; i < 2; i++) {
            json_open(json, NULL, '{');
            json_open(json, i == 0 ? "basic" : "bearer", '[');
            json_close(json, ']');
            json_close(json, '}');
        }
        json_close(json, ']');
    }
    json_close(json, '}');
}

/* The parts of the address; of an operation that has no body, the query too. */
static void put_parameters(struct json_out *json, const struct http_route *route,
                           const struct operation *operation)
{
    const struct argument *arguments = operation != NULL ? operation->arguments : NULL;
    bool asks = arguments != NULL && route->body_max == 0;
    char name[64];

    json_open(json, "parameters", '[');
    for (const char *at = strchr(route->pattern, '{'); at; at = strchr(at + 1, '{')) {
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        int i = operation != NULL ? operation_argument(operation, name) : -1;
        put_parameter(json, name, true, i >= 0 ? &arguments[i] : NULL);
    }
    for (int i = 0; asks && arguments[i].name != NULL; i++)
        if (!in_path(route, arguments[i].name) && arguments[i].kind != ARG_FILE)
            put_parameter(json, arguments[i].name, false, &arguments[i]);
    if (asks && operation->effect == EFFECT_MANY)
        put_parameter(json, yes.name, false, &yes);
    json_close(json, ']');
}

/* argument NULL: any text. */
static void put_parameter(struct json_out *json, const char *name, bool in_path,
                          const struct argument *argument)
{
    json_open(json, NULL, '{');
    json_text(json, "name", name);
    json_text(json, "in", in_path ? "path" : "query");
    json_flag(json, "required", in_path || argument->needed);
    json_open(json, "schema", '{');
    if (argument != NULL)
        put_schema(json, argument);
    else
        json_text(json, "type", "string");
    json_close(json, '}');
    json_close(json, '}');
}

static bool in_path(const struct http_route *route, const char *name)
{
    char part[64];

    (void)snprintf(part, sizeof part, "{%s}", name); /* names are short */
    return strstr(route->pattern, part) != NULL;
}

static void put_body(struct json_out *json, const struct http_route *route,
                     const struct operation *operation)
{
    json_open(json, "requestBody", '{');
    json_flag(json, "required", operation == NULL);
    json_integer(json, "x-bytes-max", (int64_t)route->body_max);
    json_open(json, "content", '{');
    json_open(json, operation != NULL ? "application/json" : "*/*", '{');
    json_open(json, "schema", '{');
    if (operation != NULL) {
        put_arguments(json, route, operation);
    } else {
        json_text(json, "type", "string");
        json_text(json, "format", "binary");
    }
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

static void put_arguments(struct json_out *json, const struct http_route *route,
                          const struct operation *operation)
{
    const struct argument *arguments = operation->arguments;
    int needed = 0;

    json_text(json, "type", "object");
    json_flag(json, "additionalProperties", false);
    json_open(json, "properties", '{');
    for (int i = 0; arguments[i].name != NULL; i++) {
        if (in_path(route, arguments[i].name))
            continue;
        json_open(json, arguments[i].name, '{');
        put_schema(json, &arguments[i]);
        json_close(json, '}');
        needed += arguments[i].needed;
    }
    json_open(json, yes.name, '{');
    put_schema(json, &yes);
    json_close(json, '}');
    json_close(json, '}');
    if (needed == 0) /* an empty list would be no OpenAPI 3.0 */
        return;
    json_open(json, "required", '[');
    for (int i = 0; arguments[i].name != NULL; i++)
        if (arguments[i].needed && !in_path(route, arguments[i].name))
            json_text(json, NULL, arguments[i].name);
    json_close(json, ']');
}

static void put_schema(struct json_out *json, const struct argument *argument)
{
    static const struct {
        const char *type, *pattern;
    } kinds[] = {[ARG_TEXT] = {"string", NULL},
                 [ARG_NAME] = {"string", "^[a-z][a-z0-9_-]{1,31}$"},
                 [ARG_LOGIN] = {"string", "^[a-z0-9][a-z0-9_-]{0,31}$"},
                 [ARG_NUMBER] = {"integer", NULL},
                 [ARG_POINTS] = {"number", NULL},
                 [ARG_FLAG] = {"boolean", NULL},
                 [ARG_WORD] = {"string", NULL},
                 [ARG_FILE] = {"string", NULL}};
    int64_t unit = argument->kind == ARG_POINTS ? 100 : 1;

    json_text(json, "type", kinds[argument->kind].type);
    json_text(json, "description", argument->help);
    if (kinds[argument->kind].pattern != NULL)
        json_text(json, "pattern", kinds[argument->kind].pattern);
    if (argument->kind == ARG_TEXT)
        json_integer(json, "maxLength", argument->max);
    if (argument->kind == ARG_NUMBER || argument->kind == ARG_POINTS) {
        json_integer(json, "minimum", argument->min / unit);
        json_integer(json, "maximum", argument->max / unit);
    }
    if (argument->kind != ARG_WORD)
        return;
    json_open(json, "enum", '[');
    for (int i = 0; argument->words[i] != NULL; i++)
        json_text(json, NULL, argument->words[i]);
    json_close(json, ']');
}

static bool names(const char *codes, const char *code)
{
    return codes && strstr(codes, code) != NULL;
}

static void put_responses(struct json_out *json, const struct http_route *route)
{
    bool is_open = strcmp(route->role, "any") == 0;

    json_open(json, "responses", '{');
    for (size_t i = 0; i < COUNT(reasons); i++) {
        char code[8];
        (void)snprintf(code, sizeof code, "%d", reasons[i].code);
        if (!names(route->codes, code) && !names(OPENAPI_CODES_ANY, code) &&
            (is_open || !names(OPENAPI_CODES_TOKEN, code)))
            continue;
        json_open(json, code, '{');
        json_text(json, "description", reasons[i].words);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void put_security(struct json_out *json)
{
    static const char *const schemes[] = {"basic", "bearer"};

    json_open(json, "components", '{');
    json_open(json, "securitySchemes", '{');
    for (size_t i = 0; i < COUNT(schemes); i++) {
        json_open(json, schemes[i], '{');
        json_text(json, "type", "http");
        json_text(json, "scheme", schemes[i]);
        json_close(json, '}');
    }
    json_close(json, '}');
    json_close(json, '}');
}
