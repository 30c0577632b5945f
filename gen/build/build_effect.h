/* The effect of a group on the graph, computed before anything is changed. */
#ifndef NN_BUILD_EFFECT_H
#define NN_BUILD_EFFECT_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The state after the group would be committed. */
typedef struct {
    const char *fault; /* why the group may not enter the graph (a static string); NULL: it may */
    size_t nodes, live, components, joins, new_inputs;
    size_t shown; /* tensors that become graph outputs although they have consumers */
    int sink_need;
} build_effect;

/* Faults are: an input that an operator takes twice; a new graph input that is not of a type of data; an output that the operator
 * leaves out; inputs that would cancel, or that do not vary along an axis although the operator requires it; outputs with a
 * single value; constants and weak values where none are needed; a forbidden path. In a motif, only those of types, a forbidden
 * path, and a shown tensor that cannot be a graph output. The only part of the state that may change is the union-find of
 * components, by path halving. */
void state_foresee(build_state *s, const op_group *g, build_effect *e);

#endif
