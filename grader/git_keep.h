/* The keeper of one git: this program once more, between the service and `git http-backend`, since
 * libuv leaves no moment between fork and exec. It sets the limits, and stays until everything has
 * ended that git started. When the service dies, be it by kill -9, it ends them all: first their
 * input ends, at which git puts away what it had unpacked; then SIGTERM, then SIGKILL. */
#ifndef GRADER_GIT_KEEP_H
#define GRADER_GIT_KEEP_H

/* argv[1] of a keeper: `grader git-keep SERVICE BYTES PROGRAM [WORD …]`. SERVICE is the process
 * that starts it, BYTES the largest file that may be written. No subcommand for people. */
#define GIT_KEEP_WORD "git-keep"

/* Of what follows that word. Returns the program's exit code, 128 and its signal, 126 or 127 if it
 * could not be started. To be called with one thread, as the leader of a group of processes. */
int git_keep(int argc, char **argv);

#endif
