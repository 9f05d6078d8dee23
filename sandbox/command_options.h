/* The options of `sandbox run`: one table for parsing and for --help. */
#ifndef SANDBOX_COMMAND_OPTIONS_H
#define SANDBOX_COMMAND_OPTIONS_H

#include "sandbox/sandbox.h"

#include <stdbool.h>
#include <stdint.h>

struct command_options {
    uint64_t wall_ms, cpu_ms, memory_bytes, stack_bytes, output_bytes, threads, pin, gpu;
    const char *profile;                /* kernel, threads, compile, gpu-launcher */
    const char *backend;                /* word of a back end, "" for the best */
    const char *in, *out, *err;         /* files, "" for none */
    const char *put[SANDBOX_FILES_MAX]; /* files to place in /work */
    const char *get[SANDBOX_FILES_MAX]; /* files to take out of /work, into the current directory */
    unsigned put_count, get_count;
    bool json, require_cgroup, help;
    char **program; /* NULL-terminated words after the options */
};

/* ERR_INPUT says which option is wrong and what it takes. argv[0] is skipped. */
struct err command_parse(int argc, char **argv, struct command_options *out);

/* The rows of --help. */
void command_options_help(void);

#endif
