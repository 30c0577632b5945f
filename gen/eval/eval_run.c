#include "eval/eval_run.h"
#include "eval/eval_frame.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"
#include "onnx/onnx_sparse.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

enum {
    ELEMENT_BYTES = 16,
    NODE_STEPS = 1000, /* what a node inside another counts at least, so that loops without an end stop */
    MOST_TOLD = 100    /* problems */
};
static const uint64_t MAX_BYTES = (uint64_t)4 << 30;
static const double MAX_WORK = 1e11;

nn_status eval_run_open(eval_run *r, const eval_model *m, const eval_limits *limits, int directory, nn_error *err)
{
    uint64_t bytes = limits->max_bytes > 0 ? limits->max_bytes : MAX_BYTES;
    *r = (eval_run){.m = m,
                    .directory = directory,
                    .max_live = (size_t)(bytes / ELEMENT_BYTES),
                    .max_work = limits->max_work > 0 ? (double)limits->max_work : MAX_WORK};
    arena_init(&r->scratch, 0);
    return eval_frame_open(r, &r->main, &m->main, NULL, err);
}

void eval_run_close(eval_run *r)
{
    eval_frame_close(r, &r->main);
    nn_free(r->dims);
    arena_free(&r->scratch);
    *r = (eval_run){.m = NULL};
}

const ref_tensor *eval_run_value(const eval_run *r, int64_t tensor)
{
    return tensor >= 0 && r->main.values[tensor].known ? &r->main.values[tensor].t : NULL;
}

/* ---- given tensors ---- */

nn_status eval_run_bind(eval_run *r, const char *name, int64_t value, const char *where, nn_error *err)
{
    for (size_t i = 0; i < r->n_dims; i++)
        if (strcmp(r->dims[i].name, name) == 0) {
            if (r->dims[i].value == value)
                return NN_OK;
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.100s: dim %.60s is %lld, but elsewhere %lld", where, name,
                           (long long)value, (long long)r->dims[i].value);
        }
    if (!nn_grow((void **)&r->dims, &r->room_dims, r->n_dims + 1, sizeof *r->dims))
        return nn_nomem(err);
    r->dims[r->n_dims++] = (eval_dim){.name = name, .value = value};
    return NN_OK;
}

static nn_status wrong_shape(const char *name, const char *what, int64_t got, int64_t want, nn_error *err)
{
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.100s has %s %lld; the model states %lld", name, what, (long long)got,
                   (long long)want);
}

/* Whether the tensor is what the model states, where it does. */
static nn_status check_stated(eval_run *r, const eval_tensor *t, const file_tensor *from, nn_error *err)
{
    if (t->type != DT_NONE && t->type != from->type)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.100s has type %s; the model states %s", t->name, dtype_name(from->type),
                       dtype_name(t->type));
    if (from->rank > NN_MAX_RANK)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%.100s has rank %d; at most %d was expected", t->name, from->rank,
                       NN_MAX_RANK);
    if (!t->input || t->stated == NULL || t->stated->type == NULL || t->stated->type->tensor_type == NULL ||
        t->stated->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || t->stated->type->tensor_type->shape == NULL)
        return NN_OK;
    const Onnx__TensorShapeProto *shape = t->stated->type->tensor_type->shape;
    nn_status s = NN_OK;
    if (shape->n_dim != (size_t)from->rank)
        return wrong_shape(t->name, "rank", from->rank, (int64_t)shape->n_dim, err);
    for (size_t d = 0; s == NN_OK && d < shape->n_dim; d++) {
        const Onnx__TensorShapeProto__Dimension *dim = shape->dim[d];
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && dim->dim_value >= 0 &&
            dim->dim_value != from->dims[d])
            s = wrong_shape(t->name, "a dim of", from->dims[d], dim->dim_value, err);
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && dim->dim_param != NULL &&
            *dim->dim_param != '\0')
            s = eval_run_bind(r, dim->dim_param, from->dims[d], t->name, err);
    }
    return s;
}

static nn_status too_large(const eval_run *r, const char *what, nn_error *err)
{
    return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%.300s: the tensors would need more than %zu MB", what,
                   r->max_live / (1000000 / ELEMENT_BYTES));
}

nn_status eval_home_count(eval_run *r, eval_home *home, size_t elements, const char *what, nn_error *err)
{
    if (elements > r->max_live - r->live)
        return too_large(r, what, err);
    home->elements += elements;
    r->live += elements;
    return NN_OK;
}

static nn_status take(eval_run *r, eval_frame *f, int64_t tensor, const file_tensor *from, nn_error *err)
{
    const char *name = f->g->tensors[tensor].name;
    eval_home *home;
    if (from->rank > NN_MAX_RANK)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "%.100s has rank %d; the table has at most %d", name, from->rank,
                       NN_MAX_RANK);
    nn_status s = eval_home_open(&home, err);
    if (s != NN_OK)
        return s;
    ref_tensor t = {.type = from->type, .rank = from->rank, .n = from->n};
    for (int d = 0; d < from->rank; d++)
        t.dims[d] = from->dims[d];
    s = eval_home_count(r, home, t.n, name, err);
    if (s == NN_OK)
        s = ref_from_raw(&t, from->data, &home->memory, err);
    if (s == NN_OK) {
        eval_value_forget(r, &f->values[tensor]);
        eval_value_hold(&f->values[tensor], &t, home);
    }
    eval_home_leave(r, home);
    return s;
}

nn_status eval_run_set(eval_run *r, int64_t tensor, const file_tensor *from, nn_error *err)
{
    nn_status s = check_stated(r, &r->main.g->tensors[tensor], from, err);
    if (s == NN_OK)
        s = take(r, &r->main, tensor, from, err);
    r->main.values[tensor].given |= s == NN_OK;
    return s;
}

static nn_status read_tensor(file_tensor *to, const eval_run *r, const Onnx__TensorProto *p, const char *name, arena *a,
                             nn_error *err)
{
    const size_t most = r->max_live * ELEMENT_BYTES;
    if (!onnx_is_external(p))
        return file_tensor_of_proto(to, p, most, a, name, err);
    if (r->directory < 0)
        return nn_fail(err, NN_ERR_IO, name, 0, 0, "has its elements in another file, and the directory of the model is not known");
    return onnx_external_read(to, p, r->directory, most, a, err);
}

static nn_status read_sparse(file_tensor *to, const eval_run *r, const Onnx__SparseTensorProto *p, const char *name, arena *a,
                             nn_error *err)
{
    file_tensor values, places;
    if (p->values == NULL || p->indices == NULL)
        return nn_fail(err, NN_ERR_IO, name, 0, 0, "is a sparse tensor without values or indices");
    nn_status s = read_tensor(&values, r, p->values, name, a, err);
    if (s == NN_OK)
        s = read_tensor(&places, r, p->indices, name, a, err);
    return s == NN_OK ? onnx_sparse_fill(to, p, &values, &places, r->max_live * ELEMENT_BYTES, a, name, err) : s;
}

nn_status eval_frame_need(eval_run *r, eval_frame *f, int64_t tensor, nn_error *err)
{
    const eval_tensor *t = &f->g->tensors[tensor];
    file_tensor from;
    if (f->values[tensor].known)
        return NN_OK;
    if (t->contents == NULL && t->sparse == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no value is given for input \"%.150s\"", t->name);
    arena_mark mark = arena_get_mark(&r->scratch);
    nn_status s = t->sparse != NULL ? read_sparse(&from, r, t->sparse, t->name, &r->scratch, err)
                                    : read_tensor(&from, r, t->contents, t->name, &r->scratch, err);
    if (s == NN_OK)
        s = take(r, f, tensor, &from, err);
    f->values[tensor].kept = f != &r->main;
    arena_release(&r->scratch, mark);
    return s;
}

/* ---- nodes ---- */

/* The tensor that an attribute holds. */
static nn_status read_held(eval_run *r, const eval_node *n, ref_tensor *held, arena *a, nn_error *err)
{
    file_tensor from;
    arena_mark mark = arena_get_mark(&r->scratch);
    nn_status s = read_tensor(&from, r, n->held, n->name, &r->scratch, err);
    if (s == NN_OK && (from.rank > NN_MAX_RANK || from.n > r->max_live - r->live))
        s = too_large(r, n->name, err);
    if (s == NN_OK) {
        *held = (ref_tensor){.type = from.type, .rank = from.rank, .n = from.n};
        for (int d = 0; d < from.rank; d++)
            held->dims[d] = from.dims[d];
        s = ref_from_raw(held, from.data, a, err);
    }
    arena_release(&r->scratch, mark);
    return s;
}

/* Types and shapes of the outputs of a node whose inputs are set. */
static nn_status infer(eval_run *r, const ref_table *rules, ref_node *node, size_t *total, nn_error *err)
{
    nn_status s = ref_infer_types(rules, node, &r->scratch, err);
    if (s == NN_OK)
        s = ref_infer_shapes(rules, node, r->max_live - r->live, &r->scratch, err);
    *total = 0;
    for (size_t i = 0; s == NN_OK && i < node->n_outputs; i++) {
        *total += node->outputs[i] != NULL ? node->outputs[i]->n : 0;
        if (*total > r->max_live - r->live)
            return too_large(r, "its outputs", err);
    }
    return s;
}

static nn_status fill(eval_run *r, const ref_table *rules, ref_node *node, size_t total, arena *a, nn_error *err)
{
    node->max_elements = r->max_live - r->live;
    node->max_work = r->max_work - r->work;
    node->work = &r->work;
    if (node->max_work < 1)
        return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "the evaluation takes more than %.0f steps", r->max_work);
    r->work += (double)total;
    return ref_compute(rules, node, a, &r->scratch, err);
}

void eval_run_problem(eval_run *r, const char *what)
{
    if (r->quiet > 0)
        return;
    r->problems++;
    if (r->problem != NULL && r->told++ < MOST_TOLD)
        r->problem(r->problem_data, what);
}

/* "node 3 (Conv): why (table.yaml:12)" */
static void explain(char *out, size_t size, const eval_frame *f, const eval_node *n, const nn_error *why)
{
    char shown[EVAL_NODE_SHOWN], place[100] = "";
    eval_show_node(shown, f->g, n);
    if (why->line > 0)
        (void)snprintf(place, sizeof place, " (%.60s:%d)", why->file, why->line);
    (void)snprintf(out, size, "%s: %.280s%s", shown, why->message, place);
}

static nn_status forget_outputs(eval_run *r, const char *why, const ref_node *node, arena *a, nn_error *err)
{
    nn_status s = NN_OK;
    eval_run_problem(r, why);
    for (size_t i = 0; s == NN_OK && i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            s = ref_unknown(node->outputs[i], a, err);
    return s;
}

/* Computes the outputs of an operator in the home. */
static nn_status compute(eval_run *r, const eval_frame *f, const eval_node *n, ref_tensor *outputs, eval_home *home, nn_error *err)
{
    const ref_table *rules = f->g->table->rules;
    arena *a = &home->memory;
    nn_error inner = {.message = ""};
    char text[800];
    const ref_tensor **in = arena_calloc(a, n->n_inputs + 1, sizeof *in);
    ref_tensor **out = arena_calloc(a, n->n_outputs + 1, sizeof *out);
    ref_tensor held;
    size_t total;
    if (in == NULL || out == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n->n_inputs; i++)
        in[i] = n->inputs[i] >= 0 && f->values[n->inputs[i]].known ? &f->values[n->inputs[i]].t : NULL;
    for (size_t i = 0; i < n->n_outputs; i++) {
        outputs[i] = (ref_tensor){.type = DT_NONE};
        out[i] = n->outputs[i] >= 0 ? &outputs[i] : NULL;
    }
    ref_node node = {.op = n->op,
                     .attrs = n->attrs,
                     .n_attrs = n->n_attrs,
                     .held = n->held != NULL ? &held : NULL,
                     .inputs = in,
                     .n_inputs = n->n_inputs,
                     .outputs = out,
                     .n_outputs = n->n_outputs};
    nn_status s = n->held != NULL ? read_held(r, n, &held, a, &inner) : NN_OK;
    if (s == NN_OK)
        s = infer(r, rules, &node, &total, &inner);
    if (s != NN_OK && s != NN_ERR_NOMEM) {
        explain(text, sizeof text, f, n, &inner);
        return nn_fail(err, s == NN_ERR_TABLE ? NN_ERR_BUILD : s, NULL, 0, 0, "%s", text);
    }
    if (s == NN_OK && n->held != NULL) { /* the rules of values see it as of rank 1 */
        held.rank = 1;
        held.dims[0] = (int64_t)held.n;
    }
    if (s == NN_OK)
        s = fill(r, rules, &node, total, a, &inner);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s == NN_OK)
        return NN_OK;
    explain(text, sizeof text, f, n, &inner);
    return forget_outputs(r, text, &node, a, err);
}

/* Whether the table allows the rank of an operand. */
static bool has_rank(const eval_run *r, const eval_node *n, size_t i)
{
    if (n->kind != EVAL_OPERATOR)
        return true;
    const op_model *op = &r->main.g->table->ops->ops[n->op];
    const eval_value *v = &r->main.values[n->inputs[i]];
    size_t slot = i < op->n_inputs ? i : op->n_inputs - 1;
    return op->n_inputs == 0 || v->t.rank < 0 || (op->inputs[slot].ranks >> v->t.rank & 1U) != 0;
}

/* Whether the value of a tensor is known, or can be read. */
static bool is_there(eval_run *r, int64_t tensor, bool *nomem)
{
    nn_error ignored;
    const eval_tensor *t = &r->main.g->tensors[tensor];
    if (r->main.values[tensor].known)
        return true;
    if (t->contents == NULL && t->sparse == NULL)
        return false;
    nn_status s = eval_frame_need(r, &r->main, tensor, &ignored);
    *nomem = *nomem || s == NN_ERR_NOMEM;
    return s == NN_OK;
}

/* Whether the node is in the table, all that it reads is known, and something that it makes was not given. */
static bool can_run(eval_run *r, const eval_node *n, bool *nomem)
{
    bool wanted = false, good = !n->lost;
    for (size_t i = 0; i < n->n_outputs; i++)
        wanted = wanted || (n->outputs[i] >= 0 && !r->main.values[n->outputs[i]].given);
    for (size_t i = 0; good && wanted && i < n->n_inputs; i++)
        good = n->inputs[i] < 0 || (is_there(r, n->inputs[i], nomem) && has_rank(r, n, i));
    for (size_t i = 0; good && wanted && i < n->n_captured; i++)
        good = is_there(r, n->captured[i], nomem);
    return good && wanted;
}

static nn_status run_node(eval_run *r, eval_frame *f, const eval_node *n, nn_error *err);

/* Computes what it can. */
static nn_status run_part(eval_run *r, nn_error *err)
{
    const eval_graph *g = r->main.g;
    nn_error inner = {.message = ""};
    bool nomem = false;
    for (size_t i = 0; !nomem && i < g->n_nodes; i++) {
        if (!can_run(r, &g->nodes[i], &nomem))
            continue;
        nn_status s = run_node(r, &r->main, &g->nodes[i], &inner);
        nomem = nomem || s == NN_ERR_NOMEM;
        if (s != NN_OK && !nomem)
            eval_run_problem(r, inner.message);
    }
    for (size_t i = 0; !nomem && i < g->n_outputs; i++)
        (void)is_there(r, g->outputs[i], &nomem);
    return nomem ? nn_nomem(err) : NN_OK;
}

static void leave(eval_run *r, eval_frame *f, int64_t tensor)
{
    eval_value *v = &f->values[tensor];
    if (--v->left == 0 && !v->kept && !(r->keep && f == &r->main) && !(r->keep_given && v->given))
        eval_value_forget(r, v);
}

/* Forgets what no later node needs. */
static void leave_inputs(eval_run *r, eval_frame *f, const eval_node *n)
{
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0)
            leave(r, f, n->inputs[i]);
    for (size_t i = 0; i < n->n_captured; i++)
        leave(r, f, n->captured[i]);
}

/* An operator's outputs as values that hold one home. */
static nn_status run_operator(eval_run *r, const eval_frame *f, const eval_node *n, eval_value *outputs, nn_error *err)
{
    char shown[EVAL_NODE_SHOWN];
    eval_home *home;
    nn_status s = eval_home_open(&home, err);
    if (s != NN_OK)
        return s;
    ref_tensor *made = arena_calloc(&home->memory, n->n_outputs + 1, sizeof *made);
    s = made != NULL ? compute(r, f, n, made, home, err) : nn_nomem(err);
    eval_show_node(shown, f->g, n);
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++) {
        if (n->outputs[i] < 0)
            continue;
        s = eval_home_count(r, home, made[i].n, shown, err);
        if (s == NN_OK)
            eval_value_hold(&outputs[i], &made[i], home);
    }
    eval_home_leave(r, home);
    return s;
}

/* Hands on what a node made, as far as it is needed. */
static nn_status keep_outputs(eval_run *r, eval_frame *f, const eval_node *n, const eval_value *outputs, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n->n_outputs; i++) {
        eval_value *v = n->outputs[i] >= 0 ? &f->values[n->outputs[i]] : NULL;
        if (v == NULL || !outputs[i].known)
            continue;
        if (v->given && r->judge != NULL)
            s = r->judge(r->data, n, n->outputs[i], &outputs[i].t, &v->t, err);
        if (!v->given && (v->left > 0 || (r->keep && f == &r->main)))
            eval_value_share(r, v, &outputs[i]);
    }
    return s;
}

static nn_status run_node(eval_run *r, eval_frame *f, const eval_node *n, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n->n_inputs; i++)
        if (n->inputs[i] >= 0)
            s = eval_frame_need(r, f, n->inputs[i], err);
    for (size_t i = 0; s == NN_OK && i < n->n_captured; i++)
        s = eval_frame_need(r, f, n->captured[i], err);
    if (s != NN_OK)
        return s;
    eval_value *outputs = nn_calloc(n->n_outputs + 1, sizeof *outputs);
    if (outputs == NULL)
        return nn_nomem(err);
    size_t problems = r->problems;
    s = n->kind == EVAL_OPERATOR ? run_operator(r, f, n, outputs, err) : eval_body_node(r, f, n, outputs, err);
    bool skipped = r->partial && f == &r->main && r->problems > problems; /* the outputs have no values */
    if (s == NN_OK && !skipped)
        s = keep_outputs(r, f, n, outputs, err);
    for (size_t i = 0; i < n->n_outputs; i++)
        eval_value_forget(r, &outputs[i]);
    nn_free(outputs);
    if (s == NN_OK)
        leave_inputs(r, f, n);
    return s;
}

nn_status eval_frame_compute(eval_run *r, eval_frame *f, nn_error *err)
{
    const eval_graph *g = f->g;
    nn_status s = NN_OK;
    r->work += NODE_STEPS;
    for (size_t i = 0; s == NN_OK && i < g->n_nodes; i++) {
        r->work += NODE_STEPS;
        if (r->work >= r->max_work)
            break;
        s = run_node(r, f, &g->nodes[i], err);
    }
    if (s == NN_OK && r->work >= r->max_work)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%.300sthe evaluation takes more than %.0f steps", g->path, r->max_work);
    for (size_t i = 0; s == NN_OK && i < g->n_outputs; i++)
        s = eval_frame_need(r, f, g->outputs[i], err);
    return s;
}

void eval_run_reset(eval_run *r)
{
    const eval_graph *g = r->main.g;
    for (size_t i = 0; i < g->n_tensors; i++) {
        if (!r->main.values[i].given)
            eval_value_forget(r, &r->main.values[i]);
        r->main.values[i].left = g->tensors[i].uses;
    }
    r->work = 0;
    r->problems = 0;
    r->told = 0;
}

nn_status eval_run_compute(eval_run *r, nn_error *err)
{
    const eval_graph *g = r->main.g;
    const size_t lost = r->m->unsupported;
    nn_status s = NN_OK;
    if (r->partial)
        return run_part(r, err);
    if (lost > 0)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the model uses what the table does not have, in %zu place%s", lost,
                       lost == 1 ? "" : "s");
    for (size_t i = 0; s == NN_OK && i < g->n_nodes; i++)
        s = run_node(r, &r->main, &g->nodes[i], err);
    for (size_t i = 0; s == NN_OK && i < g->n_outputs; i++) /* an output may be an input or an initializer */
        s = eval_frame_need(r, &r->main, g->outputs[i], err);
    return s;
}
