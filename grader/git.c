/* The pushes and fetches that run. */
#include "grader/git_parts.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdlib.h>

#define ASK_PAUSE_MS 500
#define ASK_PAUSE_SLOW_MS 60000 /* asking may hold the loop up for 5 s */
/* git itself asks one after the other; a pusher who left may leave one. */
#define CHILDREN_OF_ONE 3

struct err git_start(struct git **out, uv_loop_t *loop, const struct git_place *place)
{
    struct git *git = calloc(1, sizeof *git);

    if (git == NULL)
        return err_make(ERR_SYSTEM, "open the door for git");
    git->loop = loop;
    git->place = *place;
    list_init(&git->children);
    *out = git;
    return err_none();
}

const struct git_place *git_place_of(const struct git *git)
{
    return &git->place;
}

enum git_door git_door(struct git *git)
{
    static const enum git_door doors[] = {[GIT_AGE_UNKNOWN] = GIT_SHUT_FOR_NOW,
                                          [GIT_TOO_OLD] = GIT_SHUT,
                                          [GIT_NEW_ENOUGH] = GIT_OPEN};
    static const char *const found[] = {[GIT_AGE_UNKNOWN] = "git does not say its version",
                                        [GIT_TOO_OLD] = "git before " GIT_VERSION_WORD};

    if (git_need(git->place.program_path, git->place.hooks) != GIT_NEEDS_NOTHING)
        return GIT_SHUT;
    if (git->age == GIT_AGE_UNKNOWN && clock_ms() >= git->ask_ms) {
        const int64_t asked_ms = clock_ms();
        git->age = git_age(git->place.program_path);
        git->ask_ms =
            clock_ms() + (clock_ms() - asked_ms < ASK_PAUSE_MS ? ASK_PAUSE_MS : ASK_PAUSE_SLOW_MS);
        if (git->age != GIT_NEW_ENOUGH)
            log_line(LOG_WARN, "git.age", "no push is taken: %s", found[git->age]);
    }
    return doors[git->age];
}

enum git_room git_room(const struct git *git, int64_t asker_id)
{
    size_t own = 0;

    list_each (link, &git->children)
        own += list_of(link, struct git_child, link)->who.id == asker_id;
    if (own >= CHILDREN_OF_ONE)
        return GIT_FULL_FOR_ONE;
    return git->children_count < (size_t)git->place.settings.children_max ? GIT_ROOM : GIT_FULL;
}

bool git_key_find(const struct git *git, const unsigned char hash[AUTH_HASH_SIZE],
                  struct membership *out)
{
    bool is_found = false;

    list_each (link, &git->children) {
        const struct git_child *child = list_of(link, struct git_child, link);
        if (!child->has_key || sodium_memcmp(child->key_hash, hash, AUTH_HASH_SIZE) != 0)
            continue;
        *out = (struct membership){.role = ROLE_HOOK,
                                   .cohort_id = child->who.cohort_id,
                                   .cohort_closed_at = child->who.cohort_closed_at,
                                   .pushed_at = child->received_at};
        (void)text_copy(out->login, sizeof out->login, child->who.login); /* as wide, both */
        (void)text_copy(out->cohort, sizeof out->cohort, child->who.cohort);
        is_found = true;
    }
    return is_found;
}

void git_drain(struct git *git)
{
    list_each (link, &git->children) {
        struct git_child *child = list_of(link, struct git_child, link);
        if (!child->is_push || !child->is_whole)
            git_child_ask(child);
    }
}

void git_end(struct git *git)
{
    list_each (link, &git->children)
        git_child_ask_soon(list_of(link, struct git_child, link));
}

void git_stop(struct git *git)
{
    list_each (link, &git->children)
        git_child_kill(list_of(link, struct git_child, link));
}

void git_free(struct git *git)
{
    free(git); /* the children went with the loop */
}
