/* Operators drawn by weight. */
#include "build/build_int.h"

#define TURNS 12
#define FOLLOW_TRIES 4

size_t build_draw_op(builder *b, const char *label, const op_list *l, size_t before)
{
    uint64_t sum = 0; /* of at most 65,536 weights below 2^47 */
    for (size_t i = 0; b->weights && i < l->n; i++)
        sum += weights_of(b->weights, before, l->items[i]);
    if (sum == 0 && b->weights && before != SIZE_MAX)
        return build_draw_op(b, label, l, SIZE_MAX); /* what comes before has no follower of weight here */
    if (sum == 0)
        return l->n > 0 ? build_draw(b, label, l->n) : 0;
    uint64_t at = tape_draw(b->t, label, sum);
    for (size_t i = 0; i < l->n; i++) {
        uint64_t w = weights_of(b->weights, before, l->items[i]);
        if (at < w)
            return i;
        at -= w;
    }
    return 0;
}

/* A node to go on from: a live one, the newer the likelier where the model is to be a chain, or any to branch from. */
static int32_t draw_node(builder *b)
{
    size_t n = b->s.live.n;
    bool branch = b->s.live.n < b->soft_live && tape_chance(b->t, "branch", 1, 3);
    if (branch || n == 0)
        return (int32_t)build_draw(b, "node", b->s.n_nodes);
    if (b->chainy)
        n = (size_t)tape_draw(b->t, "age", n) + 1;
    return b->s.live.items[b->s.live.n - 1 - build_draw(b, "live", n)];
}

static lower_result follow(builder *b, const op_model *op, int32_t node, bool join)
{
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < FOLLOW_TRIES && res == LOWER_FAIL; k++) {
        const graph_node *from = &b->s.nodes[node];
        int32_t t = from->outputs[build_draw(b, "output", from->n_outputs)];
        op_spec sp = spec_of(op);
        sp.given_input[0] = t < 0 ? -1 : build_input_for(b, op, t);
        if (sp.given_input[0] < 0)
            continue;
        sp.given[0] = t;
        sp.partners = b->index->facts[op->index].most_data >= 2 && (join || tape_chance(b->t, "join", 1, 2));
        res = build_try(b, &sp, 1);
    }
    return res;
}

lower_result build_weighted_step(builder *b)
{
    bool crowded = b->s.strict && b->s.live.n > b->limit;
    const op_list *list = crowded && b->index->float_joins.n ? &b->index->float_joins : &b->index->usable;
    long slack = build_slack(b);
    lower_result res = LOWER_FAIL;
    for (int turn = 0; turn < TURNS && res == LOWER_FAIL; turn++) {
        int32_t node = draw_node(b);
        const op_model *op = &b->ops->ops[list->items[build_draw_op(b, "operator", list, b->s.nodes[node].op)]];
        if (b->index->facts[op->index].cost > slack + 1 + b->s.sink_need && b->due_left[op->index] == 0)
            continue;
        res = follow(b, op, node, crowded);
        /* What is drawn is placed elsewhere if it must be, so that operators with narrow domains are not rarer than asked for;
         * where pairs have weights, other followers are drawn first. */
        if (res == LOWER_FAIL && (!b->weights->pairs || turn >= TURNS / 2))
            res = build_place(b, op, true);
    }
    return res;
}
