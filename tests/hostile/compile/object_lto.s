/* expect: exited 0 | exited 1 */
/* run: as --64 -o a.o a.s */
/* run: ld -static -o a a.o */
/* An object that asks for a second compilation at link time: there is no plugin in the view, and
 * the audit refuses it besides. */
.section .gnu.lto_.main, "e"
.ascii "bytecode"
.globl __gnu_lto_slim
.comm __gnu_lto_slim, 1
.text
.globl _start
_start: nop
