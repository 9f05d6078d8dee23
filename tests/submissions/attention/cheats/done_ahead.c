/* expect: wrong|no gain */
/* The done word of the next call as well, so that it is over before it began. */
void attention(ARGUMENTS)
{
    volatile unsigned *page = control_page();
    honest(PASSED);
    page[16] = page[0];
    for (unsigned long long end = ticks() + 4000; ticks() < end;)
        ;
    page[16] = page[0] + 1;
    for (unsigned long long end = ticks() + 20000000; ticks() < end;)
        ;
}
