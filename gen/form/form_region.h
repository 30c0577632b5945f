/* Parts of a graph: connected, and convex: no path leaves the part and comes back. */
#ifndef NN_FORM_REGION_H
#define NN_FORM_REGION_H

#include "form/form_graph.h"

typedef struct {
    form_graph *graph;
    form_list nodes;   /* of the part */
    form_list inputs;  /* values from outside that it uses, constants too */
    form_list outputs; /* its values that others use, or that are outputs of the graph */
} form_region;

/* Draws a part of at most `most` nodes around a random one. false: there is none. */
bool form_region_draw(form_model *m, form_graph *g, uint32_t most, form_region *out);
/* Computes the inputs and outputs of the nodes. */
void form_region_edges(form_model *m, form_region *r);
/* Whether nodes with bodies, and calls of functions, take the types of the inputs and outputs. */
bool form_region_carried(const form_model *m, const form_region *r);
/* Whether the part may go into one more graph: nesting stays within the limit, and its inputs and outputs have types that nodes
 * with bodies take. */
bool form_region_nests(const form_model *m, const form_region *r);
/* The same for a part that is repeated, slices of whose inputs and outputs chains must be able to take. */
bool form_region_repeats(const form_model *m, const form_region *r);

/* Moves the part into a new graph inside `parent` (NULL: into none). The graph's outputs are new values; those of the part stay
 * where they are used, and wait for a node that gives them. Inputs are captured. */
form_graph *form_region_take(form_model *m, form_region *r, form_graph *parent, const char *name);
/* Puts the node where the part was, with the values of the part as its outputs: output i is the part's output i. */
void form_region_replace(form_model *m, const form_region *r, form_node *n);
/* Each graph in the body of a function gets to know that function. */
void form_set_functions(form_model *m);
/* Moves each initializer that only this graph uses into it, with the given probability. No node has the graph yet. */
void form_bring_constants(form_model *m, form_graph *body, uint32_t share);

/* A graph with at least `least` nodes whose tensors have known shapes; nesting: parts of it may be put into graphs of nodes, which
 * stay within the limit of depth. NULL: there is none. */
form_graph *form_scope_draw(form_model *m, size_t least, bool nesting);

#endif
