/* build/sandbox: the slot that the library starts, and a command for people. */
#include "sandbox/slot.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "slot") == 0)
        return slot_main();
    return 64;
}
