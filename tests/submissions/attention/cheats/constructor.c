/* expect: compile_error */
/* Work before main, where no clock runs. */
static float table[1024];

__attribute__((constructor)) static void early(void)
{
    for (int i = 0; i < 1024; i++)
        table[i] = expf((float)-i);
}

void attention(ARGUMENTS)
{
    honest(PASSED);
    o[0] += 0 * table[B];
}
