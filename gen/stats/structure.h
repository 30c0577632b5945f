/* A fingerprint of a graph's structure: operators, attributes, edges, types and shapes; not names, not the order of nodes, not the
 * contents of initializers and tensor attributes.
 *
 * A tensor is known by what computes it: a graph input by its number, type and shape; an initializer by its type, shape and number
 * of uses; a node's output by the operator, the attributes, the inputs in order, the output's number, type and shape. The
 * fingerprint is that of all nodes, whatever their order, and of the graph outputs in theirs. Two models with different
 * fingerprints differ in structure. Nodes with the same operator, attributes and inputs are not told apart (Add(x, x) and Add(x, y)
 * are the same where x and y are computed alike), so that the number of distinct fingerprints may be less than that of distinct
 * structures, never more. */
#ifndef NN_STRUCTURE_H
#define NN_STRUCTURE_H

#include "arena.h"
#include "value/graph.h"

#define STRUCTURE_SIZE 16 /* bytes */
#define STRUCTURE_HEX_SIZE 33

/* false: no memory. Scratch comes from mem and is released. */
bool structure_of(const graph *g, arena *mem, uint8_t out[STRUCTURE_SIZE]);
void structure_hex(const uint8_t s[STRUCTURE_SIZE], char out[STRUCTURE_HEX_SIZE]); /* lower case, NUL at the end */
bool structure_parse(const char *hex, uint8_t out[STRUCTURE_SIZE]);                /* false: not 32 hexadecimal digits */

#endif
