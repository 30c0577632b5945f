/* The budget of nodes: a graph has exactly the requested number. */
#ifndef NN_BUILD_BUDGET_H
#define NN_BUILD_BUDGET_H

#include "build/build_int.h"

/* The number of nodes needed to finish a graph with these components and live nodes, not counting due operators. OP_COST_NONE: it
 * cannot be finished. */
long build_need(const builder *b, size_t components, size_t live, int sink_need);
/* The same for the current graph. */
long build_need_now(const builder *b);
/* The number of nodes left for any use, once everything open is closed and everything due is placed; < 0: there is no room. */
long build_slack(const builder *b);

/* Whether there is room for an operator of this cost: it is due, or the slack, together with the open ends that it may close,
 * allows it. */
static inline bool build_affords(const builder *b, const op_model *op, long slack)
{
    return b->index->facts[op->index].cost <= slack + 1 + b->s.sink_need || b->due.left[op->index] > 0;
}

/* The largest number of graph outputs of a graph of n nodes. */
static inline size_t build_most_outputs(size_t n)
{
    return n / 8 + 2;
}

#endif
