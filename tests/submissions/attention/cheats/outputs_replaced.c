/* expect: wrong */
/* Memory of its own instead of the outputs, which is faster to write. */
void attention(ARGUMENTS)
{
    char *page = (char *)((unsigned long)o & ~4095UL);
    size_t bytes = (elements(B, H, Tq, D) * sizeof *o + 8191) & ~4095UL;
    call3(CALL_MUNMAP, (long)page, (long)bytes, 0);
    call6(CALL_MMAP, (long)page, (long)bytes, 3, 0x32, -1, 0);
    honest(PASSED);
}
