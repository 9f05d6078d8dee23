/* Writing a JSON string. The sandbox has no JSON library: it writes two small objects. */
#ifndef SANDBOX_JSON_TEXT_H
#define SANDBOX_JSON_TEXT_H

#include "sandbox/base/buf.h"

/* Appends `text` quoted and escaped; what is no UTF-8 becomes '?', controls are dropped. */
void json_text(struct buf *out, const char *text);

#endif
