/* How to submit. */
#include "grader/api.h"
#include "grader/web/web_course.h"

#include <string.h>

static void answer_page(struct http_request *request, const struct buf *text);
static void put_filled(struct buf *out, const char *text, const char *host, const char *url);
static void put_assignments(struct buf *out, const struct grader *grader, enum language language);
static const char *host_of(const struct grader *grader, char *out, size_t size);

#define HELP_MAX ((size_t)64 * 1024)

static const char *const help_texts[] = {
    [LANGUAGE_EN] =
        "How to submit\n"
        "\n"
        "1. Your TA gave you a login and a token. Put one line into ~/.netrc, once:\n"
        "     machine {host} login YOU password TOKEN\n"
        "   and keep it to yourself:  chmod 600 ~/.netrc\n"
        "2. Get the kit of an assignment: header, starter and task:\n"
        "     curl -O {url}/kit/ASSIGNMENT.tar.gz\n"
        "3. Send your file; the report comes while it is graded:\n"
        "     curl -n --fail-with-body -T FILE.c {url}/submit/ASSIGNMENT\n"
        "   Practice costs no attempt and earns no score:\n"
        "     curl -n --fail-with-body -T FILE.c {url}/try/ASSIGNMENT\n"
        "4. Back to a report later; .json and .c work too:\n"
        "     curl -n {url}/s/NUMBER.txt\n"
        "5. Or with git; your file lies at ASSIGNMENT/ASSIGNMENT.c, the report comes as "
        "remote: lines:\n"
        "     git push {url}/git/YOU.git main\n"
        "\n"
        "Only a graded submission costs an attempt. The same file again shows its old report.\n"
        "In Chinese: add ?lang=zh\n"
        "\n"
        "Assignments\n",
    [LANGUAGE_ZH] = "如何提交\n"
                    "\n"
                    "1. 助教会给你登录名和令牌。在 ~/.netrc 中写一行（只需一次）：\n"
                    "     machine {host} login YOU password TOKEN\n"
                    "   并只允许自己读取：chmod 600 ~/.netrc\n"
                    "2. 下载作业包（头文件、起始代码和题目说明）：\n"
                    "     curl -O {url}/kit/ASSIGNMENT.tar.gz\n"
                    "3. 提交文件，评分报告会边评边显示：\n"
                    "     curl -n --fail-with-body -T FILE.c '{url}/submit/ASSIGNMENT?lang=zh'\n"
                    "   练习不占用次数，也不计分：\n"
                    "     curl -n --fail-with-body -T FILE.c '{url}/try/ASSIGNMENT?lang=zh'\n"
                    "4. 以后查看报告（也可用 .json 和 .c）：\n"
                    "     curl -n {url}/s/NUMBER.txt\n"
                    "5. 也可使用 git：文件放在 ASSIGNMENT/ASSIGNMENT.c，报告显示为 remote: 行：\n"
                    "     git push {url}/git/YOU.git main\n"
                    "\n"
                    "只有完成评分的提交才占用次数。再次提交相同文件会显示原来的报告。\n"
                    "\n"
                    "作业\n",
};

void help_handle(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    enum language language = api_language(request);
    char host[256];
    struct buf body;

    buf_init(&body, HELP_MAX);
    put_filled(&body, help_texts[language], host_of(grader, host, sizeof host), grader->base_url);
    put_assignments(&body, grader, language);
    if (api_form(request) == NEGOTIATE_HTML) {
        answer_page(request, &body);
        buf_release(&body);
        return;
    }
    static const struct http_field fields[] = {
        {"Cache-Control", "public, max-age=60"}, {"Vary", "Accept, Accept-Language"}, {NULL, NULL}};
    api_answer(request, 200, API_TEXT, &body, fields);
    buf_release(&body);
}

/* A page for whoever reads it in a browser; it says who has signed in, so it is nobody else's. */
static void answer_page(struct http_request *request, const struct buf *text)
{
    struct membership who;
    struct page_head head;
    struct buf page;
    bool is_known = http_header(request, "Authorization") != NULL;
    const char *title = words_of("page_help", api_language(request));

    if (is_known && !api_who(request, &who))
        return;
    api_head(request, is_known ? &who : NULL, title, &head);
    buf_init(&page, 4 * HELP_MAX);
    web_plain(&page, text->at + strcspn(text->at, "\n"), &head); /* the title stands above */
    api_page(request, &page);
    buf_release(&page);
}

/* The text with {host} and {url} filled in. */
static void put_filled(struct buf *out, const char *text, const char *host, const char *url)
{
    for (size_t size = strcspn(text, "{"); *text; size = strcspn(text, "{")) {
        buf_append(out, text, size);
        text += size;
        if (*text == '\0')
            return;
        buf_text(out, strncmp(text, "{url}", 5) == 0 ? url : host);
        text += strcspn(text, "}") + 1;
    }
}

static void put_assignments(struct buf *out, const struct grader *grader, enum language language)
{
    for (size_t i = 0; i < grader->specs_count; i++) {
        const struct spec *spec = &grader->specs[i];
        buf_printf(out, "  %-18s %s\n", spec->name,
                   language == LANGUAGE_ZH && spec->title_zh[0] ? spec->title_zh : spec->title);
    }
}

/* What netrc calls a machine: no scheme, no port. */
static const char *host_of(const struct grader *grader, char *out, size_t size)
{
    const char *from = strstr(grader->base_url, "://");
    from = from ? from + 3 : grader->base_url;
    size_t length = from[0] == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/");

    (void)snprintf(out, size, "%.*s", (int)length, from);
    return out;
}
