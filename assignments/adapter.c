/* Writes the adapter, and reads a prototype with a tokenizer that knows just enough C: identifiers,
 * '*', array brackets, comments and preprocessor lines. */
#include "assignments/adapter.h"

#include "assignments/spec_parts.h"
#include "sandbox/base/text.h"

#include <ctype.h>
#include <string.h>

/* One parameter as written in the header, reduced to what matters. */
struct parameter {
    char name[32], type[32];
    bool is_const, is_pointer;
};

struct reader {
    const char *at, *end;
    char token[32]; /* "" at the end of the text */
};

static void write_argument(const struct spec *spec, int index, struct buf *out);
static const char *pointer_type(const struct spec_argument *argument);
static bool find_prototype(struct reader *reader, const char *function);
static bool read_parameter(struct reader *reader, struct parameter *out);
static void note_word(struct parameter *parameter, const char *word);
static struct err compare(const struct spec_argument *argument, const struct parameter *parameter,
                          int index, const char *label);
static bool type_fits(const struct spec_argument *argument, const char *type);
static const char *type_word(const struct spec_argument *argument);
static void next_token(struct reader *reader);
static void skip_blanks(struct reader *reader);
static void skip_until(struct reader *reader, const char *stop);
static void skip_brackets(struct reader *reader);
static bool is_word(char c);

void adapter_generate(const struct spec *spec, struct buf *out)
{
    static const char arguments[] =
        "(const int64_t *values, const double *scalars, void *const *tensors)";

    buf_printf(out,
               "/* Generated from assignments/%s/assignment.json: calls the student's function.\n"
               " * Each array is indexed by argument. */\n"
               "#include \"%s.h\"\n\n#include <stdint.h>\n\n",
               spec->name, spec->name);
    buf_printf(out, "extern const int adapter_arguments_count;\nvoid adapter_call%s;\n\n",
               arguments);
    buf_printf(out, "const int adapter_arguments_count = %d;\n\nvoid adapter_call%s\n{\n",
               spec->arguments_count, arguments);
    buf_text(out, "    (void)values;\n    (void)scalars;\n    (void)tensors;\n");
    buf_printf(out, "    %s(", spec->function);
    for (int i = 0; i < spec->arguments_count; i++) {
        buf_text(out, i == 0 ? "" : ",\n        ");
        write_argument(spec, i, out);
    }
    buf_text(out, ");\n}\n");
}

struct err adapter_check(const struct spec *spec, const char *header, size_t size,
                         const char *label)
{
    struct reader reader = {.at = header, .end = header + size};

    if (!find_prototype(&reader, spec->function))
        return err_make(ERR_INPUT, "%s: no prototype 'void %s('", label, spec->function);
    for (int i = 0; i < spec->arguments_count; i++) {
        struct parameter parameter;
        if (!read_parameter(&reader, &parameter))
            return err_make(ERR_INPUT, "%s: the prototype ends before argument %d, '%s'", label,
                            i + 1, spec->arguments[i].name);
        struct err err = compare(&spec->arguments[i], &parameter, i, label);
        if (err_is(err))
            return err;
        if (strcmp(reader.token, ",") != 0 && i + 1 < spec->arguments_count)
            return err_make(ERR_INPUT, "%s: the prototype ends after '%s', but '%s' is next", label,
                            parameter.name, spec->arguments[i + 1].name);
    }
    if (strcmp(reader.token, ")") != 0)
        return err_make(ERR_INPUT, "%s: the prototype goes on after '%s', the last argument", label,
                        spec->arguments[spec->arguments_count - 1].name);
    return err_none();
}

static void write_argument(const struct spec *spec, int index, struct buf *out)
{
    const struct spec_argument *argument = &spec->arguments[index];

    if (argument->role == SPEC_SIZE || argument->role == SPEC_OPTION)
        buf_printf(out, "(int)values[%d]", index);
    else if (argument->role == SPEC_SCALAR)
        buf_printf(out, "(%s)scalars[%d]", argument->element == SPEC_F32 ? "float" : "int", index);
    else
        buf_printf(out, "(%s%s)tensors[%d]", argument->role == SPEC_INPUT ? "const " : "",
                   pointer_type(argument), index);
}

static const char *pointer_type(const struct spec_argument *argument)
{
    static const char *const types[] = {"float *", "int32_t *", "int8_t *"};
    return types[argument->element];
}

/* Leaves the reader behind "void FUNCTION (". */
static bool find_prototype(struct reader *reader, const char *function)
{
    for (next_token(reader); reader->token[0] != '\0'; next_token(reader)) {
        if (strcmp(reader->token, "void") != 0)
            continue;
        next_token(reader);
        if (strcmp(reader->token, function) != 0)
            continue;
        next_token(reader);
        if (strcmp(reader->token, "(") == 0)
            return true;
    }
    return false;
}

/* Reads up to the ',' or ')' behind a parameter, which stays in reader->token. */
static bool read_parameter(struct reader *reader, struct parameter *out)
{
    *out = (struct parameter){.name = ""};
    for (next_token(reader); reader->token[0] != '\0'; next_token(reader)) {
        const char *token = reader->token;
        if (strcmp(token, ",") == 0 || strcmp(token, ")") == 0)
            return out->name[0] != '\0';
        if (strcmp(token, "*") == 0) {
            out->is_pointer = true;
        } else if (strcmp(token, "[") == 0) {
            out->is_pointer = true;
            skip_brackets(reader);
        } else {
            note_word(out, token);
        }
    }
    return false;
}

/* The last word of a parameter is its name, the one before it its type. */
static void note_word(struct parameter *parameter, const char *word)
{
    static const char *const ignored[] = {"restrict", "__restrict", "__restrict__"};

    if (strcmp(word, "const") == 0) {
        parameter->is_const = true;
        return;
    }
    for (size_t i = 0; i < COUNT(ignored); i++)
        if (strcmp(word, ignored[i]) == 0)
            return;
    memcpy(parameter->type, parameter->name, sizeof parameter->type);
    (void)text_copy(parameter->name, sizeof parameter->name, word); /* as long as a token */
}

static struct err compare(const struct spec_argument *argument, const struct parameter *parameter,
                          int index, const char *label)
{
    bool is_tensor = spec_is_tensor(argument);

    if (strcmp(argument->name, parameter->name) != 0)
        return err_make(ERR_INPUT, "%s: argument %d is '%s', expected '%s'", label, index + 1,
                        parameter->name, argument->name);
    if (!type_fits(argument, parameter->type))
        return err_make(ERR_INPUT, "%s: '%s' is of type '%s', expected '%s'", label, argument->name,
                        parameter->type, type_word(argument));
    if (is_tensor != parameter->is_pointer)
        return err_make(ERR_INPUT, "%s: '%s' must %sbe a pointer", label, argument->name,
                        is_tensor ? "" : "not ");
    if (is_tensor && (argument->role == SPEC_INPUT) != parameter->is_const)
        return err_make(ERR_INPUT, "%s: '%s' must %sbe const", label, argument->name,
                        argument->role == SPEC_INPUT ? "" : "not ");
    return err_none();
}

static bool type_fits(const struct spec_argument *argument, const char *type)
{
    if (strcmp(type, type_word(argument)) == 0)
        return true;
    return argument->element == SPEC_I32 && strcmp(type, "int32_t") == 0;
}

static const char *type_word(const struct spec_argument *argument)
{
    static const char *const words[] = {"float", "int", "int8_t"};
    return words[argument->element];
}

/* The next identifier, number or single character; comments and preprocessor lines are passed. */
static void next_token(struct reader *reader)
{
    size_t length = 0;

    skip_blanks(reader);
    reader->token[0] = '\0';
    if (reader->at == reader->end)
        return;
    if (!is_word(*reader->at)) {
        reader->token[0] = *reader->at++;
        reader->token[1] = '\0';
        return;
    }
    for (; reader->at < reader->end && is_word(*reader->at); reader->at++)
        if (length < sizeof reader->token - 1)
            reader->token[length++] = *reader->at;
    reader->token[length] = '\0';
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->end) {
        size_t left = (size_t)(reader->end - reader->at);
        if (left >= 2 && memcmp(reader->at, "/*", 2) == 0)
            skip_until(reader, "*/");
        else if (*reader->at == '#' || (left >= 2 && memcmp(reader->at, "//", 2) == 0))
            skip_until(reader, "\n");
        else if (isspace((unsigned char)*reader->at))
            reader->at++;
        else
            return;
    }
}

/* Past the next `stop`, or to the end. */
static void skip_until(struct reader *reader, const char *stop)
{
    size_t left = (size_t)(reader->end - reader->at);
    const char *found = memmem(reader->at, left, stop, strlen(stop));
    reader->at = found == NULL ? reader->end : found + strlen(stop);
}

/* Past the ']' that closes an array declarator. */
static void skip_brackets(struct reader *reader)
{
    int depth = 1;
    while (depth > 0 && reader->at < reader->end) {
        next_token(reader);
        if (strcmp(reader->token, "[") == 0)
            depth++;
        else if (strcmp(reader->token, "]") == 0)
            depth--;
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}
