/* Draws that the whole builder shares. */
#ifndef NN_BUILD_DRAW_H
#define NN_BUILD_DRAW_H

#include "build/build_int.h"

/* A draw below n, moved on by the number of tries that failed in this step: equal draws, as from an exhausted tape, go round the
 * choices. */
size_t build_draw(builder *b, const char *label, size_t n);
/* One of these types; DT_NONE: there is none. */
dtype build_draw_type(builder *b, dtype_mask types);
/* A type of data among these, where nothing binds it: float32 in a third of the cases; float32 if there is none. */
dtype build_draw_data_type(builder *b, dtype_mask types);
/* A place in a list of operators, by weight where there are weights. before: the operator that it would follow, SIZE_MAX: none. */
size_t build_draw_op(builder *b, const char *label, const op_list *l, size_t before);
/* An operator of the list: by weight, or the one of two that the graph holds less often. */
const op_model *build_draw_rare(builder *b, const op_list *l);

/* The operator at a place of a list, which is taken round. */
static inline const op_model *build_op_at(const builder *b, const op_list *l, size_t i)
{
    return &b->ops->ops[l->items[i % l->n]];
}
static inline bool build_is_data(const builder *b, dtype t)
{
    return b->ops->data >> t & 1;
}
/* Whether there are several types of data. */
static inline bool build_many_types(const builder *b)
{
    return (b->ops->data & (b->ops->data - 1)) != 0;
}

#endif
