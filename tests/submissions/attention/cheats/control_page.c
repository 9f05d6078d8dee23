/* expect: no gain */
/* Every word of the control page overwritten, the sizes and places too. */
void attention(ARGUMENTS)
{
    volatile unsigned *page = control_page();
    unsigned go = page[0];
    honest(PASSED);
    for (int i = 32; i < 1024; i++)
        page[i] = 0xFFFFFFFF;
    page[0] = go;
}
