/* expect: compile_error */
/* The same by its section. */
static void early(void)
{
}

__attribute__((section(".init_array"), used)) static void (*const first)(void) = early;

void attention(ARGUMENTS)
{
    honest(PASSED);
}
