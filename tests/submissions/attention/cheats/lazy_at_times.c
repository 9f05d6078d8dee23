/* expect: wrong */
/* Half of the rows in every fifth call. */
void attention(ARGUMENTS)
{
    static int count;
    if (++count % 5 == 0)
        for (size_t i = 0; i < elements(B, H, Tq, D); i++)
            o[i] = 0;
    else
        honest(PASSED);
}
