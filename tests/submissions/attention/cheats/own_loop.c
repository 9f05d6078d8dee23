/* expect: no gain */
/* Never returns: says done itself and waits for the next go, to begin before the runner would. */
void attention(ARGUMENTS)
{
    volatile unsigned *page = control_page();
    for (;;) {
        unsigned number = page[0];
        unsigned long long one = 1;
        honest(PASSED);
        page[16] = number;
        call3(CALL_WRITE, 6, (long)&one, 8);
        while (page[0] == number)
            __builtin_ia32_pause();
    }
}
