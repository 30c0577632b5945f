/* Patterns of tensors: a type, dims, and what the values are.
 *
 * Ownership: as in motif_def.h. */
#ifndef NN_MOTIF_PATTERN_H
#define NN_MOTIF_PATTERN_H

#include "motif/motif_expr.h"

/* A constant may have values (`= ...`) and may be written as a value alone, which is a scalar of the first type. */
nn_status motif_pattern_parse(motif_pattern *out, const motif_compile *c, const spec_node *node, bool constant);
/* The types that the pattern allows. */
dtype_mask motif_pattern_types(const motif_def *d, const motif_pattern *p);
/* A list of types, as in operator entries. */
nn_status motif_types_parse(const motif_compile *c, const spec_node *list, dtype_mask *mask, dtype *first);

#endif
