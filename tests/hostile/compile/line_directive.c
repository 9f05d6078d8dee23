/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Names a host file as the place of an error: gcc opens that file to show the line. There is no
 * such file to be shown. */
#line 1 "/etc/passwd"
int x = nothing_such;
