/* `sandbox bench` from a process of the host's C library, as the worker is: build/sandbox itself is
 * linked with musl where that is installed, and starts other programs more cheaply. */
#include "sandbox/command.h"

int main(int argc, char **argv)
{
    return command_bench(argc, argv);
}
