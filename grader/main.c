/* `grader`: everything that people start. The work is in the command_*.c files. */
#include "grader/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
