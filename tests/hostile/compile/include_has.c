/* expect: exited 0 */
/* run: cc1 -O1 -o a.s a.c */
/* Asks whether host files exist: every answer is no. */
#if __has_include("/etc/passwd") || __has_include("/proc/self/maps") || __has_include("/bin/sh") || __has_include("/root") || __has_include("/work/../etc/hostname")
#error "the host can be seen"
#endif
int x;
