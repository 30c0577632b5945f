/* Descriptions of tensors whose dims differ from world to world, as those of models with symbolic dims do: what holds for the dims
 * holds for the sizes in each world. */
#ifndef NN_FORM_SIZES_H
#define NN_FORM_SIZES_H

#include "form/form_graph.h"

/* Another axis of this length. */
tensor_desc form_desc_raised(form_model *m, const tensor_desc *from, int axis, int64_t length);
/* Without the axis. */
tensor_desc form_desc_lowered(form_model *m, const tensor_desc *from, int axis);
/* The axis has this length in all worlds. */
void form_desc_resize(form_model *m, tensor_desc *d, int axis, int64_t length);
/* sizes: the dims in each world, one world after the other, in the arena. They are dropped if they are the same in all. */
void form_desc_size(form_model *m, tensor_desc *d, const int64_t *sizes);
/* Room for the sizes of a tensor of this rank; NULL: dims are the same in all worlds, or `failed` is set. */
int64_t *form_sizes_room(form_model *m, const tensor_desc *like, int rank);

bool form_sizes_equal(const form_model *m, const tensor_desc *a, const tensor_desc *b); /* dims in all worlds */
int64_t form_longest(const form_model *m, const tensor_desc *d, int axis);              /* in any world */
int64_t form_shortest(const form_model *m, const tensor_desc *d, int axis);
/* Whether the axis has several lengths: data decide it, or a symbol sizes it. */
bool form_axis_varies(const form_model *m, const tensor_desc *d, int axis);
/* Whether the tensor has no elements in some world. */
bool form_ever_empty(const form_model *m, const tensor_desc *d);

/* Whether form_filled finds what it needs. */
bool form_can_fill(const form_model *m, const form_graph *g, const form_list *candidates, const tensor_desc *d);
/* Whether each of the values can be filled, or stacked along another axis and picked again. */
bool form_can_begin(const form_model *m, const form_graph *g, const form_list *candidates, const form_list *values);

/* The dims of v, computed in the graph. */
form_value *form_shape_of(form_model *m, form_graph *g, form_value *v);
/* Equal elements that the type and range of the description have, in its dims: an initializer, or if dims differ from world to
 * world, a number that is expanded to the shape of a candidate in sight. NULL: there is none. */
form_value *form_filled(form_model *m, form_graph *g, const form_list *candidates, const tensor_desc *d);

#endif
