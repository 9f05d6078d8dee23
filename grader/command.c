/* The subcommands of `grader`. */
#include "grader/command.h"

#include "grader/commands.h"
#include "sandbox/base/err.h"
#include "sandbox/base/text.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS_MAX 32

static int help_write(int argc, char **argv);
static const struct command *find(const char *name);
static int refuse(const char *name);
static bool option_take(int *at, int argc, char **argv, const struct command_option *options,
                        size_t count);

static const struct command table[] = {
    {"try", "On this machine", "grade one file here: same checks, no server, no account",
     command_try},
    {"batch", "On this machine", "grade a folder of files into CSV and JUnit XML", command_batch},
    {"check", "On this machine", "test an assignment: right variants pass, wrong mutants fail",
     command_check},
    {"calibrate", "On this machine",
     "measure the expert and propose the speed target of this class", command_calibrate},
    {"doctor", "On this machine", "say what this machine can do and how to mend what it cannot",
     command_doctor},
    {"serve", "Service", "run the service", command_serve},
    {"worker", "Service", "add, list, drain or remove a worker; add prints its key once",
     command_operation},
    {"settings", "Service", "print every setting with its unit, bounds and origin",
     command_settings},
    {"backup", "Service", "copy the database while the service runs", command_backup},
    {"restore", "Service", "put a backup in place and check it", command_restore},
    {"cohort", "Course", "create, list or close a course run", command_operation},
    {"roster", "Course", "import students from CSV; shows the changes before making them",
     command_operation},
    {"user", "Course", "list people; erase one person's data on request", command_operation},
    {"token", "Course", "make, list, revoke or renew access tokens", command_operation},
    {"offer", "Course", "open an assignment to a cohort: dates, lateness, attempts",
     command_operation},
    {"offerings", "Course", "list what a cohort is offered", command_operation},
    {"extend", "Course", "give one student more time, with a reason", command_operation},
    {"queue", "Grading", "what waits, runs, is parked or needs review; release or cancel",
     command_operation},
    {"show", "Grading", "one submission in full: report, source, history; --replay runs it",
     command_show},
    {"regrade", "Grading", "grade again; shows who gains and loses before it is applied",
     command_operation},
    {"grade", "Grading", "set or hold one student's grade by hand, with a reason",
     command_operation},
    {"gradebook", "Results", "export grades; --fill writes into your LMS's own CSV",
     command_operation},
    {"similar", "Results", "rank pairs of submissions that look alike", command_similar},
    {"audit", "Results", "who did what, newest first", command_operation},
};

const struct command *command_all(size_t *out_count)
{
    *out_count = COUNT(table);
    return table;
}

int command_main(int argc, char **argv)
{
    if (argc < 2) {
        (void)help_write(0, NULL);
        return COMMAND_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help_write(argc - 2, argv + 2);
    const struct command *command = find(argv[1]);
    return command != NULL ? command->run(argc - 1, argv + 1) : refuse(argv[1]);
}

/* `grader help` and `grader help COMMAND`, which is COMMAND --help. */
static int help_write(int argc, char **argv)
{
    char flag[] = "--help";
    if (argc > 0) {
        const struct command *command = find(argv[0]);
        char *words[] = {argv[0], argc > 1 ? argv[1] : flag, argc > 1 ? flag : NULL, NULL};
        return command != NULL ? command->run(argc > 1 ? 3 : 2, words) : refuse(argv[0]);
    }
    printf("usage: grader COMMAND [WORD ...]\n");
    const char *group = "";
    for (size_t i = 0; i < COUNT(table); i++) {
        if (strcmp(group, table[i].group) != 0)
            printf("%s\n", table[i].group);
        group = table[i].group;
        printf("  %-11s %s\n", table[i].name, table[i].help);
    }
    printf("`grader help COMMAND` for each.\n");
    return 0;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static int refuse(const char *name)
{
    const char *names[COUNT(table) + 1];
    for (size_t i = 0; i < COUNT(table); i++)
        names[i] = table[i].name;
    names[COUNT(table)] = "help";
    const char *nearest = text_nearest(name, names, COUNT(names));
    fprintf(stderr, "grader: no command '%s'.%s%s%s `grader help` lists them\n", name,
            nearest != NULL ? " Did you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : "");
    return COMMAND_USAGE;
}

bool command_options(int *argc, char **argv, const struct command_option *options, size_t count)
{
    int kept = 1;
    int at = 1;
    for (; at < *argc; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        if (strncmp(argv[at], "--", 2) != 0)
            argv[kept++] = argv[at];
        else if (!option_take(&at, *argc, argv, options, count))
            return false;
    }
    while (at < *argc)
        argv[kept++] = argv[at++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

static bool option_take(int *at, int argc, char **argv, const struct command_option *options,
                        size_t count)
{
    const char *word = argv[*at];
    size_t length = strcspn(word, "=");
    const char *names[OPTIONS_MAX];
    for (size_t i = 0; i < count && i < OPTIONS_MAX; i++) {
        names[i] = options[i].name;
        if (strlen(options[i].name) != length || strncmp(options[i].name, word, length) != 0)
            continue;
        if (options[i].flag != NULL && word[length] == 0) {
            *options[i].flag = true;
            return true;
        }
        if (options[i].value != NULL && word[length] == '=') {
            *options[i].value = word + length + 1;
            return true;
        }
        if (options[i].value != NULL && *at + 1 < argc) {
            *options[i].value = argv[++*at];
            return true;
        }
        fprintf(stderr, "grader %s: %s wants %s\n", argv[0], options[i].name,
                options[i].flag != NULL ? "no value" : "a value");
        return false;
    }
    const char *nearest = text_nearest(word, names, count < OPTIONS_MAX ? count : OPTIONS_MAX);
    fprintf(stderr, "grader %s: no option %s.%s%s%s See grader help %s\n", argv[0], word,
            nearest != NULL ? " Did you mean " : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "?" : "", argv[0]);
    return false;
}

void command_actor(char out[COMMAND_ACTOR_MAX])
{
    const struct passwd *user = getpwuid(getuid());
    (void)snprintf(out, COMMAND_ACTOR_MAX, "command:%s",
                   user != NULL ? user->pw_name : "?"); /* cut is fine */
}
