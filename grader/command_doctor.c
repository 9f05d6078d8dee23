/* `grader doctor`: what this host offers, and how to mend what it does not. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/doctor.h"
#include "grader/serve_settings.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: grader doctor [--json]\n"
    "Says what this machine offers for grading, found by trying, and what to do about the rest.\n"
    "Once a day that takes some seconds: a worker then tests whether this machine can measure.\n"
    "Exit code: 0 if grading works here, 1 if not.\n";

int command_doctor(int argc, char **argv)
{
    bool want_help = false;
    bool want_json = false;
    const struct command_option options[] = {{"--help", &want_help, NULL},
                                             {"--json", &want_json, NULL}};
    struct settings settings;
    struct serve_settings values;
    struct err err = serve_settings_load(&settings, &values, &argc, argv);
    if (err_is(err)) {
        fprintf(stderr, "grader doctor: %s\n", err.text);
        return COMMAND_USAGE;
    }
    if (!command_options(&argc, argv, options, COUNT(options)))
        return COMMAND_USAGE;
    if (want_help || argc > 1) {
        fputs(help, want_help ? stdout : stderr);
        return want_help ? 0 : COMMAND_USAGE;
    }
    struct doctor *doctor = calloc(1, sizeof *doctor);
    if (doctor == NULL)
        abort();
    auto_buf struct buf out = buf_of((size_t)1 << 20);
    doctor_ask(doctor, values.database_path, values.calibration_path);
    if (want_json) {
        doctor_json(&out, doctor);
        buf_text(&out, "\n");
    } else {
        doctor_text(&out, doctor);
    }
    fputs(out.at, stdout);
    int code = doctor_is_well(doctor) ? 0 : 1;
    free(doctor);
    return code;
}
