#include "build/build_weighted.h"
#include "build/build_budget.h"
#include "build/build_input.h"
#include "build/build_moves.h"

#define TURNS 12
#define FOLLOW_TRIES 4

/* Draws a node to continue from: a live one, where newer ones are more likely in a chain, or any node, to branch from. */
static int32_t draw_node(builder *b)
{
    size_t n = b->s.live.n;
    bool branch = b->s.live.n < b->style.live && tape_chance(b->t, "branch", 1, b->style.deep ? 20 : 3);
    if (branch || n == 0)
        return (int32_t)build_draw(b, "node", b->s.n_nodes);
    if (b->style.deep && tape_chance(b->t, "newest", 3, 4))
        n = 1;
    else if (b->style.chain)
        n = (size_t)tape_draw(b->t, "age", n) + 1;
    return b->s.live.items[b->s.live.n - 1 - build_draw(b, "live", n)];
}

/* Places the operator on an output of the node. */
static lower_result follow(builder *b, const op_model *op, int32_t node, bool join)
{
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < FOLLOW_TRIES && res == LOWER_FAIL; k++) {
        const graph_node *from = &b->s.nodes[node];
        int32_t t = from->outputs[build_draw(b, "output", from->n_outputs)];
        int input = t < 0 ? -1 : build_input_for(b, op, t);
        if (input < 0)
            continue;
        op_spec sp = spec_of(op);
        spec_give(&sp, 0, t, input);
        sp.partners = b->index->facts[op->index].most_data >= 2 && (join || build_partners(b, tape_chance(b->t, "join", 1, 2)));
        res = build_try_one(b, sp);
    }
    return res;
}

lower_result build_weighted_step(builder *b)
{
    bool crowded = b->s.strict && b->s.live.n + b->s.shown > b->limit;
    const op_list *list = crowded && b->index->float_joins.n ? &b->index->float_joins : &b->index->usable;
    long slack = build_slack(b);
    lower_result res = LOWER_FAIL;
    for (int turn = 0; turn < TURNS && res == LOWER_FAIL; turn++) {
        int32_t node = draw_node(b);
        const op_model *op = build_op_at(b, list, build_draw_op(b, "operator", list, b->s.nodes[node].op));
        if (!build_affords(b, op, slack))
            continue;
        res = follow(b, op, node, crowded);
        /* If necessary, the drawn operator is placed elsewhere, so that operators with narrow domains are not rarer than
         * requested. If pairs have weights, other followers are drawn first. */
        if (res == LOWER_FAIL && (!b->weights->pairs || turn >= TURNS / 2))
            res = build_place(b, op, true);
    }
    return res;
}
