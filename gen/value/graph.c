#include "value/graph.h"

int64_t tensor_elements(const tensor_desc *d)
{
    int64_t n = 1;
    for (int i = 0; i < d->rank; i++)
        n *= d->dims[i];
    return n;
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
