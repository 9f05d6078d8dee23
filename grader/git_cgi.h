/* What `git http-backend` says before its body: a head of lines as CGI has it (RFC 3875, 6.3). Pure
 * and bounded; of what it may say only what an answer needs is kept. */
#ifndef GRADER_GIT_CGI_H
#define GRADER_GIT_CGI_H

#include <stdbool.h>
#include <stddef.h>

#define GIT_CGI_HEAD_MAX 4096 /* git's own is under 300 bytes */

struct git_cgi_head {
    int code;              /* of "Status:", else 200 */
    char content_type[80]; /* "" if none was given */
    size_t size;           /* bytes of the head, its empty line included */
};

enum git_cgi_state {
    GIT_CGI_MORE, /* the empty line has not come yet */
    GIT_CGI_WHOLE,
    GIT_CGI_BROKEN, /* no head, or one that is too long: nothing of it may be passed on */
};

/* Looks at what has come so far; out is filled with GIT_CGI_WHOLE. */
enum git_cgi_state git_cgi_read(const char *bytes, size_t size, struct git_cgi_head *out);

#endif
