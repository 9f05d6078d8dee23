/* expect: exited 0 | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Loads a plugin by a pragma for options. */
#pragma GCC optimize("plugin=/work/a.c", "lto", "dump-tree-all", "save-temps")
int f(void)
{
    return 1;
}
