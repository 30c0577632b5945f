/* The nodes that are left: a graph has exactly as many as asked for. */
#ifndef NN_BUILD_BUDGET_H
#define NN_BUILD_BUDGET_H

#include "build/build_int.h"

/* Nodes needed to finish a graph with these components and live nodes, without due operators; OP_COST_NONE: it cannot be finished.
 */
long build_need(const builder *b, size_t components, size_t live, int sink_need);
/* The same of the graph as it is. */
long build_need_now(const builder *b);
/* Nodes that are free for anything, once all that is open is finished and all that is due is placed; < 0: there is no room. */
long build_slack(const builder *b);

/* Whether there is room for an operator of this cost: it is due, or the slack allows it and what it may close of open ends. */
static inline bool build_affords(const builder *b, const op_model *op, long slack)
{
    return b->index->facts[op->index].cost <= slack + 1 + b->s.sink_need || b->due.left[op->index] > 0;
}

#endif
