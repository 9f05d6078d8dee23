/* expect: wrong */
/* Memory of its own, all zero, mapped over the inputs. */
void attention(ARGUMENTS)
{
    char *page = (char *)((unsigned long)k & ~4095UL);
    call6(CALL_MMAP, (long)page, 65536, 3, 0x32, -1, 0);
    honest(PASSED);
}
