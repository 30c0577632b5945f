/* Contents of tensors: turns the description of a content into elements, drawn from a bulk stream.
 *
 * Every tensor has a stream of its own, seeded by (seed, model, purpose, index), so that contents do not depend on the order in
 * which they are made. Elements are written as ONNX's raw_data: row-major, little-endian, bools as bytes. Floats lie in [lo, hi]
 * after rounding to their type.
 *
 * Ownership: the caller owns `out`, which has values_bytes(d) bytes. Scratch memory is taken from the arena and released before
 * return. */
#ifndef NN_VALUES_H
#define NN_VALUES_H

#include "arena.h"
#include "base.h"
#include "draw/choice.h"
#include "value/graph.h"

typedef enum {
    VALUES_INITIALIZER, /* index: the tensor's serial; set: 0 */
    VALUES_INPUT,       /* index: position among the graph inputs; set: the data set */
    VALUES_FORM         /* draws of forms; set: the number of the copy */
} values_use;

void values_stream(bulk_rng *r, uint64_t seed, uint64_t model, values_use use, uint64_t set, uint32_t index);

size_t values_bytes(const tensor_desc *d); /* size of raw_data; 0 for types without a fixed size */

/* The content of a graph input: uniform over its range. */
content values_of_input(const tensor_desc *d);

/* [lo, hi] as values of a floating-point or integer type. NN_ERR_BUILD: the type has no value in it. */
nn_status values_real_bounds(dtype t, double lo, double hi, double *least, double *greatest, nn_error *err);
nn_status values_whole_bounds(dtype t, double lo, double hi, int64_t *least, int64_t *greatest, nn_error *err);
/* Converts numbers to the type, for raw_data. */
void values_store_real(void *out, dtype t, const double *x, size_t n);
void values_store_whole(void *out, dtype t, const int64_t *x, size_t n);

/* NN_ERR_BUILD: the content contradicts itself or the type (not enough distinct numbers, a bound outside the type, no float32 in
 * [lo, hi]). */
nn_status values_fill(void *out, const tensor_desc *d, const content *c, bulk_rng *r, arena *scratch, nn_error *err);

#endif
