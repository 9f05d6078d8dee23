/* expect: exited 1 */
/* run: cc1 -O1 -o a.s @a.c */
/* file: a.c */
/* A source whose name is read as a file of options: they name outputs and files that are not
 * there. */
-include /etc/passwd -fplugin=/work/evil.so -imacros /etc/shadow
