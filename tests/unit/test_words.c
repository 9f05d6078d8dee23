/* The table of sentences: complete, the same conversions in both languages, and no code in use that
 * it lacks. */
#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "%s %lld" of "no %s before %lld %%". */
static void conversions(const char *sentence, char *out, size_t size)
{
    size_t used = 0;
    for (const char *at = sentence; (at = strchr(at, '%')) != NULL;) {
        size_t length = 1 + strspn(at + 1, "0123456789.*-+l");
        char kind = at[length];
        if (kind != '%') {
            assert_non_null(strchr("sdfgx", kind));
            assert_true(used + length + 2 < size);
            memcpy(out + used, at, length + 1);
            used += length + 1;
        }
        at += length + 1;
    }
    out[used] = 0;
}

static void both_languages_take_the_same_arguments(void **state)
{
    size_t count;
    const struct word *words = words_all(&count);
    (void)state;
    assert_true(count > 100);
    for (size_t i = 0; i < count; i++) {
        char en[256];
        char zh[256];
        conversions(words[i].en, en, sizeof en);
        conversions(words[i].zh, zh, sizeof zh);
        if (strcmp(en, zh) != 0)
            fail_msg("%s: '%s' against '%s'", words[i].code, en, zh);
        assert_int_equal(text_utf8_bad(words[i].zh, strlen(words[i].zh)), strlen(words[i].zh));
        size_t newline = strlen(words[i].en) > 0 && words[i].en[strlen(words[i].en) - 1] == '\n';
        assert_int_equal(newline, words[i].zh[strlen(words[i].zh) - 1] == '\n');
    }
}

static void each_code_stands_once(void **state)
{
    size_t count;
    const struct word *words = words_all(&count);
    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(words[i].code, words[k].code);
}

/* Looks for `"PREFIX…"` in a source file and asks the table for each. */
static void codes_in(const char *path, const char *prefix)
{
    auto_buf struct buf text = buf_of((size_t)1 << 20);
    assert_false(err_is(fdio_read_file(path, &text)));
    for (const char *at = text.at; (at = strstr(at, prefix)) != NULL; at++) {
        char code[64];
        size_t length = strcspn(at + 1, "\"%\n\\ ");
        if (at[1 + length] != '"' || length >= sizeof code)
            continue;
        memcpy(code, at + 1, length);
        code[length] = 0;
        if (words_find(code, LANGUAGE_EN) == NULL)
            fail_msg("%s uses '%s', which has no sentence", path, code);
    }
}

static void every_code_in_use_has_a_sentence(void **state)
{
    static const char *const prefixes[] = {"\"http_4", "\"http_5", "\"text_",
                                           "\"speed_", "\"hint_",  "\"page_"};
    static const char *const folders[] = {"grader", "grader/web"};
    (void)state;
    int files = 0;
    for (size_t f = 0; f < COUNT(folders); f++) {
        DIR *folder = opendir(folders[f]);
        assert_non_null(folder);
        const struct dirent *entry;
        while ((entry = readdir(folder)) != NULL) {
            char path[512];
            size_t length = strlen(entry->d_name);
            /* SQL columns in store*.c look like codes. */
            if (length < 3 || strcmp(entry->d_name + length - 2, ".c") != 0 ||
                strncmp(entry->d_name, "store", 5) == 0)
                continue;
            (void)snprintf(path, sizeof path, "%s/%s", folders[f], entry->d_name);
            files++;
            for (size_t i = 0; i < COUNT(prefixes); i++)
                codes_in(path, prefixes[i]);
        }
        (void)closedir(folder);
    }
    assert_true(files > 10);
}

static void each_verdict_and_each_crash_has_words(void **state)
{
    (void)state;
    for (int verdict = VERDICT_PASS; verdict <= VERDICT_NOT_RUN; verdict++) {
        char code[64];
        (void)snprintf(code, sizeof code, "verdict_%s", verdict_word((enum verdict)verdict));
        assert_non_null(words_find(code, LANGUAGE_ZH));
    }
}

static void each_stage_has_words(void **state)
{
    (void)state;
    for (int stage = STAGE_RECEIVED; stage <= STAGE_CANCELLED; stage++) {
        char code[64];
        (void)snprintf(code, sizeof code, "stage_%s", stage_word((enum stage)stage));
        assert_non_null(words_find(code, LANGUAGE_ZH));
    }
}

/* The codes that worker/diagnose.h, worker/cause.c and worker/audit.c promise. */
static void every_code_of_the_worker_has_a_sentence(void **state)
{
    static const char *const codes[] = {
        "precision",
        "second_call",
        "unwritten",
        "nan",
        "infinite",
        "zero_output",
        "sign",
        "scale",
        "offset",
        "transposed",
        "rounding",
        "kvlen_ignored",
        "w_zero_ignored",
        "tail",
        "segfault",
        "bus_error",
        "division_by_zero",
        "abort",
        "illegal_instruction",
        "exited_early",
        "memory_limit",
        "output_flood",
        "forbidden_call",
        "stack_overflow",
        "loop_endless",
        "waiting",
        "refused_object",
        "refused_section",
        "refused_symbol",
        "refused_name",
        "undefined_name",
        "missing_function",
        "static_too_large",
        "compile_limit",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++)
        if (report_hint(codes[i], LANGUAGE_ZH) == NULL)
            fail_msg("'%s' has no sentence", codes[i]);
    assert_null(report_hint("", LANGUAGE_EN));
    assert_null(report_hint("_ignored", LANGUAGE_EN));
}

static void an_unknown_code_stands_for_itself(void **state)
{
    auto_buf struct buf out = buf_of(256);
    (void)state;
    assert_string_equal(words_of("%s_no_such", LANGUAGE_EN), "%s_no_such");
    assert_null(words_find("no_such", LANGUAGE_ZH));
    words_put(&out, LANGUAGE_EN, "%s%n_no_such");
    assert_string_equal(out.at, "%s%n_no_such");
}

/* INTERFACE 3.7, word for word. */
static void the_refusals_read_as_in_the_interface(void **state)
{
    auto_buf struct buf out = buf_of(4096);
    (void)state;
    words_put(&out, LANGUAGE_EN, "http_403", "ml-2026", "20 Dec");
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_404", "atention", "attention", "attention, lstm_cell, pca");
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_409", "ml-2026/attention", "Sun 29 Nov 2026 23:59 +08:00",
              "00:00:12", 12LL);
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_413", "attention.c", 300LL, 256LL);
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_415", "attention.c", "attention");
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_422_nul", "attention.c", 4096LL);
    buf_text(&out, "\n");
    words_put(&out, LANGUAGE_EN, "http_429", 20LL, 10LL, 38LL);
    assert_string_equal(
        out.at,
        "this token belongs to ml-2026, which ended on 20 Dec. Ask your TA\n"
        "no assignment 'atention'. Did you mean attention? Open now: attention, lstm_cell, pca\n"
        "ml-2026/attention closed Sun 29 Nov 2026 23:59 +08:00; you sent this 00:00:12 (12 s "
        "late). "
        "Nothing was stored\n"
        "attention.c is 300 KiB; the limit is 256 KiB\n"
        "curl -d strips the line breaks from your file. Use: curl -n -T attention.c "
        "HOST/submit/attention\n"
        "attention.c holds a NUL byte at offset 4096: this looks like a compiled file. Send the "
        ".c\n"
        "20 submissions in the last 10 minutes; the next is possible in 38 s. Nothing was stored");
    assert_string_equal(words_of("http_401", LANGUAGE_EN),
                        "no valid token. Put one line into ~/.netrc (machine HOST login YOU "
                        "password TOKEN) and use curl -n");
}

static void the_language_is_what_comes_first(void **state)
{
    (void)state;
    assert_int_equal(words_language(NULL, NULL), LANGUAGE_EN);
    assert_int_equal(words_language("zh-CN,zh;q=0.9,en;q=0.8", NULL), LANGUAGE_ZH);
    assert_int_equal(words_language("en-US,zh;q=0.9", NULL), LANGUAGE_EN);
    assert_int_equal(words_language("en", "zh"), LANGUAGE_ZH);
    assert_int_equal(words_language("zh", "en"), LANGUAGE_EN);
    assert_int_equal(words_language(" ZH", NULL), LANGUAGE_ZH);
    assert_int_equal(words_language("zhuang", NULL), LANGUAGE_EN);
    assert_int_equal(words_language("", ""), LANGUAGE_EN);
    assert_int_equal(words_language("z", NULL), LANGUAGE_EN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_take_the_same_arguments),
        cmocka_unit_test(each_code_stands_once),
        cmocka_unit_test(every_code_in_use_has_a_sentence),
        cmocka_unit_test(each_verdict_and_each_crash_has_words),
        cmocka_unit_test(each_stage_has_words),
        cmocka_unit_test(every_code_of_the_worker_has_a_sentence),
        cmocka_unit_test(an_unknown_code_stands_for_itself),
        cmocka_unit_test(the_refusals_read_as_in_the_interface),
        cmocka_unit_test(the_language_is_what_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
