/* `grader`: everything that people start. The work is in the command_*.c files. */
#include "grader/command.h"
#include "grader/git_keep.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], GIT_KEEP_WORD) == 0)
        return git_keep(argc - 2, argv + 2);
    return command_main(argc, argv);
}
