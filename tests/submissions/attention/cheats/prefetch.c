/* expect: no gain */
/* Asks for the next inputs, which will lie where these lie. */
void attention(ARGUMENTS)
{
    honest(PASSED);
    for (size_t i = 0; i < elements(B, H, Tk, D); i += 16) {
        __builtin_prefetch(k + i);
        __builtin_prefetch(v + i);
    }
}
