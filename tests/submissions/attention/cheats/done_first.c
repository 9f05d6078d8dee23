/* expect: wrong */
/* The done word and the done event first, the work afterwards. */
void attention(ARGUMENTS)
{
    unsigned long long one = 1;
    volatile unsigned *page = control_page();
    page[16] = page[0];
    call3(CALL_WRITE, 6, (long)&one, 8);
    honest(PASSED);
}
