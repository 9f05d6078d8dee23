/* `grader backup` and `grader restore`: a copy of the database while the service runs, checked; and
 * a checked copy put in place while it does not. */
#include "grader/command.h"
#include "grader/commands.h"
#include "grader/db.h"
#include "grader/serve_settings.h"
#include "grader/store.h"
#include "grader/store_schema.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct deed;

#define KEPT_MAX 1000 /* databases of before a restore, beside each other */

static int run(int argc, char **argv, const struct deed *deed);
static struct err backup(const char *database, const char *file);
static struct err restore(const char *database, const char *file);
static struct err copy(const char *file, const char *fresh);
static struct err copy_bytes(const char *from, const char *to);
static struct err refuse_parts(const char *fresh);
static struct err keep_old(const char *database, char *out_old, size_t size);
static struct err check(const char *path, const char *shown);
static struct err refuse_running(const char *database);
static struct err sync_folder(const char *path);
static void note(const char *database, const char *action, const char *file);

static const struct deed {
    struct err (*act)(const char *database, const char *file);
    const char *help;
} deeds[] = {
    {backup,
     "usage: grader backup FILE     copies the database into a new FILE, while the service runs\n"},
    {restore,
     "usage: grader restore FILE    puts a backup in place; the service must not run; what was\n"
     "                              there is kept as DATABASE.before-restore, -2, …\n"},
};

static const char help_both[] =
    "The copy is checked whole. --database.path=… as in grader settings. The copy holds personal\n"
    "data: it is made with mode 0600, and keeps people who are erased later.\n";

int command_backup(int argc, char **argv)
{
    return run(argc, argv, &deeds[0]);
}

int command_restore(int argc, char **argv)
{
    return run(argc, argv, &deeds[1]);
}

static int run(int argc, char **argv, const struct deed *deed)
{
    struct settings origins;
    struct serve_settings settings;
    const char *name = argv[0];
    struct err err = serve_settings_load(&origins, &settings, &argc, argv);
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    if (!err_is(err) && (argc != 2 || argv[1][0] == '-')) {
        FILE *out = asked ? stdout : stderr;
        fputs(deed->help, out);
        fputs(help_both, out);
        return asked ? 0 : COMMAND_USAGE;
    }
    if (!err_is(err))
        err = deed->act(settings.database_path, argv[1]);
    if (!err_is(err))
        return 0;
    fprintf(stderr, "grader %s: %s\n", name, err.text);
    return 1;
}

static struct err backup(const char *database, const char *file)
{
    struct db db;
    /* The file is made first, so that it is private from its first byte on. */
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "make the new file '%.80s'", file);
    (void)close(fd); /* nothing was written */
    struct err err = access(database, R_OK) == 0
                         ? db_open(&db, database, false)
                         : err_make(ERR_SYSTEM, "read the database '%.80s'", database);
    if (!err_is(err)) {
        err = store_copy(&db, file);
        db_close(&db);
    }
    if (!err_is(err))
        err = check(file, file);
    if (!err_is(err))
        err = sync_folder(file);
    if (err_is(err))
        (void)unlink(file); /* half a backup is none */
    else {
        printf("%s holds a checked copy of %s\n", file, database);
        note(database, "backup", file);
    }
    return err;
}

/* The backup itself is only read: whoever may read it may restore it. */
static struct err restore(const char *database, const char *file)
{
    char fresh[PATH_MAX];
    char old[PATH_MAX];
    (void)snprintf(fresh, sizeof fresh, "%s.restoring", database); /* a cut one fails below */
    struct err err = refuse_running(database);
    if (!err_is(err))
        err = copy(file, fresh);
    if (!err_is(err))
        err = check(fresh, file);
    if (!err_is(err)) {
        note(fresh, "restore", file);
        err = check(fresh, file); /* what is put in place, with its note */
    }
    if (!err_is(err))
        err = refuse_parts(fresh);
    if (err_is(err)) {
        (void)unlink(fresh); /* of no use to anybody */
        return err;
    }
    err = keep_old(database, old, sizeof old);
    if (!err_is(err) && rename(fresh, database) < 0)
        err = err_make(ERR_SYSTEM, "put '%.80s' in place", fresh);
    if (!err_is(err))
        err = sync_folder(database);
    if (!err_is(err) && old[0] != 0)
        printf("%s is in place; what was there: %s\n", database, old);
    else if (!err_is(err))
        printf("%s is in place\n", database);
    return err;
}

/* With what its writer has not yet put into it, if it is no backup but a database as it lay. */
static struct err copy(const char *file, const char *fresh)
{
    static const char *const parts[] = {"", "-wal"};
    char from[PATH_MAX + 8];
    char to[PATH_MAX + 8];
    struct err err = err_none();
    for (size_t i = 0; i < COUNT(parts) && !err_is(err); i++) {
        (void)snprintf(from, sizeof from, "%s%s", file, parts[i]);
        (void)snprintf(to, sizeof to, "%s%s", fresh, parts[i]);
        (void)unlink(to); /* of an earlier try that was killed */
        if (i > 0 && access(from, F_OK) < 0)
            break;
        err = copy_bytes(from, to);
    }
    return err;
}

static struct err copy_bytes(const char *from, const char *to)
{
    auto_close int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return err_make(ERR_SYSTEM, "read '%.80s'", from);
    auto_close int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0)
        return err_make(ERR_SYSTEM, "make the new file '%.80s'", to);
    struct err err = err_none();
    for (ssize_t got = 1; got > 0 && !err_is(err);) {
        char piece[65536];
        got = read(in, piece, sizeof piece);
        if (got < 0)
            err = err_make(ERR_SYSTEM, "read '%.80s'", from);
        else
            err = fdio_write(out, piece, (size_t)got);
    }
    if (!err_is(err) && fsync(out) < 0)
        err = err_make(ERR_SYSTEM, "write '%.80s'", to);
    return err;
}

/* Closing puts the -wal into the database and takes it away, unless the disk fails: then a part of
 * the database would stay behind under the old name. */
static struct err refuse_parts(const char *fresh)
{
    char wal[PATH_MAX + 8];
    (void)snprintf(wal, sizeof wal, "%s-wal", fresh); /* fits */
    if (access(wal, F_OK) < 0)
        return err_none();
    return err_make(ERR_SYSTEM, "'%.80s' is still there: the copy could not be written whole", wal);
}

/* Under a further name, one that is free: killed at any moment, there is a whole database under the
 * first one. out_old is empty if there was none. */
static struct err keep_old(const char *database, char *out_old, size_t size)
{
    static const char *const rests[] = {"-wal", "-shm"}; /* they belong to the old one */
    char from[PATH_MAX + 8];
    char to[PATH_MAX + 8];
    int linked = -1;
    (void)snprintf(out_old, size, "%s.before-restore", database); /* a cut one fails below */
    for (int i = 2; i < KEPT_MAX; i++) {
        linked = link(database, out_old);
        if (linked == 0 || errno != EEXIST)
            break;
        (void)snprintf(out_old, size, "%s.before-restore-%d", database, i);
    }
    if (linked < 0 && errno != ENOENT)
        return err_make(ERR_SYSTEM, "keep '%.60s' as '%.80s'", database, out_old);
    for (size_t i = 0; i < COUNT(rests); i++) {
        (void)snprintf(from, sizeof from, "%s%s", database, rests[i]);
        (void)snprintf(to, sizeof to, "%s%s", out_old, rests[i]);
        if (rename(from, to) < 0 && errno != ENOENT) /* only a broken one still has them */
            return err_make(ERR_SYSTEM, "keep '%.80s'", from);
    }
    if (linked < 0)
        out_old[0] = 0;
    return err_none();
}

/* Whole, of this program's version or an older one; what is said of it names `shown`. */
static struct err check(const char *path, const char *shown)
{
    struct db db;
    if (access(path, R_OK) < 0)
        return err_make(ERR_SYSTEM, "read '%.80s'", shown);
    struct err err = db_open(&db, path, false);
    if (err_is(err))
        return err_make(ERR_INPUT, "'%.80s' is no database of ours: %.60s", shown, err.text);
    err = store_check(&db);
    db_close(&db);
    return err_is(err) ? err_make(ERR_INPUT, "'%.60s': %.90s", shown, err.text) : err;
}

/* A running service has the database open: then nobody gets it alone. SQLite puts the -wal of a
 * killed one into the database and takes it away, and does the same with what it cannot read; of a
 * broken database the -wal is kept, for it may be all that can be read. */
static struct err refuse_running(const char *database)
{
    char wal[PATH_MAX + 8];
    char kept[PATH_MAX + 16];
    struct db db;
    (void)snprintf(wal, sizeof wal, "%s-wal", database);
    (void)snprintf(kept, sizeof kept, "%s.kept", wal);
    if (access(database, F_OK) < 0)
        return err_none();
    (void)unlink(kept); /* of an earlier try that was killed */
    bool had_wal = link(wal, kept) == 0;
    struct err err = db_open(&db, database, false);
    if (!err_is(err)) { /* else broken: that is why a backup is put in its place */
        err = db_exec(&db, "PRAGMA busy_timeout=500; PRAGMA journal_mode=DELETE");
        db_close(&db);
        if (err.code == ERR_BUSY) {
            (void)unlink(kept);
            return err_make(ERR_INPUT, "'%.80s' is in use: stop the service first", database);
        }
    }
    if (had_wal && err_is(check(database, database)) && rename(kept, wal) < 0)
        return err_make(ERR_SYSTEM, "keep '%.80s'", wal);
    (void)unlink(kept); /* it is in the database, or has its name again */
    return err_none();
}

static struct err sync_folder(const char *path)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, "."); /* fits */
    else
        slash[slash == folder] = 0;
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_make(ERR_SYSTEM, "write down '%.80s'", folder);
    return err_none();
}

/* Into the audit of that database. On a full disk a backup is worth more than its note: then only
 * the terminal has it. */
static void note(const char *database, const char *action, const char *file)
{
    struct db db;
    char actor[COMMAND_ACTOR_MAX];
    char path[PATH_MAX];
    command_actor(actor);
    struct err err = db_open(&db, database, false);
    if (!err_is(err)) {
        err = store_audit(&db, actor, action, realpath(file, path) != NULL ? path : file, "",
                          clock_utc_us());
        db_close(&db);
    }
    if (err_is(err))
        fprintf(stderr, "grader %s: this is not in the audit: %s\n", action, err.text);
}
