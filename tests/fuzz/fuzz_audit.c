/* The audit of objects: any bytes get an answer, and a refusal always has its code and sentence. */
#include "sandbox/base/err.h"
#include "worker/audit.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const names[] = {"expf", "memcpy", "printf"};
    static const char *const extras[] = {"cexp"};
    const struct audit_rules rules = {"kernel", names, COUNT(names), extras, COUNT(extras)};
    struct audit_finding finding = {0};

    if (!audit_object(bytes, size, &rules, &finding) &&
        (finding.code[0] == 0 || finding.message[0] == 0))
        abort();
    return 0;
}
