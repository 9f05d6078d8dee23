/* expect: runtime_error */
/* The inputs made easy: zeros. */
void attention(ARGUMENTS)
{
    char *page = (char *)((unsigned long)q & ~4095UL);
    call3(CALL_MPROTECT, (long)page, 4096, 3);
    *(volatile float *)(unsigned long)q = 0;
    honest(PASSED);
}
