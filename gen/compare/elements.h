/* Compares the elements of one output with what is expected, and keeps the worst of those that lie outside their bounds.
 *
 * Ownership: an outside_list owns its elements and borrows names; free it with outside_free. */
#ifndef NN_ELEMENTS_H
#define NN_ELEMENTS_H

#include "onnx/tensor_file.h"

typedef struct {
    const char *output; /* name, borrowed */
    int64_t set;        /* -1: there are no data sets */
    size_t number;      /* of the output */
    dtype type;
    int rank;
    int64_t index[FILE_TENSOR_RANK];
    double expected, bound, actual;
    int64_t expected_int, actual_int; /* of whole numbers and bool; uint64 modulo 2^64 */
    double off;                       /* |actual - expected|; infinite where one of them is not finite */
    double ratio;                     /* off / bound; infinite if that is infinite or undefined */
    uint64_t place;                   /* elements that were compared before it */
} outside_element;

typedef struct {
    outside_element *all;
    size_t n, capacity, limit;      /* limit: how many are wanted */
    uint64_t outputs, outputs_with; /* compared; with elements outside */
    uint64_t elements, outside, unbounded;
    double worst; /* the largest ratio */
} outside_list;

typedef struct {
    const file_tensor *expected, *actual;
    const file_tensor *bounds; /* float32; NULL: atol + rtol * |expected| */
    double atol, rtol;
    const char *output;
    int64_t set;
    size_t number;
} compared_output;

/* Types and shapes have been found equal. */
nn_status outside_add(outside_list *l, const compared_output *c, nn_error *err);
/* Sorts the list, worst first, and cuts it to the limit. */
void outside_sort(outside_list *l);
void outside_free(outside_list *l);

#endif
