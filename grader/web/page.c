/* The frame of every page. */
#include "grader/web/page.h"

#include "grader/words.h"

#include <stdarg.h>

static void navigation(struct buf *out, const struct page_head *head);
static const char *words(const struct page_head *head, const char *code);

void page_begin(struct buf *out, const struct page_head *head)
{
    html_put(out,
             "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
             "<link rel=\"stylesheet\" href=\"/static/page.css\">\n"
             "<link rel=\"icon\" href=\"/static/icon.svg\" type=\"image/svg+xml\">\n"
             "<script src=\"/static/live.js\" defer></script>\n",
             head->language == LANGUAGE_ZH ? "zh" : "en", head->title);
    if (head->refresh_s > 0)
        html_put(out, "<noscript><meta http-equiv=\"refresh\" content=\"%d\"></noscript>\n",
                 head->refresh_s);
    html_put(out, "</head>\n<body>\n<a class=\"skip\" href=\"#main\">%s</a>\n",
             words(head, "page_skip"));
    navigation(out, head);
    buf_text(out, "<main id=\"main\">\n");
}

void page_end(struct buf *out)
{
    buf_text(out, "</main>\n</body>\n</html>\n");
}

void page_words(struct buf *out, enum language language, const char *code, ...)
{
    auto_buf struct buf text = buf_of(8192);
    va_list arguments;

    va_start(arguments, code);
    buf_vprintf(&text, words_of(code, language), arguments);
    va_end(arguments);
    html_text(out, text.at, text.size);
    out->failed = out->failed || text.failed;
}

const char *page_query(const struct page_head *head)
{
    if (!head->has_asked)
        return "";
    return head->language == LANGUAGE_ZH ? "?lang=zh" : "?lang=en";
}

static void navigation(struct buf *out, const struct page_head *head)
{
    bool is_chinese = head->language == LANGUAGE_ZH;

    html_put(
        out,
        "<header>\n<nav aria-label=\"%s\">\n<a href=\"/%s\">%s</a>\n<a href=\"/help%s\">%s</a>\n",
        words(head, "page_navigation"), page_query(head), words(head, "page_start"),
        page_query(head), words(head, "page_help"));
    html_put(out, "<a href=\"%s?lang=%s\" hreflang=\"%s\" lang=\"%s\">%s</a>\n", head->path,
             is_chinese ? "en" : "zh", is_chinese ? "en" : "zh", is_chinese ? "en" : "zh",
             is_chinese ? "English" : "中文");
    if (head->login[0])
        html_put(out, "<span class=\"who\">%s · %s</span>\n", head->login, head->cohort);
    else
        html_put(out, "<a class=\"who\" href=\"/signin%s\">%s</a>\n", page_query(head),
                 words(head, "page_sign_in"));
    buf_text(out, "</nav>\n</header>\n");
}

static const char *words(const struct page_head *head, const char *code)
{
    return words_of(code, head->language);
}
