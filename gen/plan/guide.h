/* The user's guidance of a family: paths that every model has, paths that no model has, and weights.
 *
 * Ownership: a guide owns its parts. It is immutable after guide_open; threads may share it. */
#ifndef NN_GUIDE_H
#define NN_GUIDE_H

#include "build/avoid.h"
#include "build/build.h"
#include "build/weights.h"

typedef struct {
    arena mem;
    due_path *contain;
    size_t n_contain;
    const avoid_set *avoid;    /* NULL: none */
    const op_weights *weights; /* NULL: none */
} guide;

typedef struct {
    const char *contain, *avoid; /* sequences A,B,C, separated by semicolons; "": none */
    const char *weights;         /* see weights.h; "": none */
} guide_texts;

/* nodes and limits of the models, to check that the paths fit. NN_ERR_USAGE: a path is impossible; the message says why. */
nn_status guide_open(guide *g, const op_set *ops, const guide_texts *t, size_t nodes, const lower_limits *limits, nn_error *err);
void guide_close(guide *g);

#endif
