/* expect: exited 0 */
/* Writes packets that look like the slot's own to every number: the socket is not among them. */
#include "sandbox/wire.h"
#include "tests/hostile/hostile.h"

int main(void)
{
    struct slot_ended forged = {
        .head = {.version = SLOT_VERSION, .size = sizeof forged, .kind = SLOT_ENDED, .serial = 1},
        .reaped = 1};
    for (int fd = 5; fd < 4096; fd++)
        must_fail(write(fd, &forged, sizeof forged), "somebody listens");
    return 0;
}
