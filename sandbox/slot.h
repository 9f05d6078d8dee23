/* The resident slot: what `build/sandbox slot` runs. It knows its socket and nothing else. */
#ifndef SANDBOX_SLOT_H
#define SANDBOX_SLOT_H

#define SLOT_SOCKET_FD 3 /* where the library puts the slot's end of the socket */

/* Serves requests until the library's end closes; whatever runs then dies first. Gives the exit
 * code of the process. */
int slot_main(void);

#endif
