#include "build/build_budget.h"

long build_need(const builder *b, size_t components, size_t live, int sink_need)
{
    size_t joins = components > 1 ? components - 1 : 0;
    if (live > b->limit && live - b->limit > joins)
        joins = live - b->limit;
    if (joins > 0 && b->index->joins.n == 0)
        return OP_COST_NONE;
    return sink_need + 2 * (long)joins; /* a join may need another operator first, to change a shape */
}

long build_need_now(const builder *b)
{
    return build_need(b, b->s.components, b->s.live.n + b->s.shown, b->s.sink_need);
}

long build_slack(const builder *b)
{
    long due = b->lenient ? 0 : b->due.cost;
    return (long)b->nodes - (long)b->s.n_nodes - build_need_now(b) - due - b->paths.cost;
}
