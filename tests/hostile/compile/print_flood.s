/* expect: output_limit */
/* run: as --64 -o a.o a.s */
/* Words on the output without end. */
.rept 100000
.print "a long message that is repeated until somebody stops it"
.endr
