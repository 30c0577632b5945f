/* Whether operators can follow one another: found by solving them together, with draws of its own, so that the answer depends on
 * the operators alone. */
#ifndef NN_BUILD_PATH_H
#define NN_BUILD_PATH_H

#include "build/build.h"

/* Whether some output of a has a type that an input of z takes. */
bool build_path_typed(const op_model *a, const op_model *z);

/* Prepares a builder for probing: t is a seeded tape, used until the last probe. NN_ERR_NOMEM or NN_OK. */
nn_status build_probe_begin(builder *b, tape *t, const lower_limits *limits);
/* Whether n operators (2 to 4) can follow one another in a graph; *reason: NULL, or why no instance of them was found (static).
 * *tries: those allowed, then those made. NN_ERR_NOMEM or NN_OK. */
nn_status build_probe_path(builder *b, const uint16_t *ops, size_t n, int *tries, const char **reason);

#endif
