/* Paths in messages. If a path is too long for an nn_error, its end is shown, because it says more than the beginning. */
#ifndef NN_PATH_H
#define NN_PATH_H

#include "base.h"

enum { PATH_SHOWN = sizeof((nn_error){.line = 0}).file };

/* Writes above/name; `above` alone if name is empty; name alone if `above` is NULL. */
void path_shown(char out[PATH_SHOWN], const char *above, const char *name);
/* Fails with NN_ERR_IO at above/name. The message is `what`, followed by the system's reason unless `reason` is 0. Sets errno to
 * `reason`. */
nn_status path_fail(nn_error *err, const char *above, const char *name, const char *what, int reason);

#endif
