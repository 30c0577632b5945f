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
    size_t meeting;            /* while the text is read: paths that meet the next one, */
    uint16_t meeting_in;       /* and the operator in which they do */
    const avoid_set *avoid;    /* NULL: none */
    const op_weights *weights; /* NULL: none */
} guide;

typedef struct {
    /* Sequences A,B,C, separated by semicolons; "": none. In `contain`, B.1 is the operator B whose input 1 takes an output of the
     * operator before, and sequences with a `+` between them end in the same node. */
    const char *contain, *avoid;
    const char *weights; /* see weights.h; "": none */
    const step_watch *watch;  /* of models that are tried; NULL: nobody watches */
} guide_texts;

/* nodes and limits of the models, to check that the paths fit. NN_ERR_USAGE: a path is impossible; the message says why. */
nn_status guide_open(guide *g, const op_set *ops, const guide_texts *t, size_t nodes, const lower_limits *limits, nn_error *err);
void guide_close(guide *g);

#endif
