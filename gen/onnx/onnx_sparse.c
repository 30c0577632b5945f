#include "onnx/onnx_sparse.h"
#include "onnx.pb-c.h"
#include "onnx/npy_read.h"

#include <string.h>

/* The place of element i in row-major order; -1: it is outside. A row of a matrix of places has an index for each axis. */
static int64_t place_of(const file_tensor *t, const file_tensor *places, const int64_t *all, size_t i)
{
    int64_t at = 0;
    if (places->rank == 1)
        return all[i] >= 0 && (uint64_t)all[i] < t->n ? all[i] : -1;
    for (int d = 0; d < t->rank; d++) {
        int64_t x = all[i * (size_t)t->rank + (size_t)d];
        if (x < 0 || x >= t->dims[d])
            return -1;
        at = at * t->dims[d] + x;
    }
    return at;
}

nn_status onnx_sparse_fill(file_tensor *t, const Onnx__SparseTensorProto *p, const file_tensor *values, const file_tensor *places,
                           size_t most, arena *a, const char *shown, nn_error *err)
{
    const size_t size = dtype_size(values->type);
    *t = (file_tensor){.name = shown, .type = values->type, .rank = (int)p->n_dims};
    bool fits = p->n_dims <= FILE_TENSOR_RANK && size > 0;
    for (size_t d = 0; fits && d < p->n_dims; d++)
        fits = (t->dims[d] = p->dims[d]) >= 0;
    if (!fits || !file_tensor_count(t) || t->n > most / size)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is a sparse tensor of a shape that cannot be read");
    fits = values->rank == 1 && places->type == DT_INT64 && (places->rank == 1 || places->rank == 2) &&
           places->dims[0] == values->dims[0] && (places->rank == 1 || places->dims[1] == t->rank);
    if (!fits)
        return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is a sparse tensor whose indices do not fit its values");
    uint8_t *data = arena_calloc(a, t->n + 1, size);
    int64_t *all = arena_alloc(a, (places->n + 1) * sizeof *all);
    if (data == NULL || all == NULL)
        return nn_nomem(err);
    file_tensor_ints(places, all);
    for (size_t i = 0; i < values->n; i++) {
        int64_t at = place_of(t, places, all, i);
        if (at < 0)
            return nn_fail(err, NN_ERR_IO, shown, 0, 0, "is a sparse tensor with an index outside its shape");
        memcpy(data + (size_t)at * size, values->data + i * size, size);
    }
    t->data = data;
    return NN_OK;
}
