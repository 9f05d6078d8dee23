/* expect: forbidden_call clone */
/* A thread that works on after done, or before go. */
static char stack[65536];

void attention(ARGUMENTS)
{
    honest(PASSED);
    call6(56, 0x3d0f00, (long)(stack + sizeof stack - 64), 0, 0, 0, 0);
}
