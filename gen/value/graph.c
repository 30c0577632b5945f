#include "value/graph.h"

int64_t tensor_elements(const tensor_desc *d)
{
    int64_t n = 1;
    for (int i = 0; i < d->rank; i++)
        n *= d->dims[i];
    return n;
}

bool tensor_is_empty(const tensor_desc *d)
{
    for (int i = 0; i < d->rank; i++)
        if (d->dims[i] == 0)
            return true;
    return false;
}

tensor_desc tensor_in_world(const tensor_desc *d, size_t world)
{
    tensor_desc r = *d;
    const int64_t *sizes = tensor_sizes(d);
    for (int i = 0; i < d->rank && sizes; i++)
        r.dims[i] = sizes[world * (size_t)d->rank + (size_t)i];
    r.worlds = NULL;
    return r;
}

bool tensor_dim_varies(const tensor_desc *d, size_t n, int axis)
{
    const int64_t *sizes = tensor_sizes(d);
    for (size_t w = 1; w < n && sizes; w++)
        if (sizes[w * (size_t)d->rank + (size_t)axis] != sizes[axis])
            return true;
    return false;
}

bool tensor_dims_equal(const tensor_desc *a, const tensor_desc *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

bool tensor_shape_equal(const tensor_desc *a, const tensor_desc *b)
{
    return a->type == b->type && tensor_dims_equal(a, b);
}

bool tensor_narrow_to_type(tensor_desc *d)
{
    double least, largest;
    if (dtype_is_float(d->type) || !dtype_limits(d->type, &least, &largest))
        return true;
    d->range = iv_meet(iv(iv_ceil(d->range).lo, iv_floor(d->range).hi), iv(least, largest));
    return iv_valid(d->range);
}

const graph_symbol *graph_symbol_of(const graph *g, const tensor_desc *d, int axis)
{
    if (!tensor_dim_varies(d, g->n_worlds, axis))
        return NULL;
    for (size_t i = 0; i < g->n_symbols; i++) {
        size_t w = 0;
        while (w < g->n_worlds && tensor_sizes(d)[w * (size_t)d->rank + (size_t)axis] == g->symbols[i].size[w])
            w++;
        if (w == g->n_worlds)
            return &g->symbols[i];
    }
    return NULL;
}

graph graph_in_world(const graph *g, size_t world, graph_tensor *tensors)
{
    graph r = *g;
    for (size_t i = 0; i < g->n_tensors; i++) {
        tensors[i] = g->tensors[i];
        tensors[i].desc = tensor_in_world(&g->tensors[i].desc, world);
    }
    r.tensors = tensors;
    r.n_worlds = r.n_symbols = 0;
    r.symbols = NULL;
    return r;
}
