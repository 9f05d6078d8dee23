/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* The same by the marker that the preprocessor writes. */
# 1 "/etc/passwd" 1 3
int x = nothing_such;
