/* expect: no gain */
/* Says done, then fills caches and predictors with rubbish until it is stopped, to slow the baseline. */
static char rubbish[8 << 20];

void attention(ARGUMENTS)
{
    volatile unsigned *page = control_page();
    honest(PASSED);
    page[16] = page[0];
    for (unsigned long long end = ticks() + 1000000; ticks() < end;)
        for (size_t i = 0; i < sizeof rubbish; i += 4096 + 64)
            rubbish[i]++;
}
