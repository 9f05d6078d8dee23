/* What a report says of a CUDA source: its launches, and what each kernel needs of the device. */
#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/json_out.h"

#include <stdio.h>

#define LAUNCHES_SHOWN 6 /* the budget of 25 lines; --json has them all */
#define KERNELS_SHOWN 8

void report_cuda_text(struct page *page)
{
    const struct wire_cuda *cuda = page->report->compiled.cuda;
    const char *const code = "text_launches";

    if (cuda == NULL)
        return;
    for (int i = 0; i < cuda->launches_count && i < LAUNCHES_SHOWN; i++) {
        if (i == 0)
            report_label(page, code);
        else
            buf_printf(page->out, "%10s", "");
        buf_printf(page->out, "%.68s\n", cuda->launches[i]);
    }
    if (cuda->launches_count > LAUNCHES_SHOWN)
        words_put(page->out, page->language, "text_launches_more",
                  (long long)cuda->launches_count - LAUNCHES_SHOWN);
    for (int i = 0; i < cuda->kernels_count && i < KERNELS_SHOWN; i++) {
        const struct wire_kernel *kernel = &cuda->kernels[i];
        buf_text(page->out, "  ");
        lines_cell(page->out, kernel->name, 16);
        words_put(page->out, page->language, "text_kernel", kernel->registers,
                  (long long)kernel->shared_bytes +
                      (long long)(kernel->dynamic_bytes > 0 ? kernel->dynamic_bytes : 0),
                  (long long)kernel->spill_bytes);
        if (kernel->occupancy >= 0)
            words_put(page->out, page->language, "text_kernel_occupancy", kernel->occupancy);
        buf_text(page->out, "\n");
    }
}

void report_cuda_json(struct json_out *json, const struct report *report)
{
    const struct wire_cuda *cuda = report->compiled.cuda;

    if (cuda == NULL || cuda->kernels_count == 0)
        return;
    json_open(json, "launches", '[');
    for (int i = 0; i < cuda->launches_count; i++)
        json_text(json, NULL, cuda->launches[i]);
    json_close(json, ']');
    json_open(json, "resources", '[');
    for (int i = 0; i < cuda->kernels_count; i++) {
        const struct wire_kernel *kernel = &cuda->kernels[i];
        json_open(json, NULL, '{');
        json_text(json, "kernel", kernel->name);
        json_integer(json, "registers", kernel->registers);
        json_integer(json, "shared_bytes", kernel->shared_bytes);
        json_integer(json, "spill_bytes", kernel->spill_bytes);
        if (kernel->dynamic_bytes >= 0)
            json_integer(json, "dynamic_bytes", kernel->dynamic_bytes);
        if (kernel->threads > 0)
            json_integer(json, "threads", kernel->threads);
        if (kernel->occupancy >= 0)
            json_integer(json, "occupancy_percent", kernel->occupancy);
        json_close(json, '}');
    }
    json_close(json, ']');
}
