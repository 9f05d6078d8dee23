/* The files that pages ask for, inside the program: nothing has to lie beside it. */
#ifndef GRADER_WEB_ASSETS_H
#define GRADER_WEB_ASSETS_H

#include <stddef.h>

struct asset {
    const char *name; /* "page.css" */
    const char *content_type;
    const char *at, *end;
};

/* NULL: there is none of that name. */
const struct asset *asset_find(const char *name);

#endif
