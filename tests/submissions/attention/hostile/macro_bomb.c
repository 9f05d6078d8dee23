/* expect: compile_error */
/* Two to the fortieth tokens. */
#define A(x) x x x x x x x x x x x x x x x x
#define B(x) A(A(A(A(A(x)))))
#define C(x) B(B(x))
int bomb[] = {C(1,)};
