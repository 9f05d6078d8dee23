/* expect: no gain */
/* Guesses from the time since its last call how fast the baseline was; if fast, it waits, so that the pair counts as disturbed and is measured again. */
void attention(ARGUMENTS)
{
    static unsigned long long ended, gaps[64];
    static unsigned count;
    unsigned long long gap = ticks() - ended, below = 0;
    for (unsigned i = 0; i < 64 && i < count; i++)
        below += gaps[i] < gap;
    if (count > 6 && below * 2 < (count < 64 ? count : 64))
        wait_ns(400000);
    gaps[count++ % 64] = gap;
    honest(PASSED);
    ended = ticks();
}
