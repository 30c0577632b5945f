/* Compares outputs of a runtime with expected outputs, in files:
 *
 *     expected                                     actual
 *     a directory test_data_set_K                  a directory with output_J.pb, or a .npz, .npy or .pb file
 *     a model's directory                          a directory with the same data sets, or with outputs.npz; an outputs.npz
 *     a file of tensors (.npz, .pb, .npy)          a file of tensors, or a directory with one of the same name
 *
 * Bounds are read from bound_J.pb beside output_J.pb, and from bounds.npz beside outputs.npz. Arrays of an archive are found by the
 * name of the output, else as output_J or arr_J.
 *
 * Ownership: names in the list live in the comparison; free it with comparison_free, also after a failure. */
#ifndef NN_COMPARE_H
#define NN_COMPARE_H

#include "compare/elements.h"

typedef struct {
    bool tolerance; /* atol and rtol instead of bounds */
    double atol, rtol;
    size_t limit;
    const char *bounds; /* the file of bounds; NULL: that beside the expected outputs */
} comparison_request;

typedef struct {
    outside_list list; /* sorted */
    arena names;
} comparison;

/* NN_ERR_IO: a file cannot be read or is not sound, an output is missing, or types or shapes differ. */
nn_status comparison_run(comparison *c, const char *expected, const char *actual, const comparison_request *q, nn_error *err);
void comparison_free(comparison *c);

#endif
