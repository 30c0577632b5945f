/* Draws that all parts of the builder share. */
#ifndef NN_BUILD_DRAW_H
#define NN_BUILD_DRAW_H

#include "build/build_int.h"

/* A draw below n, rotated by the number of failed tries in this step. Equal draws, as from a tape of bytes that is used up, then
 * still visit all choices. */
size_t build_draw(builder *b, const char *label, size_t n);
/* Draws one of these types; DT_NONE: there is none. */
dtype build_draw_type(builder *b, dtype_mask types);
/* Draws a type of data among these, for a free choice: float32 in a third of the cases. float32 if there is none. */
dtype build_draw_data_type(builder *b, dtype_mask types);
/* Draws an index in a list of operators, by weight if there are weights. before: the operator that it would follow; SIZE_MAX:
 * none. */
size_t build_draw_op(builder *b, const char *label, const op_list *l, size_t before);
/* Operators that can join two tensors; in a strict state, only those that can join a weak tensor with another one. */
const op_list *build_joins(const builder *b);
/* The number of partners that an operator gets: none if a manner states the share of joins and the graph has enough of them. */
int build_partners(const builder *b, int wanted);
/* Draws an operator of the list: by weight, or the less frequent one in the graph of two draws. */
const op_model *build_draw_rare(builder *b, const op_list *l);

/* The operator at an index of a list, modulo its length. */
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
