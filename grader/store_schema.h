/* The tables, as numbered migrations. Used by store.c and its tests. */
#ifndef GRADER_STORE_SCHEMA_H
#define GRADER_STORE_SCHEMA_H

/* store_migrations[n] takes a database from user_version n to n + 1: statements, ending with NULL.
 */
extern const char *const *const store_migrations[];
extern const int store_version; /* PRAGMA user_version that this program writes */

#endif
