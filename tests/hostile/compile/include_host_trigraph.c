/* expect: exited 1 */
/* run: cc1 -O1 -trigraphs -o a.s a.c */
/* says: No such file */
/* The same by a trigraph. */
??=include "/etc/passwd"
int x;
