/* Tensors with bounds taken apart and put together. Contents of results live in the arena. */
#ifndef NN_EVAL_PART_H
#define NN_EVAL_PART_H

#include "arena.h"
#include "reference/reference.h"

/* A whole number or bool, of rank 0 or 1. */
nn_status eval_part_number(ref_tensor *to, dtype type, int rank, int64_t x, arena *a, nn_error *err);
/* Zeros in the form of `like` without the axis; axis < 0: in its form. */
nn_status eval_part_zeros(ref_tensor *to, const ref_tensor *like, int axis, arena *a, nn_error *err);
/* What is at the index of the axis: a tensor without that axis. */
nn_status eval_part_slice(ref_tensor *to, const ref_tensor *t, int axis, int64_t index, arena *a, nn_error *err);
/* n tensors of the form of `like`, along a new axis; backward: the last comes first. */
nn_status eval_part_stack(ref_tensor *to, const ref_tensor *like, const ref_tensor *const *parts, size_t n, int axis, bool backward,
                          arena *a, nn_error *err);
/* What holds whichever of two tensors of one form is computed. */
nn_status eval_part_hull(ref_tensor *to, const ref_tensor *x, const ref_tensor *y, arena *a, nn_error *err);
bool eval_part_same_form(const ref_tensor *x, const ref_tensor *y); /* type and shape */
/* The only element, a whole number or bool. false: every correct implementation may compute another. */
bool eval_part_certain(const ref_tensor *t, bool truth, int64_t *x);

#endif
