/* The description of the interface against the table that it is made from. */
#include "grader/openapi.h"
#include "grader/operation.h"
#include "grader/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct http_route routes[ROUTES_MAX];

static cJSON *document(void)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    routes_all(routes);
    openapi_json(&text, routes, "http://here");
    assert_false(text.failed);
    cJSON *parsed = cJSON_Parse(text.at);
    assert_non_null(parsed);
    buf_release(&text);
    return parsed;
}

static cJSON *operation(const cJSON *parsed, const struct http_route *route)
{
    char method[16] = "";
    for (size_t i = 0; route->method[i]; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    const cJSON *paths = cJSON_GetObjectItemCaseSensitive(parsed, "paths");
    const cJSON *path = cJSON_GetObjectItemCaseSensitive(paths, route->pattern);
    return cJSON_GetObjectItemCaseSensitive(path, method);
}

static const cJSON *inside(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!found)
        fail_msg("no %s", name);
    return found;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return inside(object, name)->valuestring;
}

/* In the address, in the query or in the body; with its bounds. */
static const cJSON *argument_of(const cJSON *found, const char *name)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, inside(found, "parameters")) if (strcmp(text_of(one, "name"), name) ==
                                                             0) return inside(one, "schema");
    const cJSON *content = inside(inside(found, "requestBody"), "content");
    return inside(inside(inside(inside(content, "application/json"), "schema"), "properties"),
                  name);
}

static void every_argument_of_an_operation_is_there(void **state)
{
    cJSON *parsed = document();
    size_t count = 0;
    const struct operation *all = operation_all(&count);
    (void)state;

    for (size_t i = 0; i < count; i++) {
        const struct http_route route = {.method = all[i].method, .pattern = all[i].pattern};
        const cJSON *found = operation(parsed, &route);
        bool has_body = strcmp(route.method, "POST") == 0 || strcmp(route.method, "PUT") == 0;
        for (const struct argument *one = all[i].arguments; one->name; one++) {
            if (one->kind == ARG_FILE && !has_body)
                continue; /* by command only */
            const cJSON *schema = argument_of(found, one->name);
            if (one->kind == ARG_NUMBER)
                assert_true(inside(schema, "maximum")->valuedouble == (double)one->max);
            assert_true(strlen(text_of(schema, "description")) > 0);
        }
        if (all[i].effect == EFFECT_MANY)
            assert_string_equal(text_of(argument_of(found, "yes"), "type"), "boolean");
    }
    cJSON_Delete(parsed);
}

static void every_route_is_there_with_its_role(void **state)
{
    cJSON *parsed = document();
    (void)state;

    for (const struct http_route *route = routes; route->method; route++) {
        const cJSON *found = operation(parsed, route);
        if (!found)
            fail_msg("%s %s is missing", route->method, route->pattern);
        const cJSON *role = cJSON_GetObjectItemCaseSensitive(found, "x-role");
        assert_string_equal(role->valuestring, route->role);
        assert_true(strlen(route->help) > 0);
    }
    cJSON_Delete(parsed);
}

static void every_code_of_the_table_has_words(void **state)
{
    cJSON *parsed = document();
    (void)state;

    for (const struct http_route *route = routes; route->method; route++) {
        const cJSON *responses =
            cJSON_GetObjectItemCaseSensitive(operation(parsed, route), "responses");
        char codes[256];
        char *rest = codes;
        (void)snprintf(codes, sizeof codes, "%s %s%s%s", route->codes, OPENAPI_CODES_ANY,
                       strcmp(route->role, "any") == 0 ? "" : " ",
                       strcmp(route->role, "any") == 0 ? "" : OPENAPI_CODES_TOKEN);
        for (const char *code = strsep(&rest, " "); code; code = strsep(&rest, " "))
            if (!cJSON_GetObjectItemCaseSensitive(responses, code))
                fail_msg("%s %s: no %s", route->method, route->pattern, code);
    }
    cJSON_Delete(parsed);
}

static void every_part_of_an_address_is_a_parameter(void **state)
{
    cJSON *parsed = document();
    (void)state;

    for (const struct http_route *route = routes; route->method; route++) {
        const cJSON *parameters =
            cJSON_GetObjectItemCaseSensitive(operation(parsed, route), "parameters");
        int wanted = 0;
        int there = 0;
        for (const char *at = route->pattern; *at; at++)
            wanted += *at == '{';
        const cJSON *one;
        cJSON_ArrayForEach(one, parameters) there += strcmp(text_of(one, "in"), "path") == 0;
        assert_int_equal(there, wanted);
    }
    cJSON_Delete(parsed);
}

static void no_two_rows_answer_the_same_request(void **state)
{
    (void)state;
    for (const struct http_route *one = routes; one->method; one++)
        for (const struct http_route *two = one + 1; two->method; two++)
            assert_false(strcmp(one->method, two->method) == 0 &&
                         strcmp(one->pattern, two->pattern) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_there_with_its_role),
        cmocka_unit_test(every_argument_of_an_operation_is_there),
        cmocka_unit_test(every_code_of_the_table_has_words),
        cmocka_unit_test(every_part_of_an_address_is_a_parameter),
        cmocka_unit_test(no_two_rows_answer_the_same_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
