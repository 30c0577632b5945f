#include "form/form_sizes.h"

#include <string.h>

static size_t worlds_of(const form_model *m)
{
    return m->request->g->n_worlds;
}

int64_t *form_sizes_room(form_model *m, const tensor_desc *like, int rank)
{
    const size_t n = tensor_sizes(like) != NULL ? worlds_of(m) : 0;
    return n > 0 ? form_memory(m, (n * (size_t)rank + 1) * sizeof(int64_t)) : NULL;
}

void form_desc_size(form_model *m, tensor_desc *d, const int64_t *sizes)
{
    tensor_worlds *w = sizes != NULL ? form_memory(m, sizeof *w) : NULL;
    bool varies = false;
    d->worlds = w;
    if (w == NULL)
        return;
    *w = (tensor_worlds){.sized = true, .sizes = sizes};
    for (int i = 0; i < d->rank; i++)
        varies |= form_axis_varies(m, d, i);
    if (!varies)
        d->worlds = NULL;
}

tensor_desc form_desc_raised(form_model *m, const tensor_desc *from, int axis, int64_t length)
{
    tensor_desc d = *from;
    const int64_t *before = tensor_sizes(from);
    const size_t rank = (size_t)++d.rank, at = (size_t)axis;
    int64_t *sizes = form_sizes_room(m, from, d.rank);
    memmove(d.dims + axis + 1, d.dims + axis, (rank - at - 1) * sizeof *d.dims);
    d.dims[axis] = length;
    d.open = (d.open & ((1U << at) - 1)) | (d.open >> at << (at + 1));
    for (size_t w = 0; sizes != NULL && w < worlds_of(m); w++)
        for (size_t i = 0; i < rank; i++)
            sizes[w * rank + i] = i == at ? length : before[w * (rank - 1) + i - (i > at)];
    form_desc_size(m, &d, sizes);
    return d;
}

tensor_desc form_desc_lowered(form_model *m, const tensor_desc *from, int axis)
{
    tensor_desc d = *from;
    const int64_t *before = tensor_sizes(from);
    const size_t rank = (size_t)--d.rank, at = (size_t)axis;
    int64_t *sizes = form_sizes_room(m, from, d.rank);
    memmove(d.dims + axis, d.dims + axis + 1, (rank - at) * sizeof *d.dims);
    d.open = (d.open & ((1U << at) - 1)) | (d.open >> (at + 1) << at);
    for (size_t w = 0; sizes != NULL && w < worlds_of(m); w++)
        for (size_t i = 0; i < rank; i++)
            sizes[w * rank + i] = before[w * (rank + 1) + i + (i >= at)];
    form_desc_size(m, &d, sizes);
    return d;
}

void form_desc_resize(form_model *m, tensor_desc *d, int axis, int64_t length)
{
    const int64_t *before = tensor_sizes(d);
    const size_t rank = (size_t)d->rank;
    int64_t *sizes = form_sizes_room(m, d, d->rank);
    d->dims[axis] = length;
    d->open &= ~(1U << axis);
    for (size_t k = 0; sizes != NULL && k < worlds_of(m) * rank; k++)
        sizes[k] = k % rank == (size_t)axis ? length : before[k];
    form_desc_size(m, d, sizes);
}

bool form_axis_varies(const form_model *m, const tensor_desc *d, int axis)
{
    return (d->open >> axis & 1) != 0 || (tensor_sizes(d) != NULL && tensor_dim_varies(d, worlds_of(m), axis));
}

bool form_ever_empty(const form_model *m, const tensor_desc *d)
{
    for (int i = 0; i < d->rank; i++)
        if ((d->open >> i & 1) != 0 || form_shortest(m, d, i) == 0)
            return true;
    return false;
}

bool form_sizes_equal(const form_model *m, const tensor_desc *a, const tensor_desc *b)
{
    const int64_t *x = tensor_sizes(a), *y = tensor_sizes(b);
    if (!tensor_dims_equal(a, b) || !x != !y || a->open != 0 || b->open != 0) /* what data decide is equal by chance only */
        return false;
    return x == NULL || memcmp(x, y, worlds_of(m) * (size_t)a->rank * sizeof *x) == 0;
}

/* The largest or smallest size of an axis. */
static int64_t extreme(const form_model *m, const tensor_desc *d, int axis, bool largest)
{
    const int64_t *sizes = tensor_sizes(d);
    int64_t found = d->dims[axis];
    for (size_t w = 0; sizes != NULL && w < worlds_of(m); w++) {
        const int64_t x = sizes[w * (size_t)d->rank + (size_t)axis];
        found = (x > found) == largest ? x : found;
    }
    return found;
}

int64_t form_longest(const form_model *m, const tensor_desc *d, int axis)
{
    return extreme(m, d, axis, true);
}

int64_t form_shortest(const form_model *m, const tensor_desc *d, int axis)
{
    return extreme(m, d, axis, false);
}

form_value *form_shape_of(form_model *m, form_graph *g, form_value *v)
{
    const int64_t rank = v->desc.rank;
    tensor_desc d = form_desc(DT_INT64, 1, &rank);
    form_node *n = form_node_new(m, g, m->rules->words[WORD_SHAPE], "");
    form_add_input(m, n, v);
    form_push(m, &g->nodes, n);
    return form_add_output(m, n, &d);
}

static bool is_as_large(const form_model *m, const form_graph *g, const form_value *v, const tensor_desc *d)
{
    return form_is_inside(g, v->home) && form_sizes_equal(m, &v->desc, d);
}

bool form_can_fill(const form_model *m, const form_graph *g, const form_list *candidates, const tensor_desc *d)
{
    bool found = tensor_sizes(d) == NULL && d->open == 0;
    for (size_t i = 0; i < candidates->n && !found; i++)
        found = is_as_large(m, g, FORM_VALUE(*candidates, i), d);
    return found;
}

bool form_can_begin(const form_model *m, const form_graph *g, const form_list *candidates, const form_list *values)
{
    for (size_t i = 0; i < values->n; i++) {
        const tensor_desc *d = &FORM_VALUE(*values, i)->desc;
        if ((d->rank + 1 >= NN_MAX_RANK || d->open != 0) && !form_can_fill(m, g, candidates, d))
            return false;
    }
    return true;
}

/* A candidate in sight with the sizes of the description; its type does not matter. */
static form_value *as_large(form_model *m, const form_graph *g, const form_list *candidates, const tensor_desc *d)
{
    form_value *found = NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < candidates->n; i++) {
        form_value *v = FORM_VALUE(*candidates, i);
        if (is_as_large(m, g, v, d) && form_draw(m, ++n) == 0)
            found = v;
    }
    return found;
}

form_value *form_filled(form_model *m, form_graph *g, const form_list *candidates, const tensor_desc *d)
{
    if (tensor_sizes(d) == NULL)
        return form_filler(m, g, d);
    form_value *like = as_large(m, g, candidates, d);
    if (like == NULL)
        return NULL;
    tensor_desc scalar = *d;
    scalar.rank = 0;
    scalar.worlds = NULL;
    form_node *n = form_node_new(m, g, m->rules->words[WORD_EXPAND], "");
    form_add_input(m, n, form_filler(m, g, &scalar));
    form_add_input(m, n, form_shape_of(m, g, like));
    form_push(m, &g->nodes, n);
    return form_add_output(m, n, d);
}
