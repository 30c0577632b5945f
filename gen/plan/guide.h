/* What a family is asked for beyond its plan: paths that every model has, paths that none has, weights.
 *
 * Ownership: a guide owns its parts. Immutable after guide_open, may be shared by threads. */
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
    const char *contain, *avoid; /* sequences A,B,C with semicolons between; "": none */
    const char *weights;         /* see weights.h; "": none */
} guide_texts;

/* nodes, limits: of the models, to tell whether the paths can be there. NN_ERR_USAGE says what cannot be and why. */
nn_status guide_open(guide *g, const op_set *ops, const guide_texts *t, size_t nodes, const lower_limits *limits, nn_error *err);
void guide_close(guide *g);

#endif
