/* expect: no gain */
/* The kernel itself: what the others are held against. */
void attention(ARGUMENTS)
{
    honest(PASSED);
}
