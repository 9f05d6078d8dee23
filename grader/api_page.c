/* Pages that belong to no other topic: the start, signing in, and the files that pages ask for. */
#include "grader/api.h"
#include "grader/web/assets.h"
#include "grader/web/page.h"

#include <string.h>

#define PAGE_MAX ((size_t)4 << 20)

void api_head(const struct http_request *request, const struct membership *who, const char *title,
              struct page_head *out)
{
    *out = (struct page_head){.title = title,
                              .language = api_language(request),
                              .has_asked = http_query(request, "lang") != NULL,
                              .path = http_path(request),
                              .login = who ? who->login : "",
                              .cohort = who ? who->cohort : ""};
}

void api_page(struct http_request *request, const struct buf *body)
{
    static const struct http_field fields[] = {{"Vary", "Accept, Accept-Language"}, {NULL, NULL}};

    api_answer(request, 200, API_HTML, body, fields);
}

/* A browser asks for login and token when it is told 401, and goes back to the start with them. */
void signin_handle(struct http_request *request)
{
    struct membership who;
    const char *lang = http_query(request, "lang");
    bool is_chinese = lang && words_language(NULL, lang) == LANGUAGE_ZH;
    const struct http_field fields[] = {{"Location", is_chinese ? "/?lang=zh" : "/"}, {NULL, NULL}};

    if (api_who(request, &who))
        http_answer(request, 303, API_TEXT, "", 0, fields);
}

void static_handle(struct http_request *request)
{
    static const struct http_field fields[] = {{"Cache-Control", "public, max-age=300"},
                                               {NULL, NULL}};
    const struct asset *asset = asset_find(http_part(request, "name"));

    if (asset)
        http_answer(request, 200, asset->content_type, asset->at, (size_t)(asset->end - asset->at),
                    fields);
    else
        http_problem(request, 404, "there is no such file", 0);
}
