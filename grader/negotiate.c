/* Content negotiation for three media types; no more of RFC 9110 than that needs. */
#include "grader/negotiate.h"

#include "sandbox/base/err.h"
#include "sandbox/base/text.h"

#include <string.h>
#include <strings.h>

static bool range_form(const char *range, size_t size, enum negotiate_form *out_form);
static int range_quality(const char *from, size_t size);

#define RANGES_MAX 32 /* of one Accept header; browsers send about 8 */

enum negotiate_form negotiate_accept(const char *accept)
{
    enum negotiate_form chosen = NEGOTIATE_TEXT;
    int best = 0;

    for (size_t ranges = 0; accept && *accept && ranges < RANGES_MAX; ranges++) {
        size_t size = strcspn(accept, ",");
        size_t blank = strspn(accept, " \t");
        size_t name_size = strcspn(accept + blank, "; \t,");
        enum negotiate_form form = NEGOTIATE_TEXT;
        if (blank < size && range_form(accept + blank, name_size, &form)) {
            /* At the same q, a name says more than a wildcard. */
            bool is_named = accept[blank + name_size - 1] != '*';
            int weight = 2 * range_quality(accept + blank, size - blank);
            if (weight > 0 && weight + is_named > best) {
                best = weight + is_named;
                chosen = form;
            }
        }
        accept += size + (accept[size] == ',');
    }
    return chosen;
}

static bool range_form(const char *range, size_t size, enum negotiate_form *out_form)
{
    static const struct {
        const char *name;
        enum negotiate_form form;
    } ranges[] = {
        {"text/plain", NEGOTIATE_TEXT},
        {"text/*", NEGOTIATE_TEXT},
        {"*/*", NEGOTIATE_TEXT},
        {"application/json", NEGOTIATE_JSON},
        {"application/problem+json", NEGOTIATE_JSON},
        {"application/*", NEGOTIATE_JSON},
        {"text/html", NEGOTIATE_HTML},
        {"application/xhtml+xml", NEGOTIATE_HTML},
    };

    for (size_t i = 0; i < COUNT(ranges); i++)
        if (strlen(ranges[i].name) == size && strncasecmp(range, ranges[i].name, size) == 0) {
            *out_form = ranges[i].form;
            return true;
        }
    return false;
}

/* Thousandths of ";q=0.8", 1000 without one, 0 for what is no number. */
static int range_quality(const char *from, size_t size)
{
    for (size_t i = 0; i + 2 < size; i++) {
        if (from[i] != ';')
            continue;
        size_t at = i + 1;
        while (at < size && (from[at] == ' ' || from[at] == '\t'))
            at++;
        if (at + 1 >= size || (from[at] != 'q' && from[at] != 'Q') || from[at + 1] != '=')
            continue;
        int thousandths = 0;
        int unit = 1000;
        for (at += 2; at < size && unit > 0; at++) {
            if (from[at] == '.')
                continue;
            if (from[at] < '0' || from[at] > '9')
                break;
            thousandths += (from[at] - '0') * unit;
            unit /= 10;
        }
        return thousandths > 1000 ? 1000 : thousandths;
    }
    return 1000;
}

bool negotiate_suffix(const char *segment, char *out, size_t size, enum negotiate_form *out_form)
{
    static const struct {
        const char *ending;
        enum negotiate_form form;
    } endings[] = {
        {".txt", NEGOTIATE_TEXT},  {".json", NEGOTIATE_JSON}, {".html", NEGOTIATE_HTML},
        {".cu", NEGOTIATE_SOURCE}, {".c", NEGOTIATE_SOURCE},
    };
    size_t length = strlen(segment);

    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t ending_size = strlen(endings[i].ending);
        if (length <= ending_size || length - ending_size >= size ||
            strcmp(segment + length - ending_size, endings[i].ending) != 0)
            continue;
        memcpy(out, segment, length - ending_size);
        out[length - ending_size] = '\0';
        *out_form = endings[i].form;
        return true;
    }
    (void)text_copy(out, size, segment);
    return false;
}
