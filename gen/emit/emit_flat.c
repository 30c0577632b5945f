#include "emit/emit_flat.h"
#include "onnx.pb-c.h"
#include "onnx/tensor_file.h"
#include "reference/ref_graph.h"

#include <string.h>

typedef struct {
    eval_graph *to;
    size_t room_tensors, room_nodes;
    int branch;                /* operator; -1: none */
    const emit_samples *known; /* of the model; NULL: none */
    arena *a;
    nn_error *err;
} flat;

/* Arrays in the arena that grow. */
static nn_status grow(flat *f, void **all, size_t *room, size_t n, size_t size)
{
    if (n < *room)
        return NN_OK;
    size_t more = *room * 2 + 64;
    void *new = arena_calloc(f->a, more, size);
    if (new == NULL)
        return nn_nomem(f->err);
    if (n > 0)
        memcpy(new, *all, n * size);
    *all = new;
    *room = more;
    return NN_OK;
}

static nn_status add_tensor(flat *f, const eval_tensor *like, int64_t *number)
{
    nn_status s = grow(f, (void **)&f->to->tensors, &f->room_tensors, f->to->n_tensors, sizeof *f->to->tensors);
    if (s != NN_OK)
        return s;
    eval_tensor *t = &f->to->tensors[f->to->n_tensors];
    *t = *like;
    t->outer = -1;
    t->uses = 1;
    *number = (int64_t)f->to->n_tensors++;
    return NN_OK;
}

static nn_status map_all(flat *f, int64_t **out, const int64_t *from, size_t n, const int64_t *map)
{
    int64_t *all = arena_calloc(f->a, n + 1, sizeof *all);
    if (all == NULL)
        return nn_nomem(f->err);
    for (size_t i = 0; i < n; i++)
        all[i] = from[i] >= 0 ? map[from[i]] : -1;
    *out = all;
    return NN_OK;
}

static nn_status add_node(flat *f, const eval_node *n, int64_t *inputs, int64_t *outputs)
{
    nn_status s = grow(f, (void **)&f->to->nodes, &f->room_nodes, f->to->n_nodes, sizeof *f->to->nodes);
    if (s != NN_OK)
        return s;
    f->to->nodes[f->to->n_nodes] = *n;
    f->to->nodes[f->to->n_nodes].inputs = inputs;
    f->to->nodes[f->to->n_nodes++].outputs = outputs;
    return NN_OK;
}

static nn_status refuse(const flat *f, const eval_graph *g, const eval_node *n, const char *why)
{
    char shown[EVAL_NODE_SHOWN];
    eval_show_node(shown, g, n);
    return nn_fail(f->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "%s: %s", shown, why);
}

static nn_status put_nodes(flat *f, const eval_graph *g, int64_t *map);

/* Writes the nodes of a graph inside a node. *inner: where its tensors are. */
static nn_status put_graph(flat *f, const eval_graph *g, const eval_node *n, const eval_graph *around, const int64_t *map,
                           int64_t **inner)
{
    nn_status s = NN_OK;
    int64_t *own = arena_calloc(f->a, g->n_tensors + 1, sizeof *own);
    if (own == NULL)
        return nn_nomem(f->err);
    if (g->table != f->to->table)
        return refuse(f, around, n, "its operators are those of another opset");
    for (size_t i = 0; i < g->n_tensors; i++)
        own[i] = -2;
    for (size_t i = 0; n->kind == EVAL_CALL && i < g->n_inputs; i++)
        if (g->inputs[i] >= 0)
            own[g->inputs[i]] = i < n->n_inputs && n->inputs[i] >= 0 ? map[n->inputs[i]] : -1;
    for (size_t i = 0; s == NN_OK && i < g->n_tensors; i++) {
        if (own[i] != -2)
            continue;
        own[i] = g->tensors[i].absent ? -1 : g->tensors[i].outer >= 0 ? map[g->tensors[i].outer] : -2;
        if (own[i] == -2)
            s = add_tensor(f, &g->tensors[i], &own[i]);
    }
    *inner = own;
    return s == NN_OK ? put_nodes(f, g, own) : s;
}

/* What a tensor is at all inputs. *known: it is a constant. */
static nn_status read_condition(flat *f, int64_t tensor, bool *known, bool *value)
{
    const Onnx__TensorProto *contents = tensor >= 0 ? f->to->tensors[tensor].contents : NULL;
    file_tensor t;
    nn_error ignored;
    for (size_t i = 0; contents == NULL && i < f->to->n_nodes; i++)
        if (f->to->nodes[i].n_outputs == 1 && f->to->nodes[i].outputs[0] == tensor)
            contents = f->to->nodes[i].held;
    *known = false;
    if (contents == NULL)
        return NN_OK;
    nn_status s = file_tensor_of_proto(&t, contents, 1, f->a, "condition", &ignored);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(f->err);
    *known = s == NN_OK && t.type == DT_BOOL && t.n == 1;
    *value = *known && *(const uint8_t *)t.data != 0;
    return NN_OK;
}

/* What a condition in the model's graph is at all sizes. */
static bool is_sure(const flat *f, const eval_graph *g, int64_t tensor, bool *value)
{
    const emit_samples *all = f->known;
    bool sure = all != NULL && g == &all->model->main && all->n > 0 && all->constant[tensor];
    for (size_t k = 0; sure && k < all->n; k++) {
        uint8_t byte = 0;
        float bound;
        const ref_tensor *t = &all->at[k].seen[tensor];
        sure = t->type == DT_BOOL && t->n == 1;
        if (sure)
            ref_to_raw(t, &byte, &bound);
        sure = sure && (k == 0 || *value == (byte != 0));
        *value = byte != 0;
    }
    return sure;
}

/* A node for each output: the condition chooses between the outputs of both graphs. */
static nn_status choose(flat *f, const eval_node *n, int64_t *map, int64_t *const inner[2])
{
    nn_status s = NN_OK;
    const int64_t condition = map[n->inputs[0]];
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++) {
        if (n->outputs[i] < 0)
            continue;
        int64_t *inputs = arena_calloc(f->a, 3, sizeof *inputs), *output = arena_calloc(f->a, 1, sizeof *output);
        eval_node node = *n;
        if (inputs == NULL || output == NULL)
            return nn_nomem(f->err);
        inputs[0] = condition;
        inputs[1] = inner[0][n->bodies[0]->outputs[i]];
        inputs[2] = inner[1][n->bodies[1]->outputs[i]];
        *output = map[n->outputs[i]];
        node.kind = EVAL_OPERATOR;
        node.op = f->branch;
        node.n_attrs = 0;
        node.n_inputs = 3;
        node.n_outputs = 1;
        node.n_captured = 0;
        s = add_node(f, &node, inputs, output);
    }
    return s;
}

/* The outputs of the node are those of the graph. What the graph makes gets their names; first: the first tensor that is its own.
 */
static void take(flat *f, const eval_node *n, const eval_graph *g, int64_t *map, const int64_t *inner, size_t first)
{
    for (size_t i = 0; i < n->n_outputs; i++) {
        if (n->outputs[i] < 0)
            continue;
        int64_t from = inner[g->outputs[i]];
        if (from >= (int64_t)first && f->to->tensors[from].contents == NULL)
            f->to->tensors[from].name = f->to->tensors[map[n->outputs[i]]].name;
        map[n->outputs[i]] = from;
    }
}

static nn_status put_branches(flat *f, const eval_graph *g, const eval_node *n, int64_t *map)
{
    bool known = false, value = false;
    int64_t *inner[2] = {NULL, NULL};
    const size_t first = f->to->n_tensors;
    nn_status s = read_condition(f, map[n->inputs[0]], &known, &value);
    known = known || (s == NN_OK && is_sure(f, g, n->inputs[0], &value));
    if (s == NN_OK && !known && f->branch < 0)
        return refuse(f, g, n, "branches cannot be written");
    for (int i = 0; s == NN_OK && i < 2; i++)
        if (!known || value == (i == 0))
            s = put_graph(f, n->bodies[i], n, g, map, &inner[i]);
    if (s != NN_OK)
        return s;
    if (!known)
        return choose(f, n, map, inner);
    take(f, n, n->bodies[value ? 0 : 1], map, inner[value ? 0 : 1], first);
    return NN_OK;
}

static nn_status put_node(flat *f, const eval_graph *g, const eval_node *n, int64_t *map)
{
    int64_t *inputs, *outputs, *inner;
    if (n->kind == EVAL_OPERATOR) {
        nn_status s = map_all(f, &inputs, n->inputs, n->n_inputs, map);
        s = s == NN_OK ? map_all(f, &outputs, n->outputs, n->n_outputs, map) : s;
        return s == NN_OK ? add_node(f, n, inputs, outputs) : s;
    }
    if (n->kind == EVAL_CALL) {
        const size_t first = f->to->n_tensors;
        nn_status s = put_graph(f, n->bodies[0], n, g, map, &inner);
        if (s == NN_OK)
            take(f, n, n->bodies[0], map, inner, first);
        return s;
    }
    return n->kind == EVAL_BRANCH ? put_branches(f, g, n, map) : refuse(f, g, n, "loops cannot be written");
}

static nn_status put_nodes(flat *f, const eval_graph *g, int64_t *map)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < g->n_nodes; i++)
        s = put_node(f, g, &g->nodes[i], map);
    return s;
}

bool emit_has_branches(const eval_model *m)
{
    for (size_t i = 0; i < m->main.n_nodes; i++)
        if (m->main.nodes[i].kind == EVAL_BRANCH)
            return true;
    return false;
}

nn_status emit_flat(eval_model *out, const eval_model *m, const char *branch, const emit_samples *known, arena *a, nn_error *err)
{
    const eval_graph *from = &m->main;
    int64_t *map = arena_calloc(a, from->n_tensors + 1, sizeof *map);
    flat f = {
        .to = &out->main, .branch = branch != NULL ? op_find(from->table->ops, branch) : -1, .known = known, .a = a, .err = err};
    *out = *m;
    out->main.tensors = NULL;
    out->main.nodes = NULL;
    out->main.n_tensors = out->main.n_nodes = 0;
    nn_status s = map != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < from->n_tensors; i++)
        s = add_tensor(&f, &from->tensors[i], &map[i]);
    if (s == NN_OK)
        s = put_nodes(&f, from, map);
    return s == NN_OK ? map_all(&f, &out->main.outputs, from->outputs, from->n_outputs, map) : s;
}
