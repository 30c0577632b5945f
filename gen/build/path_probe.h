/* Whether operators can follow one another in a graph: found by solving them together, with draws of its own, so that the answer
 * depends on the operators alone. */
#ifndef NN_PATH_PROBE_H
#define NN_PATH_PROBE_H

#include "build/build.h"

/* Prepares a builder for probing: t is a seeded tape, used until the last probe. NN_ERR_NOMEM or NN_OK. */
nn_status path_probe_begin(builder *b, tape *t, const lower_limits *limits);
/* Whether n operators (2 to LOWER_MAX_FRAMES) can follow one another. *reason: NULL if they can, else why not (a static string).
 * *tries: those allowed, then those made. NN_ERR_NOMEM or NN_OK. */
nn_status path_probe(builder *b, const uint16_t *ops, size_t n, int *tries, const char **reason);

#endif
