/* The subcommands of `grader`: each takes the words from its own name on and returns an exit code
 * of the program (64: wrong usage). Rows of the table in grader/command.c; one file each. */
#ifndef GRADER_COMMANDS_H
#define GRADER_COMMANDS_H

int command_try(int argc, char **argv);       /* grader/command_try.c */
int command_batch(int argc, char **argv);     /* grader/command_batch.c */
int command_check(int argc, char **argv);     /* grader/command_check.c */
int command_calibrate(int argc, char **argv); /* grader/command_calibrate.c */
int command_doctor(int argc, char **argv);    /* grader/command_doctor.c */
int command_settings(int argc, char **argv);  /* grader/command_settings.c */
int command_serve(int argc, char **argv);     /* grader/serve.c */
int command_backup(int argc, char **argv);    /* grader/command_backup.c */
int command_restore(int argc, char **argv);
int command_show(int argc, char **argv);    /* grader/command_show.c */
int command_similar(int argc, char **argv); /* grader/command_similar.c */
int command_operation(int argc,
                      char **argv); /* grader/command_operation.c: operations on a course */

#endif
