/* What stands in the body of an upload. Each refusal is answered here. */
#include "grader/api_upload.h"

#include "grader/multipart.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

static bool has_launch_line(const struct upload *upload);

bool upload_find_source(struct http_request *request, struct upload *upload)
{
    const struct buf *body = http_body(request);
    const char *type = http_header(request, "Content-Type");
    struct multipart_file file;

    upload->source = body->at;
    upload->source_size = body->size;
    if (!multipart_is(type))
        return true;
    struct err err = multipart_find(type, body->at, body->size, "file", &file);
    if (err_is(err)) {
        api_refuse(request, 400, "http_400_form", err.text, upload_shown(upload));
        return false;
    }
    upload->source = file.bytes;
    upload->source_size = file.size;
    if (file.name[0])
        upload_name(file.name, upload->file_name, sizeof upload->file_name);
    return true;
}

bool upload_check_source(struct http_request *request, const struct upload *upload)
{
    const char *name = upload_shown(upload);
    struct source_verdict verdict = submission_check_source(upload->source, upload->source_size,
                                                            upload->spec->limits.source_bytes);

    if (verdict.http_code == 413)
        upload_refuse_size(request, upload, (int64_t)upload->source_size);
    else if (verdict.http_code == 400)
        api_refuse(request, 400, verdict.code, name, name, upload->spec->name);
    else if (verdict.http_code != 0)
        api_refuse(request, verdict.http_code, verdict.code, name, (long long)verdict.offset);
    return verdict.http_code == 0;
}

/* By the name's ending, else ?device=, else cpu; but what has a launch line was meant for a GPU,
 * and a C compiler would only complain of its first word. */
bool upload_find_device(struct http_request *request, struct upload *upload)
{
    const char *ending = strrchr(upload->file_name, '.');
    const char *asked = http_query(request, "device");

    upload->device = DEVICE_CPU;
    if (ending && strcmp(ending, ".cu") == 0)
        upload->device = DEVICE_GPU;
    else if (asked && !(ending && strcmp(ending, ".c") == 0)) {
        if (strcmp(asked, "gpu") == 0)
            upload->device = DEVICE_GPU;
        else if (strcmp(asked, "cpu") != 0) {
            api_refuse(request, 400, "http_400_device");
            return false;
        }
    } else if (!ending && upload->spec->on_gpu && has_launch_line(upload)) {
        api_refuse(request, 422, "http_422_unnamed_cuda", upload->spec->name);
        return false;
    }
    if (upload->device == DEVICE_GPU && upload->spec->on_gpu &&
        !submissions_may_compile_cuda(upload->grader->submissions)) {
        api_refuse(request, 422, "http_422_no_cuda", upload->spec->name);
        return false;
    }
    if (upload->device == DEVICE_GPU ? upload->spec->on_gpu : upload->spec->on_cpu)
        return true;
    api_refuse(request, 422, "http_422_device", upload->spec->name,
               upload->device == DEVICE_GPU ? "gpu" : "cpu",
               upload->device == DEVICE_GPU ? ".c" : ".cu");
    return false;
}

static bool has_launch_line(const struct upload *upload)
{
    static const char mark[] = "\n//@ launch";
    const size_t size = upload->source_size;

    return (size >= strlen(mark) - 1 && memcmp(upload->source, mark + 1, strlen(mark) - 1) == 0) ||
           memmem(upload->source, size, mark, strlen(mark)) != NULL;
}

void upload_refuse_size(struct http_request *request, const struct upload *upload, int64_t size)
{
    api_refuse(request, 413, "http_413", upload_shown(upload), (long long)((size + 1023) / 1024),
               (long long)(upload->spec->limits.source_bytes / 1024));
}

void upload_name(const char *name, char *out, size_t size)
{
    auto_buf struct buf text = buf_of(1024);

    (void)text_sanitise(&text, name, strlen(name), 1, 255);
    for (size_t i = 0; i < text.size; i++)
        if (strchr("/\\\n\t\"'<>", text.at[i]) != NULL)
            text.at[i] = '_';
    const char *ending = strrchr(text.at, '.');
    if (text.size >= size && ending != NULL && strlen(ending) < size) {
        size_t at = size - 1 - strlen(ending);
        while (at > 0 && ((unsigned char)text.at[at] & 0xc0) == 0x80)
            at--; /* whole letters */
        memmove(text.at + at, ending, strlen(ending) + 1);
    }
    (void)text_copy(out, size, text.at);
}

const char *upload_shown(const struct upload *upload)
{
    return upload->file_name[0] ? upload->file_name : upload->expected_name;
}
