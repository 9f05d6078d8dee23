/* expect: forbidden_call process_vm_readv */
/* Reads what the baseline has just computed. */
void attention(ARGUMENTS)
{
    struct {
        void *at;
        unsigned long size;
    } here = {o, 4096}, there = {o, 4096};
    for (long pid = 1; pid < 64; pid++)
        call6(310, pid, (long)&here, 1, (long)&there, 1, 0);
    honest(PASSED);
}
