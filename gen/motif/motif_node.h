/* The nodes of a motif, `NAME: Op(operand, ...) pin=value ...`.
 *
 * Ownership: as in motif_def.h. */
#ifndef NN_MOTIF_NODE_H
#define NN_MOTIF_NODE_H

#include "motif/motif_expr.h"

/* Adds the node and the names of its outputs. An operator that the op_set lacks is no error: the motif is left out. */
nn_status motif_node_parse(const motif_compile *c, const spec_pair *pair);
/* Narrows the motif's type variables to what the operators take; leaves the motif out if one has no type left. */
nn_status motif_types_narrow(const motif_compile *c);

#endif
