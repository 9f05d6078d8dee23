/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* Asks whether a host file is newer than the source. */
#pragma GCC dependency "/etc/passwd"
int x;
