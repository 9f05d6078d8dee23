/* expect: no gain */
/* Denormals flushed, rounding towards zero left behind, exceptions unmasked. */
void attention(ARGUMENTS)
{
    unsigned flush = 0x9fc0, left = 0x7fc0;
    __asm__ volatile("ldmxcsr %0" : : "m"(flush));
    honest(PASSED);
    __asm__ volatile("ldmxcsr %0" : : "m"(left));
}
