#include "build/build_draw.h"

size_t build_draw(builder *b, const char *label, size_t n)
{
    size_t at = (size_t)tape_draw(b->t, label, n);
    return n > 1 ? (at + b->turn) % n : 0;
}

dtype build_draw_type(builder *b, dtype_mask types)
{
    dtype found[DT_COUNT] = {DT_NONE};
    size_t n = 0;
    for (int t = 1; t < DT_COUNT; t++)
        if (types >> t & 1)
            found[n++] = (dtype)t;
    return found[n > 1 ? build_draw(b, "type", n) : 0];
}

dtype build_draw_data_type(builder *b, dtype_mask types)
{
    dtype_mask float32 = (dtype_mask)1 << DT_FLOAT32, others = types & b->ops->data & ~float32;
    if (!others || (types & float32 && tape_chance(b->t, "float32", 1, 3)))
        return DT_FLOAT32;
    return build_draw_type(b, others);
}

size_t build_draw_op(builder *b, const char *label, const op_list *l, size_t before)
{
    uint64_t sum = 0; /* the sum of at most 65,536 weights below 2^47 */
    for (size_t i = 0; b->weights && i < l->n; i++)
        sum += weights_of(b->weights, before, l->items[i]);
    if (sum == 0 && b->weights && before != SIZE_MAX)
        return build_draw_op(b, label, l, SIZE_MAX); /* by weight, no operator of the list may follow `before` */
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

const op_model *build_draw_rare(builder *b, const op_list *l)
{
    if (b->weights)
        return build_op_at(b, l, build_draw_op(b, "operator", l, SIZE_MAX));
    const op_model *x = build_op_at(b, l, build_draw(b, "operator", l->n)), *y = build_op_at(b, l, build_draw(b, "operator", l->n));
    return b->s.op_counts[y->index] < b->s.op_counts[x->index] ? y : x;
}

const op_list *build_joins(const builder *b)
{
    const op_list *mixers = op_probe_mixers(b->probe);
    return b->s.strict && mixers->n > 0 ? mixers : &b->index->joins;
}

int build_partners(const builder *b, int wanted)
{
    bool enough = (uint64_t)b->s.joins * 1000 >= (uint64_t)b->style.joins * (b->s.n_nodes + 1);
    return enough && manner_says(b->manner, MANNER_joins) ? 0 : wanted;
}
