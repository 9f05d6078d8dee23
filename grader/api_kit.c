/* The kit of an assignment as one archive. */
#include "grader/api.h"
#include "grader/kit.h"

void kit_handle(struct http_request *request)
{
    const struct grader *grader = api_grader(request);
    const struct spec *spec = api_spec(request);
    char disposition[96];
    struct buf kit;

    if (!spec)
        return;
    (void)snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.tar.gz\"",
                   spec->name);
    const struct http_field fields[] = {{"Content-Disposition", disposition},
                                        {"Cache-Control", "public, max-age=60"},
                                        {NULL, NULL}};
    buf_init(&kit, KIT_MAX);
    struct err err = kit_build(spec, grader->home, grader->base_url, &kit);
    if (err_is(err))
        api_failure(request, "http.kit", err);
    else
        api_answer(request, 200, "application/gzip", &kit, fields);
    buf_release(&kit);
}
