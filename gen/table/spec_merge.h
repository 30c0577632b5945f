/* Merging of table entries: inheritance, opset versions and profile patches are all the same operation on trees.
 *
 * Ownership: results live in the arena and share nodes with their operands. */
#ifndef NN_SPEC_MERGE_H
#define NN_SPEC_MERGE_H

#include "table/spec_yaml.h"

/* The number of steps that the merging of one table may take. Large entries merged into many others could otherwise need any amount
 * of memory. */
#define SPEC_MAX_MERGE_STEPS (32u << 20)

typedef struct {
    arena *a;
    nn_error *err;
    size_t steps; /* used so far */
} spec_merger;

/* `over` merged over `base` (NULL: nothing). Mappings merge by key: a value replaces an earlier one in its place, null removes the
 * key, new keys go last, `key+` appends its list to the list `key` (or becomes it). Other values are replaced. The result has no
 * nulls and no `key+`. */
nn_status spec_merge(const spec_node **out, const spec_node *base, const spec_node *over, spec_merger *m);

#endif
