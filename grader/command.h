/* The table of subcommands, and how each reads its words: one row per option. */
#ifndef GRADER_COMMAND_H
#define GRADER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_USAGE 64 /* exit code of wrong usage */

struct command {
    const char *name;
    const char *group;                 /* heading in `grader help` */
    const char *help;                  /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the name; --help is understood by each */
};

/* All of them, in the order in which `grader help` shows them. */
const struct command *command_all(size_t *out_count);

/* Runs what the command line says: a subcommand, help, or the refusal of an unknown word. */
int command_main(int argc, char **argv);

/* Whom the audit names for what a command does: "command:USER". */
#define COMMAND_ACTOR_MAX 64
void command_actor(char out[COMMAND_ACTOR_MAX]);

struct command_option {
    const char *name;   /* "--json" */
    bool *flag;         /* set when there; or */
    const char **value; /* the word behind it, or behind '=' */
};

/* Takes the options out of argv (argv[0] stays, other words move up). False after a message on
 * stderr: unknown option (with the nearest), or a value is missing. "--" ends the options. */
bool command_options(int *argc, char **argv, const struct command_option *options, size_t count);

#endif
