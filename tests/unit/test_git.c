/* The door for git, without git: heads, names, folders, and what a child is told. */
#include "grader/git.h"
#include "grader/git_cgi.h"
#include "grader/git_keep.h"
#include "grader/git_need.h"
#include "grader/git_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- heads ------------------------------------------------------------------------------------- */

static enum git_cgi_state read_text(const char *text, struct git_cgi_head *out)
{
    return git_cgi_read(text, strlen(text), out);
}

static void a_head_gives_code_type_and_size(void **state)
{
    struct git_cgi_head head;
    (void)state;

    assert_int_equal(
        read_text("Expires: never\r\nContent-Type: application/x-git\r\n\r\n0000", &head),
        GIT_CGI_WHOLE);
    assert_int_equal(head.code, 200);
    assert_string_equal(head.content_type, "application/x-git");
    assert_int_equal(head.size,
                     strlen("Expires: never\r\nContent-Type: application/x-git\r\n\r\n"));
    assert_int_equal(read_text("status: 404 Not Found\n\n", &head), GIT_CGI_WHOLE);
    assert_int_equal(head.code, 404);
    assert_string_equal(head.content_type, "");
    assert_int_equal(read_text("\r\n", &head), GIT_CGI_WHOLE);
}

static void a_head_that_is_not_whole_waits(void **state)
{
    struct git_cgi_head head;
    (void)state;

    assert_int_equal(read_text("", &head), GIT_CGI_MORE);
    assert_int_equal(read_text("Status: 404", &head), GIT_CGI_MORE);
    assert_int_equal(read_text("Status: 404 Not Found\r\n\r", &head), GIT_CGI_MORE);
}

static void what_is_no_head_is_refused(void **state)
{
    static const char *const texts[] = {
        "fatal not a repository\n", ": x\n",           "Status: 99\n",
        "Status: 4x4 x\n",          "Status: 600 x\n", "Status: 200x\n",
        "Content-Type: \n",         "X: a\rb\n",       "X: \x1b[31m\n"};
    struct git_cgi_head head;
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++)
        if (read_text(texts[i], &head) != GIT_CGI_BROKEN)
            fail_msg("taken: %s", texts[i]);
}

static void a_head_has_an_end(void **state)
{
    char text[GIT_CGI_HEAD_MAX + 64];
    struct git_cgi_head head;
    (void)state;

    memset(text, 'a', sizeof text);
    text[1] = ':';
    assert_int_equal(git_cgi_read(text, GIT_CGI_HEAD_MAX - 1, &head), GIT_CGI_MORE);
    assert_int_equal(git_cgi_read(text, GIT_CGI_HEAD_MAX, &head), GIT_CGI_BROKEN);
    text[sizeof text - 2] = text[sizeof text - 1] = '\n';
    assert_int_equal(git_cgi_read(text, sizeof text, &head), GIT_CGI_BROKEN);
    char type[128] = "Content-Type: ";
    memset(type + 14, 't', 90);
    (void)snprintf(type + 104, sizeof type - 104, "\n\n");
    assert_int_equal(read_text(type, &head), GIT_CGI_BROKEN);
}

/* -- folders ----------------------------------------------------------------------------------- */

static struct git_place place_in(const char *folder)
{
    struct git_place place;
    struct git_settings settings = {.children_max = 4,
                                    .wall_ms = 1000,
                                    .wait_s = 60,
                                    .push_max = 1 << 20,
                                    .repository_max = 1 << 21};
    char database[256];

    (void)snprintf(database, sizeof database, "%s/grader.db", folder);
    assert_false(err_is(git_place_init(&place, &settings, database, "/opt/grader")));
    git_place_urls(&place, "127.0.0.1", 8080, "https://grader.example.edu");
    return place;
}

static void make_folder(char *folder)
{
    (void)snprintf(folder, 64, "/tmp/test-git-XXXXXX"); /* as wide, everywhere */
    assert_non_null(mkdtemp(folder));
}

static void a_repository_is_made_once_and_called_by_numbers(void **state)
{
    char folder[64];
    char path[256];
    struct stat about;
    (void)state;

    make_folder(folder);
    struct git_place place = place_in(folder);
    assert_false(git_repository_is(place.settings.path, (struct git_owner){17, 5}));
    (void)snprintf(path, sizeof path, "%s/git/17-5.git.new", folder);
    assert_int_equal(mkdir(path, 0700), 0); /* as a crash leaves it */
    assert_false(err_is(git_repository_make(&place, (struct git_owner){17, 5})));
    assert_true(git_repository_is(place.settings.path, (struct git_owner){17, 5}));
    assert_false(err_is(git_repository_make(&place, (struct git_owner){17, 5})));
    (void)snprintf(path, sizeof path, "%s/git/17-5.git/refs/heads", folder);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    /* Another person, whom a fresh or an older database gave the same number. */
    assert_false(git_repository_is(place.settings.path, (struct git_owner){17, 6}));
    (void)snprintf(path, sizeof path, "rm -rf %s", folder);
    assert_int_equal(system(path), 0); // NOLINT(cert-env33-c): a folder of our own
}

/* The C library's, for this program: which files were made safe before any repository had its name.
 */
static char synced[256];

int fsync(int fd)
{
    char link[64];
    char path[512] = "";

    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0 && strstr(path, ".git.new/") != NULL)
        (void)strncat(synced, strrchr(path, '/'), sizeof synced - strlen(synced) - 1);
    return 0;
}

static void a_repository_has_its_name_once_its_files_are_safe(void **state)
{
    char folder[64];
    char command[128];
    (void)state;

    make_folder(folder);
    struct git_place place = place_in(folder);
    synced[0] = '\0';
    assert_false(err_is(git_repository_make(&place, (struct git_owner){17, 1})));
    assert_string_equal(synced, "/config/HEAD");
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

/* What is left of a repository: "file", "folder" or "nothing" at its path, and nothing beside it.
 */
static const char *left_of(const struct git_place *place, const char *name)
{
    char path[1200];
    struct stat about;

    (void)snprintf(path, sizeof path, "%s/%s", place->settings.path, name);
    if (lstat(path, &about) < 0)
        return "nothing";
    return S_ISDIR(about.st_mode) ? "folder" : about.st_size == 0 ? "file" : "bytes";
}

static struct err erase(const char *root, int64_t membership_id, bool *out_found)
{
    const struct git_owner owner = {membership_id, 5};
    struct err err = git_repository_put_away(root, owner, out_found);

    return err_is(err) ? err : git_repository_remove(root, owner);
}

static void what_was_put_away_comes_back_whole(void **state)
{
    const struct git_owner owner = {17, 5};
    char folder[64];
    char command[4096];
    bool found = false;
    (void)state;

    make_folder(folder);
    struct git_place place = place_in(folder);
    const char *root = place.settings.path;
    assert_false(err_is(git_repository_make(&place, owner)));
    (void)snprintf(command, sizeof command, "echo mine >%s/17-5.git/objects/x", root);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
    for (int i = 0; i < 2; i++) { /* the second time, without the file that keeps its name */
        assert_false(err_is(git_repository_put_away(root, owner, &found)));
        assert_true(found);
        assert_string_equal(left_of(&place, "17-5.git"), "file");
        (void)snprintf(command, sizeof command, "%s rm %s/17-5.git", i == 0 ? ":" : "", root);
        assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
        assert_false(err_is(git_repository_put_back(root, owner)));
        assert_string_equal(left_of(&place, "17-5.git/objects/x"), "bytes");
        assert_string_equal(left_of(&place, "17-5.gone"), "nothing");
    }
    /* A crash between the two steps of putting away. */
    (void)snprintf(command, sizeof command, ": >%s/17-5.gone", root);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
        assert_false(err_is(i == 0 ? git_repository_put_back(root, owner)
                                   : git_repository_forget(root, owner)));
        assert_string_equal(left_of(&place, "17-5.git/objects/x"), "bytes");
        assert_string_equal(left_of(&place, "17-5.gone"), "nothing");
    }
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
    assert_false(err_is(git_repository_put_away(root, owner, &found)));
    assert_true(found);
    assert_false(err_is(git_repository_forget(root, owner)));
    assert_string_equal(left_of(&place, "17-5.gone"), "nothing");
    assert_string_equal(left_of(&place, "17-5.git"), "nothing");

    assert_false(err_is(git_repository_put_away(root, (struct git_owner){99, 5}, &found)));
    assert_false(found);
    assert_false(err_is(git_repository_put_back(root, (struct git_owner){99, 5})));
    assert_string_equal(left_of(&place, "99-5.git"), "nothing");
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

static void an_erased_repository_is_gone_and_does_not_come_back(void **state)
{
    char folder[64];
    char command[4096];
    bool found = false;
    (void)state;

    make_folder(folder);
    struct git_place place = place_in(folder);
    const char *root = place.settings.path;
    assert_false(err_is(git_repository_make(&place, (struct git_owner){17, 5})));
    assert_false(err_is(git_repository_make(&place, (struct git_owner){18, 5})));
    (void)snprintf(command, sizeof command,
                   "cd %s && mkdir -p 17-5.git.new 17-5.gone/x 17-5.git/objects/ab &&"
                   " echo secret | tee 17-5.git/objects/ab/cd 17-5.gone/x/y >17-5.git.new/z &&"
                   " ln -s ../18-5.git 17-5.git/objects/link && chmod 0400 17-5.git/objects/ab/cd",
                   root);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
    assert_false(err_is(erase(root, 17, &found)));
    assert_true(found);
    assert_string_equal(left_of(&place, "17-5.git"), "file");
    assert_string_equal(left_of(&place, "17-5.gone"), "nothing");
    assert_string_equal(left_of(&place, "17-5.git.new"), "nothing");
    assert_true(git_repository_is(root, (struct git_owner){18, 5})); /* no link was followed */

    assert_true(err_is(
        git_repository_make(&place, (struct git_owner){17, 5}))); /* by a push that began before */
    assert_string_equal(left_of(&place, "17-5.git"), "file");
    assert_false(err_is(erase(root, 17, &found))); /* what that left goes too */
    assert_string_equal(left_of(&place, "17-5.git.new"), "nothing");

    assert_false(err_is(erase(root, 99, &found))); /* who never used it */
    assert_false(found);
    assert_string_equal(left_of(&place, "99-5.git"), "file");
    assert_false(err_is(erase("/nowhere/git", 1, &found)));
    assert_false(found);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

static void room_on_the_disk_is_looked_at(void **state)
{
    struct git_place place = {.settings = {.path = "/", .free_min = 0}};
    (void)state;

    assert_true(git_place_is_roomy(&place));
    place.settings.free_min = INT64_MAX;
    assert_false(git_place_is_roomy(&place));
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct git_place place;
    const struct git_settings settings = {.path = "/proc/none/git"};
    (void)state;

    struct err err = git_place_init(&place, &settings, "grader.db", "/opt");
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "/proc/none/git"));
}

static void a_program_is_found_on_the_path_only(void **state)
{
    (void)state;
    assert_true(git_program("/nowhere:/bin:/usr/bin", "sh"));
    assert_false(git_program("/nowhere", "sh"));
    assert_false(git_program("", "sh"));
    assert_false(git_program("::", "sh"));
}

/* -- what is needed ---------------------------------------------------------------------------- */

static void put_program(const char *folder, const char *name, const char *says)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", says) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static void the_door_needs_two_programs_and_both_hooks(void **state)
{
    static const struct {
        const char *name;
        enum git_need after; /* what it lacks once that is there */
    } rows[] = {{"git", GIT_NEEDS_CURL},
                {"curl", GIT_NEEDS_HOOKS},
                {"post-receive", GIT_NEEDS_HOOKS},
                {"pre-receive", GIT_NEEDS_NOTHING}};
    char folder[64];
    char command[128];
    (void)state;

    make_folder(folder);
    assert_int_equal(git_need(folder, folder), GIT_NEEDS_GIT);
    for (size_t i = 0; i < COUNT(rows); i++) {
        put_program(folder, rows[i].name, "");
        assert_int_equal(git_need(folder, folder), rows[i].after);
    }
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

static void a_version_is_new_enough_or_not(void **state)
{
    static const struct {
        const char *said;
        enum git_age age;
    } rows[] = {{"git version 2.31.0", GIT_NEW_ENOUGH},
                {"git version 2.39.5 (Apple Git-154)\n", GIT_NEW_ENOUGH},
                {"git version 3.0", GIT_NEW_ENOUGH},
                {"git version 2.30.9", GIT_TOO_OLD},
                {"git version 1.99.1", GIT_TOO_OLD},
                {"git version 2", GIT_TOO_OLD},
                {"git: not found", GIT_TOO_OLD},
                {"", GIT_AGE_UNKNOWN}};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (git_age_said(rows[i].said) != rows[i].age)
            fail_msg("'%s'", rows[i].said);
}

/* It would pass over every limit and over our hooks. */
static void an_old_git_keeps_the_door_shut(void **state)
{
    static const char *const programs[] = {"curl", "post-receive", "pre-receive"};
    struct git_place place = {.settings.children_max = 1};
    struct git *git = NULL;
    char folder[64];
    char command[128];
    (void)state;

    make_folder(folder);
    for (size_t i = 0; i < COUNT(programs); i++)
        put_program(folder, programs[i], "");
    (void)snprintf(place.program_path, sizeof place.program_path, "%s", folder); /* both fit */
    (void)snprintf(place.hooks, sizeof place.hooks, "%s", folder);
    assert_false(err_is(git_start(&git, NULL, &place)));
    assert_int_equal(git_door(git), GIT_SHUT); /* not there yet: nobody was asked */
    put_program(folder, "git", "echo git version 2.31.1");
    assert_int_equal(git_door(git), GIT_OPEN);
    git_free(git);

    put_program(folder, "git", "echo git version 2.30.2");
    assert_false(err_is(git_start(&git, NULL, &place)));
    assert_int_equal(git_door(git), GIT_SHUT);
    put_program(folder, "git", "echo git version 2.31.1");
    assert_int_equal(git_door(git), GIT_SHUT); /* asked once: no child for each request */
    git_free(git);

    put_program(folder, "git", "exit 1"); /* as one that found no memory */
    assert_false(err_is(git_start(&git, NULL, &place)));
    assert_int_equal(git_door(git), GIT_SHUT_FOR_NOW);
    put_program(folder, "git", "echo git version 2.31.1");
    assert_int_equal(git_door(git), GIT_SHUT_FOR_NOW); /* not asked again at once */
    (void)usleep(600 * 1000);                          /* the first pause */
    assert_int_equal(git_door(git), GIT_OPEN);         /* nothing was remembered of a bad moment */
    git_free(git);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a folder of our own
}

/* -- what a child is told ---------------------------------------------------------------------- */

static bool has(const struct buf *block, const char *wanted)
{
    for (const char *at = block->at; *at != '\0'; at += strlen(at) + 1)
        if (strcmp(at, wanted) == 0)
            return true;
    return false;
}

static bool has_start(const struct buf *block, const char *wanted)
{
    for (const char *at = block->at; *at != '\0'; at += strlen(at) + 1)
        if (strncmp(at, wanted, strlen(wanted)) == 0)
            return true;
    return false;
}

static void a_push_is_told_whole(void **state)
{
    char folder[64];
    char wanted[128];
    const struct git_question question = {.service = GIT_PUSH,
                                          .owner = {17, 5},
                                          .login = "alice",
                                          .content_length = 42,
                                          .protocol = 2,
                                          .key = "secret",
                                          .wait_s = 5};
    (void)state;

    make_folder(folder);
    struct git_place place = place_in(folder);
    auto_buf struct buf block = buf_of(65536);
    git_environment(&block, &place, &question);
    assert_true(has(&block, "REQUEST_METHOD=POST"));
    assert_true(has(&block, "PATH_INFO=/17-5.git/git-receive-pack"));
    assert_true(has(&block, "CONTENT_TYPE=application/x-git-receive-pack-request"));
    assert_true(has(&block, "CONTENT_LENGTH=42"));
    assert_true(has(&block, "GIT_PROTOCOL=version=2"));
    assert_true(has(&block, "REMOTE_USER=alice"));
    assert_true(has(&block, "GRADER_KEY=secret"));
    assert_true(has(&block, "GIT_CONFIG_NOSYSTEM=1"));
    assert_false(has_start(&block, "HTTP_CONTENT_ENCODING"));
    (void)snprintf(wanted, sizeof wanted, "HOME=%s/git/home", folder);
    assert_true(has(&block, wanted));
    int configs = 0;
    for (const char *at = block.at; *at != '\0'; at += strlen(at) + 1)
        configs += strncmp(at, "GIT_CONFIG_KEY_", 15) == 0;
    (void)snprintf(wanted, sizeof wanted, "GIT_CONFIG_COUNT=%d", configs);
    assert_true(has(&block, wanted));
    (void)snprintf(wanted, sizeof wanted, "rm -rf %s", folder);
    assert_int_equal(system(wanted), 0); // NOLINT(cert-env33-c): a folder of our own
}

static void a_fetch_has_no_key_and_an_unknown_length_none(void **state)
{
    const struct git_place place = {.settings.path = "/srv", .program_path = "/usr/bin"};
    struct git_question question = {.service = GIT_FETCH,
                                    .owner = {1, 5},
                                    .login = "bob",
                                    .content_length = -1,
                                    .is_gzip = true};
    (void)state;

    auto_buf struct buf block = buf_of(65536);
    git_environment(&block, &place, &question);
    assert_true(has(&block, "PATH_INFO=/1-5.git/git-upload-pack"));
    assert_true(has(&block, "HTTP_CONTENT_ENCODING=gzip"));
    assert_false(has_start(&block, "CONTENT_LENGTH"));
    assert_false(has_start(&block, "GIT_PROTOCOL"));
    assert_false(has_start(&block, "GRADER_KEY"));

    buf_clear(&block);
    question.service = GIT_REFS_OF_PUSH;
    question.is_head = true;
    git_environment(&block, &place, &question);
    assert_true(has(&block, "REQUEST_METHOD=HEAD"));
    assert_true(has(&block, "QUERY_STRING=service=git-receive-pack"));
    assert_true(has(&block, "PATH_INFO=/1-5.git/info/refs"));
    assert_false(has_start(&block, "CONTENT_TYPE"));
}

static void the_service_is_asked_on_an_address_of_this_machine(void **state)
{
    static const struct {
        const char *host, *url;
    } rows[] = {{"0.0.0.0", "http://127.0.0.1:80"},
                {"", "http://127.0.0.1:80"},
                {"::", "http://[::1]:80"},
                {"::1", "http://[::1]:80"},
                {"10.0.0.1", "http://10.0.0.1:80"}};
    struct git_place place = {.settings.path = "/srv"};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        git_place_urls(&place, rows[i].host, 80, "https://x");
        assert_string_equal(place.local_url, rows[i].url);
        assert_string_equal(place.link_url, "https://x");
    }
}

static void a_child_is_kept_and_runs_without_a_shell(void **state)
{
    const struct git_place place = {.settings.push_max = 1000};
    char parent[24];
    (void)state;

    auto_buf struct buf block = buf_of(4096);
    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    git_command(&block, &place);
    const char *const wanted[] = {"/proc/self/exe", GIT_KEEP_WORD, parent,
                                  "4000",           "git",         "http-backend"};
    const char *at = block.at;
    for (size_t i = 0; i < COUNT(wanted); i++, at += strlen(at) + 1)
        assert_string_equal(at, wanted[i]);
    assert_string_equal(at, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_gives_code_type_and_size),
        cmocka_unit_test(a_head_that_is_not_whole_waits),
        cmocka_unit_test(what_is_no_head_is_refused),
        cmocka_unit_test(a_head_has_an_end),
        cmocka_unit_test(a_repository_is_made_once_and_called_by_numbers),
        cmocka_unit_test(a_repository_has_its_name_once_its_files_are_safe),
        cmocka_unit_test(what_was_put_away_comes_back_whole),
        cmocka_unit_test(an_erased_repository_is_gone_and_does_not_come_back),
        cmocka_unit_test(room_on_the_disk_is_looked_at),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
        cmocka_unit_test(a_program_is_found_on_the_path_only),
        cmocka_unit_test(the_door_needs_two_programs_and_both_hooks),
        cmocka_unit_test(a_version_is_new_enough_or_not),
        cmocka_unit_test(an_old_git_keeps_the_door_shut),
        cmocka_unit_test(a_push_is_told_whole),
        cmocka_unit_test(a_fetch_has_no_key_and_an_unknown_length_none),
        cmocka_unit_test(the_service_is_asked_on_an_address_of_this_machine),
        cmocka_unit_test(a_child_is_kept_and_runs_without_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
