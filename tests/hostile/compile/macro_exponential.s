/* expect: memory_limit | cpu_limit | output_limit | exited 1 */
/* run: as --64 -o a.o a.s */
/* Macros that call the next one ten times, ten levels deep. */
.macro m10
m9
m9
m9
m9
m9
m9
m9
m9
m9
m9
.endm
.macro m9
m8
m8
m8
m8
m8
m8
m8
m8
m8
m8
.endm
.macro m8
m7
m7
m7
m7
m7
m7
m7
m7
m7
m7
.endm
.macro m7
m6
m6
m6
m6
m6
m6
m6
m6
m6
m6
.endm
.macro m6
m5
m5
m5
m5
m5
m5
m5
m5
m5
m5
.endm
.macro m5
m4
m4
m4
m4
m4
m4
m4
m4
m4
m4
.endm
.macro m4
m3
m3
m3
m3
m3
m3
m3
m3
m3
m3
.endm
.macro m3
m2
m2
m2
m2
m2
m2
m2
m2
m2
m2
.endm
.macro m2
m1
m1
m1
m1
m1
m1
m1
m1
m1
m1
.endm
.macro m1
m0
m0
m0
m0
m0
m0
m0
m0
m0
m0
.endm
.macro m0
.quad 1
.endm
m10
