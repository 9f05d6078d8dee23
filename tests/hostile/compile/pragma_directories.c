/* expect: exited 0 | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Adds directories of the host by pragmas that are none. */
#pragma GCC include_dirs "/etc"
#pragma GCC system_header
#pragma include_alias("a.h", "/etc/passwd")
int x;
