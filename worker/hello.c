/* What a worker says of itself when it begins, and when it has tested itself. */
#include "sandbox/base/text.h"
#include "worker/gpu_job.h"

#include <stdio.h>
#include <unistd.h>

void worker_hello_fill(struct worker *worker, const char *name)
{
    struct wire_hello *hello = &worker->hello;
    char host[32] = "";

    hello->processors = worker->processors.count;
    (void)gethostname(host, sizeof host - 1); /* cut, or "" */
    if (name != NULL)
        (void)text_copy(hello->worker, sizeof hello->worker, name); /* a label: may be cut */
    else
        (void)snprintf(hello->worker, sizeof hello->worker, "%s:%d", host, (int)getpid());
    (void)text_copy(hello->class_name, sizeof hello->class_name, worker->toolchain.class_name);
    (void)text_copy(hello->compiler, sizeof hello->compiler, worker->toolchain.compiler);
    (void)text_copy(hello->flags, sizeof hello->flags, worker->toolchain.flags);
    if (worker->cuda.present)
        (void)snprintf(hello->cuda, sizeof hello->cuda, "%.40s %s", worker->cuda.compiler,
                       worker->cuda.architecture);
    (void)gpu_job_hello(worker); /* the first one: it has nothing to differ from */
    (void)text_copy(hello->backend, sizeof hello->backend,
                    sandbox_backend_word(sandbox_backend(worker->student)));
    worker_hello_rank(worker);
}

void worker_hello_rank(struct worker *worker)
{
    struct wire_hello *hello = &worker->hello;
    const char *why = worker->self_test ? hello->calibration.complaint : "";

    if (hello->processors < 2)
        why = "one processor: the clock needs one beside the program";
    else if (worker->toolchain.isa[0] == '\0')
        why = "this processor is older than x86-64-v3";
    hello->ranked = *why == '\0';
    (void)text_copy(hello->unranked_why, sizeof hello->unranked_why, why); /* as wide */
}
