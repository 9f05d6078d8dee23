/* expect: exited 0 */
/* Looks into its answer before it writes there: nothing of an earlier run. */
#include "tests/hostile/hostile.h"

int main(void)
{
    const unsigned char *at = shared_map(ANSWER, PROT_READ);
    for (size_t i = 0; at != NULL && i < SHARED_BYTES; i++) {
        if (at[i] != 0)
            breach("the answer is not empty");
    }
    return at == NULL ? 1 : 0;
}
