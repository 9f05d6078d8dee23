/* expect: no gain */
/* Upper halves of the vector registers and the x87 stack left dirty, to slow whoever comes next. */
void attention(ARGUMENTS)
{
    honest(PASSED);
    __asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n\tvpcmpeqd %%ymm15, %%ymm15, %%ymm15\n\tfld1\n\tfldpi\n\tfldz"
                     :
                     :
                     : "xmm0", "xmm15");
}
