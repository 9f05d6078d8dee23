/* multipart/form-data: the first line is the Content-Type, the rest the body. A file that is found
 * lies inside the body, and its name is one component. */
#include "grader/multipart.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *line_end = size > 0 ? memchr(bytes, '\n', size) : NULL;
    if (line_end == NULL)
        return 0;
    size_t type_size = (size_t)(line_end - bytes);
    size_t body_size = size - type_size - 1;
    char *type = malloc(type_size + 1);
    char *body =
        malloc(body_size > 0 ? body_size : 1); /* exactly: the sanitizer sees one too far */
    struct multipart_file file;

    if (type != NULL && body != NULL) {
        memcpy(type, bytes, type_size);
        type[type_size] = '\0';
        memcpy(body, line_end + 1, body_size);
        struct err err = multipart_find(type, body, body_size, "file", &file);
        if (!err_is(err) && (file.bytes < body || file.bytes + file.size > body + body_size ||
                             strlen(file.name) >= sizeof file.name ||
                             strpbrk(file.name, "/\\") != NULL || !multipart_is(type)))
            abort();
        if (err_is(err) && err.text[0] == '\0')
            abort();
    }
    free(type);
    free(body);
    return 0;
}
