/* The honest program that runs after each hostile one: reads numbers, writes a known answer of
 * each, and says so. It leaves a secret in its memory for the next one to look for. */
#include "tests/hostile/hostile.h"

#define COUNT_NUMBERS (SHARED_BYTES / 4)

int main(void)
{
    char secret[16];
    canary_secret(secret);
    const uint32_t *numbers = (const void *)shared_map(INPUT, PROT_READ);
    uint32_t *answers = (void *)shared_map(ANSWER, PROT_READ | PROT_WRITE);
    char *heap = malloc(1 << 20);
    if (numbers == NULL || answers == NULL || heap == NULL)
        return 1;
    for (uint32_t i = 0; i < COUNT_NUMBERS; i++)
        answers[i] = canary_answer(numbers[i], i);
    for (size_t i = 0; i + sizeof secret <= 1 << 20; i += sizeof secret)
        memcpy(heap + i, secret, sizeof secret);
    __asm__ volatile("" : : "r"(heap) : "memory");
    return write(OUTPUT, "right\n", 6) == 6 ? 0 : 2;
}
