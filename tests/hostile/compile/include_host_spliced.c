/* expect: exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* says: No such file */
/* The same with the words cut by line splices. */
#inc\
lude "/etc/pass\
wd"
int x;
