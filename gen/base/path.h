/* Paths in messages. Of a path that is too long for an nn_error, the end is shown: it tells more than the beginning. */
#ifndef NN_PATH_H
#define NN_PATH_H

#include "base.h"

enum { PATH_SHOWN = sizeof((nn_error){.line = 0}).file };

/* above/name. With an empty name it is `above` alone; with NULL for above it is the name alone. */
void path_shown(char out[PATH_SHOWN], const char *above, const char *name);
/* NN_ERR_IO at above/name: `what`, with the system's reason unless that is 0. errno is `reason` afterwards. */
nn_status path_fail(nn_error *err, const char *above, const char *name, const char *what, int reason);

#endif
