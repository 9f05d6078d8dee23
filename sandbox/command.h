/* `sandbox run`, `sandbox doctor` and `sandbox bench`, for people. */
#ifndef SANDBOX_COMMAND_H
#define SANDBOX_COMMAND_H

/* Exit codes, which --help prints. */
enum command_exit {
    COMMAND_FINE = 0,    /* the program exited with 0 */
    COMMAND_ENDED = 1,   /* it ended in any other way */
    COMMAND_REFUSED = 2, /* the program or a limit is nonsense; nothing was run */
    COMMAND_FAILED = 3,  /* the sandbox could not do its work */
    COMMAND_USAGE = 64,
};

/* argv[0] is "run", "doctor" or "bench". */
int command_run(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_bench(int argc, char **argv);

/* Prints what there is. */
void command_help(void);

#endif
