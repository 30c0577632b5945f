#include "base/path.h"

#include <errno.h>
#include <string.h>

void path_shown(char out[PATH_SHOWN], const char *above, const char *name)
{
    size_t na = above != NULL ? strlen(above) : 0, nb = strlen(name), gap = above != NULL && nb > 0, all = na + gap + nb, n = 0;
    size_t skip = all < PATH_SHOWN ? 0 : all - (PATH_SHOWN - 1);
    for (size_t i = skip; i < all && n < PATH_SHOWN - 1; i++)
        out[n++] = i < na ? above[i] : i < na + gap ? '/' : name[i - na - gap];
    if (skip > 0)
        memcpy(out, "...", 3);
    out[n] = '\0';
}

nn_status path_fail(nn_error *err, const char *above, const char *name, const char *what, int reason)
{
    char path[PATH_SHOWN];
    path_shown(path, above, name);
    nn_status s = reason != 0 ? nn_fail(err, NN_ERR_IO, path, 0, 0, "%s: %s", what, strerror(reason))
                              : nn_fail(err, NN_ERR_IO, path, 0, 0, "%s", what);
    errno = reason;
    return s;
}
