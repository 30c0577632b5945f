/* How the elements of input tensors are drawn. The sets use the modes of a list in turn.
 *
 *     uniform   over the interval
 *     normal    around its middle, with a quarter of its width as standard deviation,
 *               clipped to it (sums of twelve uniform numbers)
 *     corners   in the first such set all elements are lo, in the second all are hi,
 *               in the others each element is lo or hi
 *     special   0, -0, subnormals, powers of two from 2^-24 on, the ends of the interval and
 *               their neighbours; values outside the interval are left out
 *     ties      one to four values of the interval for all elements of a tensor
 *     nan       NaN and infinities among uniform values, in tensors of floating-point types;
 *               intervals do not hold for the results */
#ifndef NN_INPUT_MODE_H
#define NN_INPUT_MODE_H

#include "arena.h"
#include "base.h"
#include "draw/choice.h"
#include "value/graph.h"

typedef enum { INPUT_UNIFORM, INPUT_NORMAL, INPUT_CORNERS, INPUT_SPECIAL, INPUT_TIES, INPUT_NAN, INPUT_MODES } input_mode;

#define INPUT_LIST_MAX 32

typedef struct {
    uint8_t mode[INPUT_LIST_MAX];
    size_t n; /* 0: all sets are uniform */
} input_modes;

/* Parses "uniform,corners"; a word may occur several times. NN_ERR_USAGE: anything else. */
nn_status input_modes_parse(input_modes *out, const char *list, nn_error *err);
/* Whether some set has a mode whose values lie outside the intervals. */
bool input_modes_leave_intervals(const input_modes *m);
/* The mode of a set, and the number of earlier sets with this mode. */
input_mode input_mode_of(const input_modes *m, uint64_t set, uint64_t *earlier);
/* Writes the elements of a graph input, values_bytes(d) bytes, from the tensor's stream in this set. */
nn_status input_fill(void *out, const tensor_desc *d, const input_modes *m, uint64_t set, bulk_rng *r, arena *scratch,
                     nn_error *err);

/* File formats of inputs. */
enum { INPUT_PB = 1, INPUT_NPZ = 2 };
nn_status input_formats_parse(unsigned *out, const char *list, nn_error *err); /* "pb,npz" */

#endif
