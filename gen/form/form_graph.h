/* A model while forms change it: graphs of nodes and values, graphs inside nodes, and functions. Values are linked by pointers, so
 * names matter only when the model is written.
 *
 * Everything lives in the arena of the form_model. Constructors never return NULL: if memory runs out, `failed` is set and a spare
 * object is returned, whose content means nothing. Whoever loops or recurses stops when `failed` is set; the model is then
 * dropped. */
#ifndef NN_FORM_GRAPH_H
#define NN_FORM_GRAPH_H

#include "arena.h"
#include "draw/choice.h"
#include "form/form.h"
#include "form/form_rules.h"
#include "onnx.pb-c.h"
#include "value/graph.h"

typedef struct {
    void **items;
    size_t n, capacity;
} form_list;

typedef struct form_graph form_graph;
typedef struct form_node form_node;
typedef struct form_function form_function;

typedef struct form_value {
    const char *name;
    tensor_desc desc;
    form_graph *home;        /* the graph that defines it */
    form_node *producer;     /* NULL: an input of the graph, or an initializer */
    Onnx__TensorProto *data; /* of an initializer */
    int32_t tensor;          /* of the plain graph, whose contents it has; -1: none */
    bool overridable;        /* an initializer that is also a graph input */
    uint32_t mark;           /* of the walk that last met the value */
    struct form_value *twin; /* its copy, in the walk that made one */
} form_value;

typedef struct {
    const char *name;
    Onnx__AttributeProto *message; /* NULL: a graph */
    form_graph *graph;
} form_attr;

struct form_node {
    const char *name, *op_type, *domain, *doc;
    form_list inputs;  /* of form_value *; NULL: left out */
    form_list outputs; /* the same */
    form_list attrs;   /* of form_attr * */
    form_graph *home;
    form_function *calls; /* NULL: no call of a model-local function */
    uint32_t mark, done;
    bool marked_up; /* has metadata */
};

struct form_graph {
    const char *name, *doc;
    form_graph *parent; /* NULL: the main graph, or the body of a function */
    form_function *function;
    form_list inputs, outputs, constants; /* of form_value *; constants: initializers */
    form_list nodes;                      /* of form_node *, in topological order */
    unsigned told;                        /* per cent of inner values that value_info names */
};

struct form_function {
    const char *name, *domain;
    form_graph *body;
    bool shared;          /* called for nodes of different types and shapes: descriptions in its body are those of one of them */
    form_list attributes; /* of const char * */
    form_list defaults;   /* of Onnx__AttributeProto *: attributes that calls may leave out */
};

typedef struct {
    const char *name;
    size_t number; /* as drawn */
    uint8_t *bytes;
    size_t n, capacity;
} form_file;

struct form_model {
    arena *a;
    bulk_rng random;
    const form_rules *rules;
    const form_request *request;
    form_graph *main;
    form_list graphs;    /* of form_graph *: main, bodies of nodes and of functions */
    form_list functions; /* of form_function *, callees first */
    form_list files;     /* of form_file *: external data */
    Onnx__ModelProto *plain;
    int ir;
    bool imports, documented, metadata; /* what the model states beside its graphs */
    uint32_t counts[FORM_FEATURES];
    uint32_t epoch, serial, applied;
    bool failed;
    union {
        form_value value;
        form_node node;
        form_graph graph;
        form_function function;
        form_attr attr;
        form_file file;
        Onnx__AttributeProto attribute;
        Onnx__TensorProto tensor;
    } spare;
};

#define FORM_VALUE(list, i) ((form_value *)(list).items[i])
#define FORM_NODE(list, i) ((form_node *)(list).items[i])
#define FORM_GRAPH(list, i) ((form_graph *)(list).items[i])
#define FORM_ATTR(list, i) ((form_attr *)(list).items[i])
#define FORM_FUNCTION(list, i) ((form_function *)(list).items[i])

/* Uniform in [0, n); n of 0 counts as 1. */
uint32_t form_draw(form_model *m, uint32_t n);
/* True with probability share/1000. */
bool form_chance(form_model *m, uint32_t share);
void form_count(form_model *m, form_feature f);

/* Memory in the arena, zeroed; NULL: memory ran out, and `failed` is set. */
void *form_memory(form_model *m, size_t n);
const char *form_text(form_model *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void form_push(form_model *m, form_list *list, void *item);
void form_insert(form_model *m, form_list *list, size_t at, void *item);
void form_remove(form_list *list, const void *item);
bool form_holds(const form_list *list, const void *item);

/* A value of the graph with a new name. The caller adds it to the inputs or to a node. */
form_value *form_value_new(form_model *m, form_graph *home, const tensor_desc *desc);
/* A node, which is not yet in the graph's list. domain: "" for ONNX's own. */
form_node *form_node_new(form_model *m, form_graph *home, const char *op_type, const char *domain);
void form_add_input(form_model *m, form_node *n, form_value *v);
/* Adds an output of this description to the node. */
form_value *form_add_output(form_model *m, form_node *n, const tensor_desc *desc);
form_graph *form_graph_new(form_model *m, form_graph *parent, const char *name);

/* Description of a tensor without a known range. */
tensor_desc form_desc(dtype type, int rank, const int64_t *dims);
/* An initializer of the graph with these elements (as in a file), which are borrowed. */
form_value *form_constant(form_model *m, form_graph *home, const tensor_desc *desc, const void *bytes);
form_value *form_constant_int(form_model *m, form_graph *home, int64_t x); /* int64, a scalar */
form_value *form_constant_bool(form_model *m, form_graph *home, bool x);   /* a scalar */
/* An initializer of equal elements that the type and range of the description have. */
form_value *form_filler(form_model *m, form_graph *home, const tensor_desc *desc);
Onnx__TensorProto *form_tensor(form_model *m, const tensor_desc *desc, const void *bytes);

void form_attr_graph(form_model *m, form_node *n, const char *name, form_graph *g);
void form_attr_message(form_model *m, form_node *n, Onnx__AttributeProto *message);
Onnx__AttributeProto *form_attr_new(form_model *m, const char *name, Onnx__AttributeProto__AttributeType type);
void form_attr_int(form_model *m, form_node *n, const char *name, int64_t x);
void form_attr_ints(form_model *m, form_node *n, const char *name, const int64_t *x, size_t count);

/* The initializer again as one of another graph. */
form_value *form_constant_copy(form_model *m, form_graph *home, const form_value *from);

/* Number of graphs around this one. */
unsigned form_depth(const form_graph *g);
bool form_is_inside(const form_graph *g, const form_graph *outer); /* the same, or nested in it */

/* Visits the slot of every value that the node uses: its inputs, and those of the nodes in its graphs, whose outputs also count. */
typedef void form_visit(void *data, form_value **slot);
void form_each_use(form_model *m, form_node *n, form_visit *visit, void *data);
/* Uses of `from` in the graph and the graphs inside become uses of `to`, but for those in `except` (NULL: none). The graph's
 * outputs stay. */
void form_replace(form_model *m, form_graph *g, const form_value *from, form_value *to, const form_node *except);
void form_replace_in(form_model *m, form_node *n, const form_value *from, form_value *to); /* the same in one node */
/* Number of uses in the graph, in graphs inside, and as its output. */
size_t form_uses(form_model *m, form_graph *g, const form_value *v);

/* Brings the nodes into a topological order: near the one that they have, or a random one. */
void form_sort(form_model *m, form_graph *g, bool random);
/* A copy of the graph, with new values, inside `parent`. Captured values stay. */
form_graph *form_clone(form_model *m, const form_graph *g, form_graph *parent);
/* The same of some nodes of a graph, as a new graph that gives copies of the outputs. */
form_graph *form_clone_part(form_model *m, const form_list *nodes, const form_list *outputs, form_graph *parent);
/* A copy of the node in the same graph, not yet in its list. Its outputs are new. */
form_node *form_clone_node(form_model *m, form_node *n);

#endif
