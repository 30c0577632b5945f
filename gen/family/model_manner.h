/* The manner of a model: what it draws before its graph is built. */
#ifndef NN_MODEL_MANNER_H
#define NN_MODEL_MANNER_H

#include "build/build.h"
#include "plan/wish.h"

/* How often a manner's models draw operators and pairs of them. NULL entries: all equally often. Lives in the arena. */
nn_status manner_weights(const op_weights **out, const manner *m, const op_set *ops, arena *a, nn_error *err);

/* One thread's workspace. */
typedef struct {
    manner_drawn drawn;
    op_weights weights;
    wish_list wishes;
    void *ops; /* of weights */
    size_t ops_capacity;
} model_manner;

/* Draws what the manner leaves to a model, but its sequences. base: of manner_weights, or the user's weights with guided, which
 * leaves operators and sequences to the user. false: out of memory. */
bool model_manner_draw(model_manner *x, const manner *m, const op_weights *base, bool guided, const op_set *ops, tape *t);
/* Draws the sequences that are planned in so many nodes. false: out of memory. */
bool model_manner_plan(model_manner *x, size_t nodes, tape *t);
/* The weights that the model uses; NULL: all operators are equally frequent. */
const op_weights *model_manner_weights(const model_manner *x, const op_weights *base);
void model_manner_free(model_manner *x);

#endif
