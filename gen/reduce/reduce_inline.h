/* Copies of graphs in which some bodies and some calls of functions are replaced by the nodes in them.
 *
 * A body's tensor t gets the name HOLDER//ATTRIBUTE//t, where HOLDER is the first result of the node with the body, and a tensor of
 * a function gets CALL//t. The same name is the key of what is known of the tensor (reduce_fact), whether the body is still one or
 * not.
 *
 * Ownership: all copies live in the arena; what is not changed is shared with the original. */
#ifndef NN_REDUCE_INLINE_H
#define NN_REDUCE_INLINE_H

#include "arena.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_function.h"
#include "reduce/reduce_names.h"

typedef struct reduce_frame reduce_frame;

/* What a replaced node made, and what of its body stands for it. */
typedef struct {
    const char *output;    /* of the node, by its full name */
    const char *inside[2]; /* by full names; [1] NULL: the node has one body */
    bool repeated;         /* the body may run several times */
    bool exact;            /* both are the same, as with a call */
} reduce_join;

/* A formal input of a replaced body. */
typedef struct {
    const char *name, *actual; /* full names; NULL: nothing outside stands for it */
    Onnx__TypeProto *type;     /* as stated; may be NULL */
} reduce_loose;

typedef struct {
    const Onnx__ModelProto *m;
    arena *memory;
    bool all;                  /* replace every holder by all its bodies, to compute what is in them */
    const void *const *chosen; /* otherwise those of reduce_inline_list to replace */
    size_t n_chosen;
    size_t room; /* nodes that may still be made */
    size_t depth;
    bool failed; /* out of memory */
    bool large;  /* more nodes */
    struct {
        reduce_join *all;
        size_t n, room;
    } joins;
    struct {
        reduce_loose *all;
        size_t n, room;
    } loose;
    struct {
        Onnx__ValueInfoProto **all; /* stated types of tensors inside, by full names */
        size_t n, room;
    } stated;
} reduce_inline;

/* Bodies, as GraphProtos, and calls of functions, as NodeProtos, of the whole model. */
typedef struct {
    const void **all;
    size_t n, room;
    bool failed; /* out of memory */
} reduce_inline_items;
void reduce_inline_list(reduce_inline_items *to, const Onnx__ModelProto *m); /* free `all` with nn_free */
/* The graph and, unless all is set, the functions with what is chosen replaced. Only names and lists are copied. false: out of
 * memory, or too large. */
bool reduce_inline_run(reduce_inline *x, Onnx__GraphProto *graph, Onnx__FunctionProto ***functions);
void reduce_inline_close(reduce_inline *x);
/* "HOLDER//ATTRIBUTE//" of body k of an attribute, or "CALL//" if a is NULL. NULL: out of memory. */
char *reduce_inner_prefix(arena *memory, const char *prefix, const Onnx__NodeProto *n, const Onnx__AttributeProto *a, size_t k);

#endif
