/* Checks a request before anything starts, and packs it for the slot. */
#ifndef SANDBOX_REQUEST_H
#define SANDBOX_REQUEST_H

#include "sandbox/wire.h"

#include <stdbool.h>

/* ERR_INPUT names the field and its range, or says what the program lacks. */
struct err request_check(const struct sandbox_request *request);

/* Packs a checked request but for serial and memory fields. out_fds holds FDIO_PASSED_MAX and
 * borrows from the request, in the order of wire.h. ERR_INPUT: argv too long. */
struct err request_pack(const struct sandbox_request *request, struct slot_start *out_start,
                        int *out_fds, size_t *out_fds_count);

/* Bytes of the files and memfds among the program and its descriptors: what it may map without
 * owning it. */
uint64_t request_shared_bytes(const struct sandbox_request *request);

/* ERR_INPUT unless fd is an x86-64 program, and a static one (no interpreter) unless `dynamic`.
 * Reads the headers only. */
struct err program_check(int fd, bool dynamic);

#endif
