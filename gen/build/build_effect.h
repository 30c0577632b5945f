/* What a group would do to the graph, found before anything is changed. */
#ifndef NN_BUILD_EFFECT_H
#define NN_BUILD_EFFECT_H

#include "build/build_state.h"
#include "build/op_group.h"

/* The state as it would be once the group is committed. */
typedef struct {
    const char *fault; /* why the group may not enter the graph, a static string; NULL: it may */
    size_t nodes, live, components, joins, new_inputs;
    int sink_need;
} build_effect;

/* Faults: an input of an operator twice, a new graph input of a type that is none of data, an output that the operator leaves out,
 * inputs that would cancel or do not vary along an axis where the operator needs it, outputs of one value, constants and weak
 * values where none is needed, a path that is to be avoided. Of the state only the union-find of components may change, by path
 * halving. */
void state_foresee(build_state *s, const op_group *g, build_effect *e);

#endif
