/* expect: memory_limit | cpu_limit | output_limit | exited 0 | exited 1 */
/* run: cc1 -O1 -o a.s a.c */
/* Functions that must be inlined into each other, ten times each. */
static volatile int v;
static inline __attribute__((always_inline)) void f0(void)
{
    v++;
}
static inline __attribute__((always_inline)) void f1(void)
{
    f0(); f0(); f0(); f0(); f0(); f0(); f0(); f0(); f0(); f0();
}
static inline __attribute__((always_inline)) void f2(void)
{
    f1(); f1(); f1(); f1(); f1(); f1(); f1(); f1(); f1(); f1();
}
static inline __attribute__((always_inline)) void f3(void)
{
    f2(); f2(); f2(); f2(); f2(); f2(); f2(); f2(); f2(); f2();
}
static inline __attribute__((always_inline)) void f4(void)
{
    f3(); f3(); f3(); f3(); f3(); f3(); f3(); f3(); f3(); f3();
}
static inline __attribute__((always_inline)) void f5(void)
{
    f4(); f4(); f4(); f4(); f4(); f4(); f4(); f4(); f4(); f4();
}
static inline __attribute__((always_inline)) void f6(void)
{
    f5(); f5(); f5(); f5(); f5(); f5(); f5(); f5(); f5(); f5();
}
static inline __attribute__((always_inline)) void f7(void)
{
    f6(); f6(); f6(); f6(); f6(); f6(); f6(); f6(); f6(); f6();
}
static inline __attribute__((always_inline)) void f8(void)
{
    f7(); f7(); f7(); f7(); f7(); f7(); f7(); f7(); f7(); f7();
}
void f(void)
{
    f8();
}
