/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same by a digraph, which beats every filter of source text. */
%:include "/etc/passwd"
int x;
