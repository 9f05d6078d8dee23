/* expect: no gain|wrong */
/* The done word a little before the end, so that the way to the freeze is used for work. */
void attention(ARGUMENTS)
{
    volatile unsigned *page = control_page();
    const int last = 4;
    for (int h = 0; h < H; h++) {
        size_t at = elements(1, 1, Tq, D) * (size_t)h, keys = elements(1, 1, Tk, D) * (size_t)h;
        size_t rest = (size_t)(Tq - last) * (size_t)D;
        honest(1, 1, Tq - last, Tk, D, q + at, k + keys, v + keys, (int[]){kvlen[0] - last}, causal, o + at);
        if (h == H - 1)
            page[16] = page[0];
        honest(1, 1, last, Tk, D, q + at + rest, k + keys, v + keys, kvlen, causal, o + at + rest);
    }
}
