/* A due path: operators that a graph must contain in a row, each consuming an output of the one before it.
 *
 * Ownership: a due path borrows its operators. */
#ifndef NN_DUE_PATH_H
#define NN_DUE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much effort a path is worth. */
typedef enum {
    PATH_WISH, /* a part that fails a few times is left out */
    PATH_DUE,  /* a part is left out only after several graphs failed */
    PATH_MUST  /* no part is ever left out */
} path_firmness;

typedef struct {
    const uint16_t *ops; /* indices in the op_set */
    size_t n;            /* >= 1 */
    /* a broken path begins again with its last window - 1 operators; 2 keeps pairs; >= n keeps the whole path */
    size_t window;
    path_firmness firmness;
    int effort; /* number of additional tries, for a path with a part that is hard to solve */
    /* NULL, or for each operator the place among its inputs where it takes an output of the one before it; -1: any. One more for a
     * path that meets another: the place in the operator where they meet. */
    const int8_t *operands;
    size_t meets; /* so many paths before it in the list meet it: its last operator also takes an output of their last ones */
} due_path;

#define DUE_PATH_MAX 64 /* longest path that every model must contain */

#endif
