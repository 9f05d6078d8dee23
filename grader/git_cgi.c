/* A CGI head, line by line. */
#include "grader/git_cgi.h"

#include <string.h>
#include <strings.h>

static bool take_line(const char *line, size_t size, struct git_cgi_head *head);
static bool take_status(const char *value, size_t size, struct git_cgi_head *head);
static bool take_type(const char *value, size_t size, struct git_cgi_head *head);
static bool is_plain(const char *text, size_t size);

/* Whatever else stands in a head is git's word about caches: our own answers have theirs. */
static const struct {
    const char *name;
    bool (*take)(const char *value, size_t size, struct git_cgi_head *head);
} fields[] = {{"Status", take_status}, {"Content-Type", take_type}};

enum git_cgi_state git_cgi_read(const char *bytes, size_t size, struct git_cgi_head *out)
{
    struct git_cgi_head head = {.code = 200};
    size_t at = 0;

    while (at < size && at < GIT_CGI_HEAD_MAX) {
        const char *end = memchr(bytes + at, '\n', size - at);
        if (end == NULL)
            break;
        size_t length = (size_t)(end - bytes) - at;
        const char *line = bytes + at;
        at += length + 1;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (length == 0) {
            head.size = at;
            *out = head;
            return at <= GIT_CGI_HEAD_MAX ? GIT_CGI_WHOLE : GIT_CGI_BROKEN;
        }
        if (!take_line(line, length, &head))
            return GIT_CGI_BROKEN;
    }
    return size < GIT_CGI_HEAD_MAX ? GIT_CGI_MORE : GIT_CGI_BROKEN;
}

static bool take_line(const char *line, size_t size, struct git_cgi_head *head)
{
    const char *colon = memchr(line, ':', size);

    if (colon == NULL || colon == line || !is_plain(line, size))
        return false;
    size_t name_size = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t value_size = size - name_size - 1;
    for (; value_size > 0 && *value == ' '; value++)
        value_size--;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strlen(fields[i].name) == name_size &&
            strncasecmp(line, fields[i].name, name_size) == 0)
            return fields[i].take(value, value_size, head);
    return true;
}

/* "404 Not Found" */
static bool take_status(const char *value, size_t size, struct git_cgi_head *head)
{
    int code = 0;

    if (size < 3 || (size > 3 && value[3] != ' '))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (value[i] < '0' || value[i] > '9')
            return false;
        code = 10 * code + (value[i] - '0');
    }
    head->code = code;
    return code >= 200 && code < 600;
}

static bool take_type(const char *value, size_t size, struct git_cgi_head *head)
{
    if (size == 0 || size >= sizeof head->content_type)
        return false;
    memcpy(head->content_type, value, size);
    head->content_type[size] = '\0';
    return true;
}

static bool is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}
