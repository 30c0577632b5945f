/* Reads manifests back: whose they are, and whether two are of the same run. */
#ifndef NN_MANIFEST_READ_H
#define NN_MANIFEST_READ_H

#include "base.h"

typedef enum {
    MANIFEST_FOREIGN,    /* no manifest of nngen */
    MANIFEST_UNFINISHED, /* of a run that was stopped */
    MANIFEST_WHOLE
} manifest_kind;

/* Of an open file, read from where it stands. */
manifest_kind manifest_look(int fd);
/* Whether the file, a manifest or the record of a run, says the same as the n bytes of manifest_run. If not, why names the first
 * difference. */
bool manifest_agrees(int fd, const char *run, size_t n, char *why, size_t size);

#endif
