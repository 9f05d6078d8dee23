/* The operations on a course as subcommands: `grader roster import …`. They work on the database
 * file, while the service runs and when it does not; the service reads people, dates and rules anew
 * for each request, and looks for new work every second. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/home.h"
#include "grader/operation.h"
#include "grader/serve_settings.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct course;
static const struct operation *choose(int *argc, char ***argv, int *out_code);
static void help_write(const char *first);
static void help_of(const struct operation *operation, FILE *out);
static struct err read_words(struct course *course, int argc, char **argv);
static struct err read_value(struct course *course, int argument, const char *text);
static struct err course_open(struct course *course);
static struct err course_run(struct course *course);
static struct err keep_file(struct course *course, bool done);
static void course_print(struct course *course, bool done);
static void course_release(struct course *course);

#define NOT_DONE 2 /* exit code of a preview */

struct course {
    struct operation_call call;
    struct serve_settings settings;
    struct settings origins;
    struct db db;
    struct versions versions;
    struct spec *specs;
    char home[4096], git_path[1024], actor[COMMAND_ACTOR_MAX];
    const char *out_path;
    bool json, help, wrote;
};

int command_operation(int argc, char **argv)
{
    int code = 0;
    char **words = argv;
    const struct operation *operation = choose(&argc, &words, &code);
    if (operation == NULL)
        return code;
    struct course *course = calloc(1, sizeof *course);
    if (course == NULL || sodium_init() < 0)
        abort();
    operation_begin(&course->call, operation);
    struct err err = serve_settings_load(&course->origins, &course->settings, &argc, words);
    if (!err_is(err))
        err = read_words(course, argc, words);
    if (!err_is(err) && course->help) {
        help_of(operation, stdout);
        course_release(course);
        return 0;
    }
    if (!err_is(err))
        err = operation_check(&course->call);
    if (err_is(err)) {
        fprintf(stderr, "grader %s: %s. See grader help %s\n", operation->command, err.text,
                operation->command);
        course_release(course);
        return COMMAND_USAGE;
    }
    err = course_open(course);
    if (!err_is(err))
        err = course_run(course);
    if (err_is(err))
        fprintf(stderr, "grader %s: %s\n", operation->command, err.text);
    bool preview = operation->effect == EFFECT_MANY && !course->call.yes;
    code = err_is(err) ? 1 : preview ? NOT_DONE : course->call.reply.exit_code;
    course_release(course);
    return code;
}

/* argv[0] is the first word; the second may belong to the name. */
static const struct operation *choose(int *argc, char ***argv, int *out_code)
{
    const char *first = (*argv)[0];
    const char *second = *argc > 1 ? (*argv)[1] : NULL;
    const struct operation *operation = operation_find(first, second);
    if (operation != NULL) {
        if (strchr(operation->command, ' ') != NULL) {
            (*argc)--;
            (*argv)++;
        }
        return operation;
    }
    bool asked = second != NULL && strcmp(second, "--help") == 0;
    if (!asked && second != NULL)
        fprintf(stderr, "grader %s: no '%.40s'\n", first, second);
    help_write(first);
    *out_code = asked ? 0 : COMMAND_USAGE;
    return NULL;
}

static void help_write(const char *first)
{
    size_t count = 0;
    const struct operation *all = operation_all(&count);
    printf("usage: grader %s WORD …\n", first);
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(all[i].command, " ");
        if (strlen(first) == size && strncmp(all[i].command, first, size) == 0)
            printf("  %-16s %s\n", all[i].command, all[i].help);
    }
    printf("`grader help %s WORD` for each.\n", first);
}

static void help_of(const struct operation *operation, FILE *out)
{
    fprintf(out, "usage: grader %s", operation->command);
    for (const struct argument *one = operation->arguments; one->name != NULL; one++)
        if (one->placed)
            fprintf(out, one->needed ? " %s" : " [%s]", one->name);
    fprintf(out, " [--NAME=VALUE …]\n%s.%s\n\n", operation->help,
            operation->effect == EFFECT_MANY
                ? " Without --yes it shows what it would do, and exits with 2"
                : "");
    for (const struct argument *one = operation->arguments; one->name != NULL; one++) {
        fprintf(out, "  %s%-14s %s%s", one->placed ? "  " : "--", one->name, one->help,
                one->needed && !one->placed ? " (needed)" : "");
        if (one->kind == ARG_NUMBER && one->max < INT64_MAX)
            fprintf(out, " (%lld to %lld)", (long long)one->min, (long long)one->max);
        for (int i = 0; one->kind == ARG_WORD && one->words[i] != NULL; i++)
            fprintf(out, "%s%s", i > 0 ? "|" : " (", one->words[i]);
        fprintf(out, one->kind == ARG_WORD ? ")\n" : "\n");
    }
    if (operation->effect == EFFECT_MANY)
        fprintf(out, "  --yes            do it\n");
    fprintf(out,
            "  --json           the answer as one JSON object\n"
            "  --out            file for what comes out as a file; tokens: a new one, mode 0600\n"
            "  --database.path  and every setting of grader settings\n");
    if (operation->method != NULL)
        fprintf(out, "Over HTTP: %s %s (role %s)\n", operation->method, operation->pattern,
                role_word(operation->role));
}

static struct err read_words(struct course *course, int argc, char **argv)
{
    const struct operation *operation = course->call.operation;
    struct command_option options[OPERATION_ARGUMENTS_MAX + 5] = {
        {"--help", &course->help, NULL},
        {"--yes", &course->call.yes, NULL},
        {"--json", &course->json, NULL},
        {"--out", NULL, &course->out_path}};
    char names[OPERATION_ARGUMENTS_MAX][32];
    const char *values[OPERATION_ARGUMENTS_MAX] = {NULL};
    bool flags[OPERATION_ARGUMENTS_MAX] = {false};
    size_t count = 4;
    struct err err = err_none();
    for (int i = 0; operation->arguments[i].name != NULL; i++) {
        (void)snprintf(names[i], sizeof names[i], "--%s", operation->arguments[i].name); /* fits */
        bool flag = operation->arguments[i].kind == ARG_FLAG;
        options[count++] =
            (struct command_option){names[i], flag ? &flags[i] : NULL, flag ? NULL : &values[i]};
    }
    if (!command_options(&argc, argv, options, count))
        exit(COMMAND_USAGE); /* the message is out */
    int word = 1;
    for (int i = 0; operation->arguments[i].name != NULL && !err_is(err); i++) {
        if (operation->arguments[i].placed && values[i] == NULL && word < argc)
            values[i] = argv[word++];
        if (flags[i])
            values[i] = "true";
        if (values[i] != NULL && !course->help)
            err = read_value(course, i, values[i]);
    }
    if (!err_is(err) && word < argc && !course->help)
        err = err_make(ERR_INPUT, "one word too many: '%.80s'", argv[word]);
    return err;
}

static struct err read_value(struct course *course, int argument, const char *text)
{
    auto_buf struct buf file = buf_of(OPERATION_FILE_MAX);
    if (course->call.operation->arguments[argument].kind != ARG_FILE)
        return operation_set(&course->call, argument, text, strlen(text));
    struct err err = fdio_read_file(text, &file);
    return err_is(err) ? err : operation_set(&course->call, argument, file.at, file.size);
}

static struct err course_open(struct course *course)
{
    const struct serve_settings *settings = &course->settings;
    char folder[4200];
    struct err err = home_find(course->home, sizeof course->home);
    (void)snprintf(folder, sizeof folder, "%s/assignments", course->home); /* fits */
    if (!err_is(err))
        err = spec_load_all(&course->specs, &course->call.specs_count, folder);
    if (!err_is(err) && settings->assignments_path[0] != 0)
        err = spec_overlay(course->specs, course->call.specs_count, settings->assignments_path);
    if (!err_is(err) && access(settings->database_path, F_OK) < 0 &&
        strcmp(course->call.operation->command, "cohort create") != 0)
        err = err_make(ERR_INPUT,
                       "no database '%.80s': set --database.path, or begin with cohort "
                       "create",
                       settings->database_path);
    if (!err_is(err))
        err = git_place_folder(course->git_path, sizeof course->git_path, &settings->git,
                               settings->database_path);
    if (!err_is(err))
        err = store_open(&course->db, settings->database_path);
    command_actor(course->actor);
    course->call.db = &course->db;
    course->call.actor = course->actor;
    course->call.specs = course->specs;
    course->call.versions = &course->versions;
    course->call.home = course->home;
    course->call.overlay = settings->assignments_path;
    course->call.database_path = settings->database_path;
    course->call.git_path = course->git_path;
    course->call.now_at = clock_utc_us();
    return err;
}

/* A file with tokens is on the disk before they work: a crash in between leaves tokens that open
 * nothing, never working ones that nobody has. */
static struct err course_run(struct course *course)
{
    struct operation_call *call = &course->call;
    bool reads = call->operation->effect == EFFECT_READ;
    bool done = reads || call->operation->effect == EFFECT_WRITE || call->yes;
    struct err err = db_exec(call->db, reads ? "BEGIN" : "BEGIN IMMEDIATE");
    if (err_is(err))
        return err;
    err = call->operation->run(call);
    if (!err_is(err) && call->reply.file_type != NULL)
        err = keep_file(course, done);
    if (!err_is(err))
        err = db_exec(call->db, done ? "COMMIT" : "ROLLBACK");
    if (!err_is(err)) {
        struct err over = operation_over(call, done);
        course_print(course, done);
        if (err_is(over))
            fprintf(stderr,
                    "grader %s: done; but what remains is tried again when the service starts: "
                    "%s\n",
                    call->operation->command, over.text);
        struct err settled = done ? db_settle(call->db, DB_PATIENCE_MS) : err_none();
        if (err_is(settled))
            fprintf(stderr,
                    "grader %s: done; but its -wal file keeps old bytes until the service"
                    " is restarted: %s\n",
                    call->operation->command, settled.text);
        return err;
    }
    if (sqlite3_get_autocommit(call->db->handle) == 0)
        (void)db_exec(call->db, "ROLLBACK"); /* the first failure is the one to tell */
    struct err over = operation_over(call, false);
    if (err_is(over))
        fprintf(stderr, "grader %s: %s\n", call->operation->command, over.text);
    if (course->wrote)
        (void)unlink(course->out_path); /* nothing in it works */
    return err;
}

static struct err keep_file(struct course *course, bool done)
{
    const struct reply *reply = &course->call.reply;
    if (course->out_path == NULL && reply->secret)
        return err_make(ERR_INPUT, "tokens come out once: name a new file with --out=%.60s",
                        reply->file_name);
    if (course->out_path == NULL || !done)
        return err_none();
    if (!reply->secret) /* names and grades */
        return fdio_write_file(course->out_path, reply->file.at, reply->file.size, 0600);

    auto_close int fd = open(course->out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_make(errno == EEXIST ? ERR_INPUT : ERR_SYSTEM, "make the new file '%.80s'%s",
                        course->out_path, errno == EEXIST ? ": it is there already" : "");
    course->wrote = true;
    struct err err = fdio_write(fd, reply->file.at, reply->file.size);
    if (!err_is(err) && fsync(fd) < 0)
        err = err_make(ERR_SYSTEM, "write '%.80s'", course->out_path);
    return err;
}

static void course_print(struct course *course, bool done)
{
    struct reply *reply = &course->call.reply;
    auto_buf struct buf out = buf_of(2 * REPLY_BYTES_MAX);
    bool file_out = reply->file_type != NULL && course->out_path == NULL;
    if (course->json) {
        if (reply->secret)
            reply->file_type = NULL;
        reply_json(reply, done, &out);
    } else if (file_out) {
        buf_append(&out, reply->file.at, reply->file.size);
        fputs(reply->notes.at, stderr);
    } else {
        reply_print(reply, &out);
        if (!done)
            buf_text(&out, "Nothing was done. The same with --yes does it.\n");
        else if (reply->file_type != NULL)
            buf_printf(&out, "Written: %s\n", course->out_path);
    }
    (void)fwrite(out.at, 1, out.size, stdout); /* a closed pipe is the reader's wish */
}

static void course_release(struct course *course)
{
    operation_end(&course->call);
    versions_release(&course->versions);
    db_close(&course->db);
    free(course->specs);
    free(course);
}
