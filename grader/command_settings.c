/* `grader settings`: what the service would run with here, and where each value comes from. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/serve_settings.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: grader settings [--sample] [--NAME=VALUE ...]\n"
    "Prints every setting with its unit, bounds, origin and help: defaults, then grader.conf (or\n"
    "$GRADER_SETTINGS), then GRADER_* in the environment (http.port is GRADER_HTTP_PORT), then\n"
    "flags. --sample prints a file to start from.\n";

int command_settings(int argc, char **argv)
{
    bool want_help = false;
    bool sample = false;
    const struct command_option options[] = {{"--help", &want_help, NULL},
                                             {"--sample", &sample, NULL}};
    struct settings settings;
    struct serve_settings values;
    struct err err = serve_settings_load(&settings, &values, &argc, argv);
    if (err_is(err)) {
        fprintf(stderr, "grader settings: %s\n", err.text);
        return COMMAND_USAGE;
    }
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    if (want_help || argc > 1) {
        fputs(help, want_help ? stdout : stderr);
        return want_help ? 0 : COMMAND_USAGE;
    }
    auto_buf struct buf out = buf_of((size_t)1 << 20);
    if (sample)
        settings_sample(&out, &settings);
    else
        settings_print(&out, &settings);
    fputs(out.at, stdout);
    return 0;
}
