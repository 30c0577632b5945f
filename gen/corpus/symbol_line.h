/* What a line of models.jsonl says of symbolic dims. */
#ifndef NN_SYMBOL_LINE_H
#define NN_SYMBOL_LINE_H

#include "base/json_line.h"
#include "value/graph.h"

/* "dims": the dimensions of a tensor with their symbols; null is one that differs from data set to data set without being a symbol.
 */
void symbol_line_dims(json_line *j, const graph *g, const tensor_desc *d);
/* "symbols": the sizes of each symbol of the graph inputs, in the data sets in turn. Nothing if there are none. */
void symbol_line_sizes(json_line *j, const graph *g);

#endif
