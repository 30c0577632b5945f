/* A due path: operators that a graph is to hold in a row, each consuming an output of the one before it.
 *
 * Ownership: a due path borrows its operators. */
#ifndef NN_DUE_PATH_H
#define NN_DUE_PATH_H

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
    size_t window;       /* a broken path begins again with its last window - 1 operators: 2 keeps pairs; >= n: all of them */
    path_firmness firmness;
    int effort; /* additional tries, for a path with a part that is hard to solve */
} due_path;

#define DUE_PATH_MAX 64 /* operators of a path that every model must hold */

#endif
