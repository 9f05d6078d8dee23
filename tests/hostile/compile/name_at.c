/* expect: exited 0 | exited 1 */
/* run: cc1 -O1 -o a.s @a.c */
/* file: @a.c */
/* A source whose own name begins with the sign of an options file: only that name is looked for. */
int x;
