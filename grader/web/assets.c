/* The files themselves come in through the assembler; the Makefile says what this file depends on.
 */
#include "grader/web/assets.h"

#include "sandbox/base/err.h"

#include <string.h>

#define INCLUDED(name, path)                                                                       \
    __asm__(".section .rodata\n" #name "_begin: .incbin \"" path "\"\n" #name "_end: .byte 0\n"    \
            ".previous");                                                                          \
    extern const char name##_begin[], name##_end[]

INCLUDED(asset_css, "grader/web/page.css");
INCLUDED(asset_js, "grader/web/live.js");
INCLUDED(asset_icon, "grader/web/icon.svg");

static const struct asset assets[] = {
    {"page.css", "text/css; charset=utf-8", asset_css_begin, asset_css_end},
    {"live.js", "text/javascript; charset=utf-8", asset_js_begin, asset_js_end},
    {"icon.svg", "image/svg+xml", asset_icon_begin, asset_icon_end},
};

const struct asset *asset_find(const char *name)
{
    for (size_t i = 0; i < COUNT(assets); i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}
