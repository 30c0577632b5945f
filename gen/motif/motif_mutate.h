/* Near misses: a plan that is almost the motif. They are generic, so that a motif states nothing about them.
 *
 * Ownership: as in motif.h. */
#ifndef NN_MOTIF_MUTATE_H
#define NN_MOTIF_MUTATE_H

#include "motif/motif_def.h"

/* Makes one or two near misses and names them in p->mutations. The first is of the kind (motif_draw_near_miss), if that applies.
 * Nodes whose operands others claim to know, and what these are computed from, stay as they are. given: input 0 is a tensor of the
 * graph and keeps its shape and type. NN_ERR_NOMEM. */
nn_status motif_mutate(const motif_set *s, motif_plan *p, int kind, bool given, const lower_limits *limits, tape *t, arena *a);

#endif
