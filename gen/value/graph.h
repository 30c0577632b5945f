/* A model's graph: tensors, nodes, and initializers, which are described by their content. The builder makes it; the writer and the
 * statistics read it.
 *
 * Ownership: everything lives in the builder's arena and is valid until its next build. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include "value/dtype.h"
#include "value/estimate.h"
#include "value/interval.h"
#include <stddef.h>

#define NN_MAX_RANK 8

/* A graph may stand for several sizes of its inputs: for `n_worlds` of them, each of which gives every symbol a size
 * (build/build_worlds.h). Dims, and what else depends on sizes, are those of world 0 unless something else is said. */
#define NN_MAX_WORLDS 8

/* What of a tensor depends on the world. */
typedef struct {
    bool sized;           /* its values may, because some tensor that it is computed from has sizes */
    bool open;            /* its values may depend on sizes that data decide, such as those of a shape; until its motif ends */
    const int64_t *sizes; /* the dims in each world, one world after the other; NULL: they are the same in all */
    const int64_t *known; /* the elements in each world, of a tensor of whole numbers; NULL: they are not known */
} tensor_worlds;

typedef struct {
    dtype type;
    int rank;
    int64_t dims[NN_MAX_RANK];
    uint32_t open;               /* bit k: data decide dim k when the model runs; dims[k] is a size that it may have */
    const tensor_worlds *worlds; /* NULL: nothing that is known depends on the world */
    interval range;              /* bounds of the values; those of bools are 0 and 1, those of integers are exact */
    estimate likely;             /* of the values */
} tensor_desc;

/* Product of the dims; at most max_elements by construction. 0: the tensor is empty. */
int64_t tensor_elements(const tensor_desc *d);
/* Whether a dimension is 0. */
bool tensor_is_empty(const tensor_desc *d);
/* Narrows the range to values of the type: within its limits, and with whole bounds if it holds whole numbers. The ranges of floats
 * stay. false: no value is left. */
bool tensor_narrow_to_type(tensor_desc *d);
/* Its sizes; NULL: its dims are the same in all worlds. */
static inline const int64_t *tensor_sizes(const tensor_desc *d)
{
    return d->worlds ? d->worlds->sizes : NULL;
}
/* The tensor as it is in a world, where nothing depends on worlds. */
tensor_desc tensor_in_world(const tensor_desc *d, size_t world);
/* Whether a dimension differs between two of n worlds. */
bool tensor_dim_varies(const tensor_desc *d, size_t n, int axis);
/* Whether rank and dims are equal. */
bool tensor_dims_equal(const tensor_desc *a, const tensor_desc *b);
/* Whether type, rank and dims are equal. */
bool tensor_shape_equal(const tensor_desc *a, const tensor_desc *b);

/* The content of an initializer. Bulk contents are drawn when they are written, from the model's bulk stream. */
typedef enum {
    CONTENT_NONE,
    CONTENT_LIST,     /* the numbers of `list`, row-major; a single number fills the tensor */
    CONTENT_UNIFORM,  /* float in [lo, hi] */
    CONTENT_INTEGERS, /* integers in [lo, hi] */
    CONTENT_DISTINCT, /* integers in [lo, hi], pairwise different */
    CONTENT_PERMUTED, /* integers in 0..count-1, different along axis */
    CONTENT_TUPLES,   /* the last dimension holds indices into the shape `list`; all tuples are different */
    CONTENT_MASK /* bools, `count` of them true; count < 0: any number, but if there are two elements or more, at least one of each
                    value */
} content_kind;

typedef struct {
    content_kind kind;
    bool negative; /* indices may be written as i - n, with n = hi + 1, count, or the dimension */
    double lo, hi;
    int64_t count;
    int axis;
    const double *list; /* integers up to 2^53 are exact */
    size_t n_list;
} content;

typedef enum { TENSOR_INPUT, TENSOR_NODE, TENSOR_INIT } tensor_kind;

typedef struct {
    tensor_kind kind;
    tensor_desc desc;
    int32_t producer;  /* node, or -1 */
    int32_t consumers; /* number of uses as a node input */
    bool output;       /* is a graph output */
    content init;      /* TENSOR_INIT, and a TENSOR_NODE that an attribute of its producer holds */
    uint32_t serial;   /* with contents: bulk stream number, of those that draw their contents; TENSOR_INPUT: index among the graph
                          inputs */
} graph_tensor;

typedef enum {
    ATTR_INT,
    ATTR_FLOAT,
    ATTR_STRING,
    ATTR_INTS,
    ATTR_FLOATS,
    ATTR_STRINGS,
    ATTR_TENSOR, /* floats, of rank 1 */
    ATTR_HELD    /* a tensor: i is the number of a graph_tensor, which describes its content */
} attr_kind;

typedef struct {
    const char *name;
    attr_kind kind;
    int64_t i;
    double f; /* a float32 value */
    const char *s;
    const int64_t *ints;
    const double *floats;
    const char *const *strings;
    size_t n;
} attr_value;

typedef struct {
    uint16_t op; /* index in the op_set */
    const char *op_type;
    int32_t *inputs; /* tensor, or -1 where an optional input is left out; no trailing -1 */
    size_t n_inputs;
    int32_t *outputs;
    size_t n_outputs;
    const attr_value *attrs;
    size_t n_attrs;
    bool motif;  /* part of a motif: it may take a tensor twice, or compute a constant */
    bool twice;  /* takes a tensor twice */
    bool random; /* its outputs are random */
    bool folded; /* outside motifs, has inputs, is no source, and depends on no graph input */
} graph_node;

/* A dimension that differs from world to world. */
typedef struct {
    const char *name;
    int64_t size[NN_MAX_WORLDS];
} graph_symbol;

typedef struct {
    graph_tensor *tensors;
    size_t n_tensors;
    graph_node *nodes;
    size_t n_nodes;
    uint32_t *order; /* the n_nodes nodes in the order in which they are written, which is topological */
    int32_t *inputs; /* graph inputs, in order */
    size_t n_inputs;
    int32_t *outputs; /* graph outputs, in order */
    size_t n_outputs;
    size_t n_worlds; /* at least 2 if some tensor has sizes; otherwise 0 */
    const graph_symbol *symbols;
    size_t n_symbols;
} graph;

/* The symbol that a dimension is in all worlds; NULL: it is none. */
const graph_symbol *graph_symbol_of(const graph *g, const tensor_desc *d, int axis);
/* The graph as it is in a world. tensors: room for those of g, which it takes. */
graph graph_in_world(const graph *g, size_t world, graph_tensor *tensors);

#endif
