/* The kit of an assignment: what a student starts from, as a .tar.gz. Made from the files in
 * assignments/NAME alone; never reference files, hidden details or the assignment file. */
#ifndef GRADER_KIT_H
#define GRADER_KIT_H

#include "assignments/spec.h"
#include "sandbox/base/buf.h"

#define KIT_MAX ((size_t)2 * 1024 * 1024) /* of the archive, packed or not */

/* Appends NAME/{NAME.h, NAME.c, NAME.cuh, NAME.cu, TASK.md, TASK.zh.md, README} as ustar under
 * gzip. Files that the assignment does not have (.cuh, .cu, tasks) are left out; header and starter
 * must be there.
 * The same files give the same bytes: times are fixed.
 *
 * home      of the installation: holds assignments/
 * base_url  "http://127.0.0.1:8080", for the line that people paste
 * out       room for KIT_MAX */
struct err kit_build(const struct spec *spec, const char *home, const char *base_url,
                     struct buf *out);

#endif
