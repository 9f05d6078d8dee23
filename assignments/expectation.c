/* One line, word by word. */
#include "assignments/expectation.h"

#include <string.h>

#define LINE_MAX_HERE 512
#define ENDS " ,*/\t\r\n" /* of a word: no name has one of them */

static const char start[] = "/* expect: ";

static struct err word_read(struct expectation *out, const struct spec *spec, const char *word);
static bool group_missed(const struct spec *spec, int group, const bool *tried, const bool *wrong);

struct err expectation_read(struct expectation *out, const struct spec *spec, const char *text)
{
    char line[LINE_MAX_HERE], *rest = NULL;
    const size_t length = strcspn(text, "\n");
    struct err err = err_none();

    *out = (struct expectation){.is_given = false};
    if (strncmp(text, start, sizeof start - 1) != 0)
        return err;
    if (length >= sizeof line)
        return err_make(ERR_LIMIT, "its first line is longer than %zu bytes", sizeof line - 1);
    memcpy(line, text, length);
    line[length] = '\0';
    line[strcspn(line, ".")] = '\0'; /* behind it are words */
    char *word = strtok_r(line + sizeof start - 1, ENDS, &rest);
    if (word == NULL || (strcmp(word, "wrong") != 0 && strcmp(word, "pass") != 0))
        return err_make(ERR_INPUT, "its first line expects neither 'pass' nor 'wrong'");
    out->is_given = true;
    out->is_wrong = strcmp(word, "wrong") == 0;
    while (!err_is(err) && out->is_wrong && (word = strtok_r(NULL, ENDS, &rest)) != NULL)
        err = word_read(out, spec, word);
    return err;
}

const char *expectation_missed(const struct expectation *expectation, const struct spec *spec,
                               const bool tried[SPEC_CASES_MAX], const bool wrong[SPEC_CASES_MAX])
{
    for (int g = 0; g < spec->groups_count; g++)
        if ((expectation->groups >> g & 1) != 0 && group_missed(spec, g, tried, wrong))
            return spec->groups[g].name;
    for (int i = 0; i < spec->cases_count && expectation->everywhere; i++)
        if (tried[i] && !wrong[i] && !expectation->spared[i])
            return spec->cases[i].name;
    return NULL;
}

static struct err word_read(struct expectation *out, const struct spec *spec, const char *word)
{
    if (strcmp(word, "everywhere") == 0) {
        out->everywhere = true;
        return err_none();
    }
    if (!out->everywhere) {
        const int group = spec_group_index(spec, word);
        if (group < 0)
            return err_make(ERR_INPUT, "its first line: no group '%.40s'", word);
        out->groups |= 1U << group;
        return err_none();
    }
    if (strcmp(word, "but") == 0)
        return err_none();
    const int index = spec_case_index(spec, word);
    if (index < 0)
        return err_make(ERR_INPUT, "its first line: no case '%.40s'", word);
    out->spared[index] = true;
    return err_none();
}

static bool group_missed(const struct spec *spec, int group, const bool *tried, const bool *wrong)
{
    for (int i = 0; i < spec->cases_count; i++)
        if (spec->cases[i].group == group && (!tried[i] || wrong[i]))
            return false;
    return true;
}
