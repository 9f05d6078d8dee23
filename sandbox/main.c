/* build/sandbox: the slot that the library starts, and a command for people. */
#include "sandbox/bench.h"
#include "sandbox/command.h"
#include "sandbox/slot.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "slot") == 0 && argc <= 3) /* the third word is its name, for ps */
        return slot_main();
    if (strcmp(word, "run") == 0)
        return command_run(argc - 1, argv + 1);
    if (strcmp(word, "doctor") == 0)
        return command_doctor(argc - 1, argv + 1);
    if (strcmp(word, "bench") == 0)
        return command_bench(argc - 1, argv + 1);
    if (strcmp(word, "bench-program") == 0 && argc == 3) /* what it runs: this very file */
        return bench_program(argv[2]);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0) {
        command_help();
        return COMMAND_FINE;
    }
    fprintf(stderr, "sandbox: '%s' is no command: run, doctor, bench or help\n", word);
    return COMMAND_USAGE;
}
