/* Sets of names, and the names that a graph reads and defines.
 *
 * Ownership: a set owns its list; the names belong to the model. Free it with reduce_names_free, also a zeroed one. */
#ifndef NN_REDUCE_NAMES_H
#define NN_REDUCE_NAMES_H

#include "base.h"

typedef struct Onnx__GraphProto Onnx__GraphProto; /* from the generated header */
typedef struct Onnx__NodeProto Onnx__NodeProto;   /* from the generated header */

typedef struct {
    const char **names;
    size_t n, room;
    bool failed; /* out of memory */
} reduce_names;

void reduce_names_add(reduce_names *s, const char *name); /* NULL and "" are passed over */
void reduce_names_sort(reduce_names *s);                  /* before the set is asked */
bool reduce_names_has(const reduce_names *s, const char *name);
void reduce_names_free(reduce_names *s);

/* Adds the names that a node reads; its bodies count with what they use from outside. */
void reduce_reads(reduce_names *to, const Onnx__NodeProto *node);
/* Adds the inputs, initializers and outputs of nodes, without those of bodies. */
void reduce_defines(reduce_names *to, const Onnx__GraphProto *g);

#endif
