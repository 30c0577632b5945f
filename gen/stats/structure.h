/* A fingerprint of a graph's structure: operators, attributes, edges, types and shapes. Names, the order of nodes, and the
 * contents of initializers and tensor attributes do not count.
 *
 * A tensor is identified by what computes it: a graph input by its number, type and shape; an initializer by its type, shape and
 * number of uses; a node's output by the operator, the attributes, the inputs in order, and the output's number, type and shape.
 * The fingerprint covers all nodes, in no order, and the graph outputs, in their order. Two models with different fingerprints
 * differ in structure. Nodes with the same operator, attributes and inputs have the same identity: Add(x, x) and Add(x, y) are
 * equal if x and y are computed alike. So the number of distinct fingerprints may be smaller than the number of distinct
 * structures, but never larger. */
#ifndef NN_STRUCTURE_H
#define NN_STRUCTURE_H

#include "arena.h"
#include "value/graph.h"

#define STRUCTURE_SIZE 16 /* bytes */
#define STRUCTURE_HEX_SIZE 33

/* false: out of memory. Scratch memory is taken from mem and released. */
bool structure_of(const graph *g, arena *mem, uint8_t out[STRUCTURE_SIZE]);
/* A signature of one node: its operator and attributes, and the types and shapes of its inputs and outputs. What computes the
 * inputs does not count, only whether they are initializers. */
uint64_t structure_node(const graph *g, size_t node);
void structure_hex(const uint8_t s[STRUCTURE_SIZE], char out[STRUCTURE_HEX_SIZE]); /* lower case, with a NUL at the end */
bool structure_parse(const char *hex, uint8_t out[STRUCTURE_SIZE]);                /* false: not 32 hexadecimal digits */

#endif
