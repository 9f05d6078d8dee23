/* The head that git http-backend writes, whole and in pieces: what is found does not depend on how
 * it came, and nothing that is kept could forge a line of our answer. */
#include "grader/git_cgi.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct git_cgi_head whole = {0};
    struct git_cgi_head piece = {0};
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, bytes, size);
    enum git_cgi_state state = git_cgi_read(text, size, &whole);
    enum git_cgi_state first = GIT_CGI_MORE;
    for (size_t i = 0; i <= size && first == GIT_CGI_MORE; i++)
        first = git_cgi_read(text, i, &piece);
    if (first != state && !(first == GIT_CGI_BROKEN && state != GIT_CGI_WHOLE))
        abort();
    if (state == GIT_CGI_WHOLE) {
        if (whole.size > size || whole.size > GIT_CGI_HEAD_MAX || whole.size != piece.size)
            abort();
        if (whole.code < 200 || whole.code > 599 || whole.code != piece.code)
            abort();
        for (const char *at = whole.content_type; *at; at++)
            if (*at < ' ' || *at > '~')
                abort();
    }
    free(text);
    return 0;
}
