/* Pages: nothing that a person typed becomes markup. */
#include "grader/web/assets.h"
#include "grader/web/web_report.h"
#include "sandbox/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdlib.h>
#include <string.h>

#define HOSTILE "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
#define HARMLESS                                                                                   \
    "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;img src=x onerror=alert(1)&gt;"

static struct buf out;

static int fresh(void **state)
{
    (void)state;
    buf_init(&out, 8 << 20);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static void every_special_character_becomes_an_entity(void **state)
{
    (void)state;
    html_put(&out, "<td title=\"%s\">%s %d %lld %zu %.2f %%</td>", HOSTILE, "a<b", 7, 8LL,
             (size_t)9, 1.25);
    assert_string_equal(out.at, "<td title=\"" HARMLESS "\">a&lt;b 7 8 9 1.25 %</td>");
}

static void controls_and_invisible_characters_are_dropped(void **state)
{
    static const char text[] = "a\x01\x1b[31mb\xe2\x80\xae"
                               "c\xff\r\nd\0e";
    (void)state;
    html_text(&out, text, sizeof text - 1);
    assert_string_equal(out.at, "a[31mbc?\nde");
}

static void long_lines_and_many_lines_are_whole(void **state)
{
    static char text[300000];
    (void)state;
    memset(text, 'x', 300000);
    for (size_t i = 200000; i < 300000; i += 2)
        text[i] = '\n';
    html_text(&out, text, 300000);
    assert_int_equal(out.size, 300000);
    assert_memory_equal(out.at, text, 300000);
}

/* -- reports ----------------------------------------------------------------------------------- */

static struct report report;
static struct spec *spec;

static int make(void **state)
{
    struct err err;
    spec = calloc(1, sizeof *spec);
    err = spec_load(spec, "assignments/attention/assignment.json");
    if (err_is(err))
        return -1;
    report_init(&report, spec);
    report.id = 41;
    report.stage = STAGE_CHECKING;
    report.received_at = 1795844987599256;
    (void)text_copy(report.login, sizeof report.login, "<b>eve</b>");
    (void)text_copy(report.cohort, sizeof report.cohort, "\"><i>x");
    (void)text_copy(report.file_name, sizeof report.file_name, HOSTILE);
    return fresh(state);
}

static int end(void **state)
{
    report_release(&report);
    free(spec);
    return drop(state);
}

static void compile_badly(void)
{
    struct event event = {.kind = EVENT_COMPILED};
    event.compiled.errors = 1;
    event.compiled.diagnostics = strdup("x.c:1:1: error: " HOSTILE);
    (void)text_copy(event.compiled.code, sizeof event.compiled.code, "<u>code");
    (void)text_copy(event.compiled.message, sizeof event.compiled.message, HOSTILE);
    report_apply(&report, &event);
    event_release(&event);
    struct event done = {.kind = EVENT_DONE, .done = {.outcome = OUTCOME_COMPILE_ERROR}};
    report_apply(&report, &done);
}

/* Tags of ours are the only ones: whatever stands between < and > begins with a name of the list.
 */
static void only_our_tags(const char *text)
{
    static const char *const tags[] = {
        "!DOCTYPE", "html",    "head",    "meta",    "title",  "link", "script", "noscript",
        "body",     "a",       "nav",     "main",    "header", "span", "h1",     "h2",
        "p",        "div",     "table",   "thead",   "tr",     "th",   "td",     "tbody",
        "pre",      "details", "summary", "caption", "svg",    "path", "rect"};
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        size_t size = strcspn(name, " >\n");
        bool known = false;
        for (size_t i = 0; i < COUNT(tags); i++)
            known = known || (strlen(tags[i]) == size && strncmp(tags[i], name, size) == 0);
        if (!known)
            fail_msg("a tag that is not ours: %.40s", at);
    }
    assert_null(strstr(text, "onerror=alert(1)>"));
    assert_null(strstr(text, "style="));
    assert_null(strstr(text, "http://"));
    assert_null(strstr(text, "https://"));
}

static void a_hostile_report_stays_text(void **state)
{
    const struct report_view view = {.everything = true};
    struct page_head head = {
        .title = HOSTILE, .path = "/s/41\"><script>", .login = "<b>eve</b>", .cohort = "<i>"};
    (void)state;

    compile_badly();
    for (int language = LANGUAGE_EN; language <= LANGUAGE_ZH; language++) {
        head.language = (enum language)language;
        buf_clear(&out);
        web_report(&out, &report, &view, &head);
        assert_false(out.failed);
        only_our_tags(out.at);
        assert_non_null(strstr(out.at, "error: " HARMLESS));
        assert_null(strstr(out.at, "data-events")); /* it is final */
    }
}

static void a_report_under_way_asks_for_events_and_refreshes_without_script(void **state)
{
    const struct report_view view = {.everything = false};
    const struct page_head head = {
        .title = "t", .path = "/s/41", .login = "a", .cohort = "c", .has_asked = true};
    (void)state;

    report.queue_position = 3;
    report.stage = STAGE_QUEUED;
    web_report(&out, &report, &view, &head);
    assert_non_null(strstr(out.at, "data-events=\"/s/41/events?lang=en\""));
    assert_non_null(strstr(out.at, "<noscript><meta http-equiv=\"refresh\""));
    assert_non_null(strstr(out.at, "number 3 in line"));
    only_our_tags(out.at);
}

static void hidden_cases_have_no_row_for_students(void **state)
{
    const struct report_view view = {.everything = false};
    const struct page_head head = {.title = "t", .path = "/s/41", .login = "", .cohort = ""};
    int hidden = spec_case_index(spec, "short_cache");
    (void)state;

    for (int i = 0; i < spec->cases_count; i++) {
        struct event event = {.kind = EVENT_CASE, .one = {.index = i, .verdict = VERDICT_WRONG}};
        report_apply(&report, &event);
        event_release(&event);
    }
    assert_true(report.has_case[hidden]);
    web_report(&out, &report, &view, &head);
    assert_null(strstr(out.at, "short_cache"));
    assert_non_null(strstr(out.at, "padding"));
}

static void a_source_is_shown_line_by_line_as_text(void **state)
{
    static const char source[] = "int a;\n</pre><script>x</script>\n\n// 中 \xe2\x80\xae end";
    const struct page_head head = {.title = "t", .path = "/", .login = "", .cohort = ""};
    (void)state;

    web_source(&out, 41, HOSTILE, source, sizeof source - 1, &head);
    only_our_tags(out.at);
    assert_non_null(strstr(out.at, "<span id=\"L1\">int a;</span>\n<span id=\"L2\">&lt;/pre&gt;"));
    assert_non_null(strstr(out.at, "<span id=\"L3\"></span>\n<span id=\"L4\">// 中  end</span>\n"));
}

static void the_files_of_pages_are_in_the_program(void **state)
{
    static const char *const names[] = {"page.css", "live.js", "icon.svg"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct asset *asset = asset_find(names[i]);
        assert_non_null(asset);
        assert_true(asset->end - asset->at > 100);
        assert_int_equal(text_utf8_bad(asset->at, (size_t)(asset->end - asset->at)),
                         (size_t)(asset->end - asset->at));
    }
    assert_null(asset_find("../page.c"));
    assert_null(asset_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_special_character_becomes_an_entity, fresh, drop),
        cmocka_unit_test_setup_teardown(controls_and_invisible_characters_are_dropped, fresh, drop),
        cmocka_unit_test_setup_teardown(long_lines_and_many_lines_are_whole, fresh, drop),
        cmocka_unit_test_setup_teardown(a_hostile_report_stays_text, make, end),
        cmocka_unit_test_setup_teardown(
            a_report_under_way_asks_for_events_and_refreshes_without_script, make, end),
        cmocka_unit_test_setup_teardown(hidden_cases_have_no_row_for_students, make, end),
        cmocka_unit_test_setup_teardown(a_source_is_shown_line_by_line_as_text, fresh, drop),
        cmocka_unit_test(the_files_of_pages_are_in_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
