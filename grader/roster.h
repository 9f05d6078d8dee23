/* A class list as CSV: the columns login, name, email, section, student_id and alias, by their
 * names in the first line, in any order; login and name must be there; unknown columns are refused,
 * so that a misspelt one is not lost. Pure. */
#ifndef GRADER_ROSTER_H
#define GRADER_ROSTER_H

#include "grader/csv.h"

#define ROSTER_ROWS_MAX 20000
#define ROSTER_TEXT_MAX 96

struct roster_row {
    int64_t line, login_column, student_id_column, alias_column; /* where they stand in the file */
    char login[33];
    char name[ROSTER_TEXT_MAX], email[ROSTER_TEXT_MAX], section[33], student_id[33], alias[33];
};

struct roster {
    struct roster_row *rows; /* owned */
    size_t count;
    bool has_email, has_section, has_student_id, has_alias; /* columns of the file */
};

/* All or nothing: ERR_INPUT names line and column of the first fault: no such column, a login that
 * is none ([a-z0-9][a-z0-9_-]{0,31}), an empty name, a login, student_id or alias that comes twice,
 * a field that is too long or holds control characters. Release what came. */
struct err roster_read(struct roster *out, const char *bytes, size_t size);
void roster_release(struct roster *roster);

/* True for "erased-" and digits: an erased person's login, which nobody else may take. */
bool roster_is_reserved(const char *login);

/* True for [a-z0-9][a-z0-9_-]{0,31}: many schools give numbers. */
bool roster_is_login(const char *word);

#endif
