/* One grading offline: the same worker, the same events, the same report as the service makes. Used
 * by the commands try, check and batch. */
#ifndef GRADER_TRY_H
#define GRADER_TRY_H

#include "grader/child.h"
#include "grader/report.h"

struct try_wish {
    const struct spec *spec;
    const char *source; /* borrowed; source_size bytes and a 0 */
    size_t source_size;
    const char *file_name; /* what the report calls it; a folder in front of it is left out */
    enum device device;
    bool no_timing;
    bool patterns_only;       /* no diagnosis build after a failure */
    const unsigned char *key; /* of the inputs, 32 bytes; NULL: drawn */
    const char *only_case;    /* NULL: all */
    /* Called after each change of the report; may be NULL. */
    void (*changed)(void *context, const struct report *report);
    void *context;
};

/* What the installation offers: where it lies, its assignments. */
struct try_place {
    char home[4096];
    const char *overlay; /* borrowed; NULL: none */
    struct spec *specs;
    size_t specs_count;
};
/* overlay: a private folder whose assignments win over the shipped ones, NULL for none. */
struct err try_place_open(struct try_place *place, const char *overlay);
void try_place_close(struct try_place *place);
const struct spec *try_spec(const struct try_place *place, const char *assignment);

/* Looks at the bytes alone; false: the report is in stage rejected and says why. The report was
 * just initialised with wish->spec. */
bool try_accept(const struct try_wish *wish, struct report *report);

/* Grades with a running child that is free, and waits for the end. The report was just initialised
 * and accepted; its stage is final afterwards, whatever happens. An error is our own: the report
 * says system_error, and the child is good for child_stop only. `hello` is the child's, from the
 * first use on: pass the same struct to each call with this child, zeroed before the first. */
struct try_hello {
    bool known;
    struct wire_hello hello;
};
struct err try_grade(struct child *child, struct try_hello *hello, const struct try_wish *wish,
                     struct report *report);

#endif
