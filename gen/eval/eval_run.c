#include "eval/eval_run.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

enum { ELEMENT_BYTES = 16 };
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
    r->values = nn_calloc(m->n_tensors + 1, sizeof *r->values);
    if (r->values == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < m->n_tensors; i++)
        r->values[i].left = m->tensors[i].uses;
    return NN_OK;
}

static void leave_home(eval_home *home)
{
    if (home == NULL || --home->tensors > 0)
        return;
    arena_free(&home->memory);
    nn_free(home);
}

static eval_home *new_home(nn_error *err)
{
    eval_home *home = nn_calloc(1, sizeof *home);
    if (home == NULL)
        (void)nn_nomem(err);
    else
        arena_init(&home->memory, 4096);
    return home;
}

static void forget(eval_run *r, int64_t tensor)
{
    eval_value *v = &r->values[tensor];
    if (!v->known)
        return;
    v->known = false;
    r->live -= v->t.n;
    leave_home(v->home);
    v->home = NULL;
}

void eval_run_close(eval_run *r)
{
    for (size_t i = 0; r->values != NULL && i < r->m->n_tensors; i++)
        forget(r, (int64_t)i);
    nn_free(r->values);
    nn_free(r->dims);
    arena_free(&r->scratch);
    *r = (eval_run){.m = NULL};
}

const ref_tensor *eval_run_value(const eval_run *r, int64_t tensor)
{
    return tensor >= 0 && r->values[tensor].known ? &r->values[tensor].t : NULL;
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
    return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "%.200s: the tensors would need more than %zu MB", what,
                   r->max_live / (1000000 / ELEMENT_BYTES));
}

static nn_status take(eval_run *r, int64_t tensor, const file_tensor *from, nn_error *err)
{
    eval_value *v = &r->values[tensor];
    if (from->rank > NN_MAX_RANK)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "%.100s has rank %d; the table has at most %d",
                       r->m->tensors[tensor].name, from->rank, NN_MAX_RANK);
    if (from->n > r->max_live - r->live)
        return too_large(r, r->m->tensors[tensor].name, err);
    eval_home *home = new_home(err);
    if (home == NULL)
        return NN_ERR_NOMEM;
    ref_tensor t = {.type = from->type, .rank = from->rank, .n = from->n};
    for (int d = 0; d < from->rank; d++)
        t.dims[d] = from->dims[d];
    home->tensors = 1;
    nn_status s = ref_from_raw(&t, from->data, &home->memory, err);
    if (s != NN_OK) {
        leave_home(home);
        return s;
    }
    forget(r, tensor);
    v->t = t;
    v->home = home;
    v->known = true;
    r->live += t.n;
    return NN_OK;
}

nn_status eval_run_set(eval_run *r, int64_t tensor, const file_tensor *from, nn_error *err)
{
    nn_status s = check_stated(r, &r->m->tensors[tensor], from, err);
    if (s == NN_OK)
        s = take(r, tensor, from, err);
    r->values[tensor].given |= s == NN_OK;
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

nn_status eval_run_need(eval_run *r, int64_t tensor, nn_error *err)
{
    const eval_tensor *t = &r->m->tensors[tensor];
    file_tensor from;
    if (r->values[tensor].known)
        return NN_OK;
    if (t->contents == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no value is given for input \"%.150s\"", t->name);
    arena_mark mark = arena_get_mark(&r->scratch);
    nn_status s = read_tensor(&from, r, t->contents, t->name, &r->scratch, err);
    if (s == NN_OK)
        s = take(r, tensor, &from, err);
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
static nn_status infer(eval_run *r, ref_node *node, size_t *total, nn_error *err)
{
    nn_status s = ref_infer_types(r->m->rules, node, &r->scratch, err);
    if (s == NN_OK)
        s = ref_infer_shapes(r->m->rules, node, r->max_live - r->live, &r->scratch, err);
    *total = 0;
    for (size_t i = 0; s == NN_OK && i < node->n_outputs; i++) {
        *total += node->outputs[i] != NULL ? node->outputs[i]->n : 0;
        if (*total > r->max_live - r->live)
            return too_large(r, "its outputs", err);
    }
    return s;
}

static nn_status fill(eval_run *r, ref_node *node, size_t total, arena *a, nn_error *err)
{
    node->max_elements = r->max_live - r->live;
    node->max_work = r->max_work - r->work;
    node->work = &r->work;
    if (node->max_work < 1)
        return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "the evaluation takes more than %.0f steps", r->max_work);
    r->work += (double)total;
    return ref_compute(r->m->rules, node, a, &r->scratch, err);
}

/* "node 3 (Conv): why (table.yaml:12)" */
static void explain(char *out, size_t size, const eval_node *n, const nn_error *why)
{
    char shown[EVAL_NODE_SHOWN], place[100] = "";
    eval_show_node(shown, n);
    if (why->line > 0)
        (void)snprintf(place, sizeof place, " (%.60s:%d)", why->file, why->line);
    (void)snprintf(out, size, "%s: %.280s%s", shown, why->message, place);
}

static nn_status forget_outputs(eval_run *r, const eval_node *n, const ref_node *node, const nn_error *why, arena *a, nn_error *err)
{
    char text[600];
    nn_status s = NN_OK;
    explain(text, sizeof text, n, why);
    r->problems++;
    if (r->problem != NULL)
        r->problem(r->problem_data, text);
    for (size_t i = 0; s == NN_OK && i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            s = ref_unknown(node->outputs[i], a, err);
    return s;
}

nn_status eval_run_node(eval_run *r, const eval_node *n, ref_tensor *outputs, eval_home *home, nn_error *err)
{
    arena *a = &home->memory;
    nn_error inner = {.message = ""};
    char text[600];
    const ref_tensor **in = arena_calloc(a, n->n_inputs + 1, sizeof *in);
    ref_tensor **out = arena_calloc(a, n->n_outputs + 1, sizeof *out);
    ref_tensor held;
    size_t total;
    if (in == NULL || out == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n->n_inputs; i++)
        in[i] = n->inputs[i] >= 0 ? eval_run_value(r, n->inputs[i]) : NULL;
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
        s = infer(r, &node, &total, &inner);
    if (s != NN_OK && s != NN_ERR_NOMEM) {
        explain(text, sizeof text, n, &inner);
        return nn_fail(err, s == NN_ERR_TABLE ? NN_ERR_BUILD : s, NULL, 0, 0, "%s", text);
    }
    if (s == NN_OK && n->held != NULL) { /* the rules of values see it as of rank 1 */
        held.rank = 1;
        held.dims[0] = (int64_t)held.n;
    }
    if (s == NN_OK)
        s = fill(r, &node, total, a, &inner);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    return s == NN_OK ? NN_OK : forget_outputs(r, n, &node, &inner, a, err);
}

/* Whether the table allows the rank of an operand. */
static bool has_rank(const eval_run *r, const eval_node *n, size_t i)
{
    const op_model *op = &r->m->ops->ops[n->op];
    const eval_value *v = &r->values[n->inputs[i]];
    size_t slot = i < op->n_inputs ? i : op->n_inputs - 1;
    return op->n_inputs == 0 || v->t.rank < 0 || (op->inputs[slot].ranks >> v->t.rank & 1U) != 0;
}

/* Whether the node is in the table, all that it reads is known, and something that it makes was not given. */
static bool can_run(eval_run *r, const eval_node *n, bool *nomem)
{
    nn_error ignored;
    bool wanted = false, good = n->op >= 0;
    for (size_t i = 0; i < n->n_outputs; i++)
        wanted = wanted || (n->outputs[i] >= 0 && !r->values[n->outputs[i]].given);
    for (size_t i = 0; good && wanted && i < n->n_inputs; i++) {
        const eval_tensor *t = n->inputs[i] >= 0 ? &r->m->tensors[n->inputs[i]] : NULL;
        if (t == NULL)
            continue;
        nn_status s = r->values[n->inputs[i]].known ? NN_OK
                      : t->contents != NULL         ? eval_run_need(r, n->inputs[i], &ignored)
                                                    : NN_ERR_USAGE;
        *nomem = *nomem || s == NN_ERR_NOMEM;
        good = s == NN_OK && has_rank(r, n, i);
    }
    return good && wanted;
}

static nn_status run_node(eval_run *r, const eval_node *n, nn_error *err);

/* Computes what it can. */
static nn_status run_part(eval_run *r, nn_error *err)
{
    nn_error inner = {.message = ""};
    bool nomem = false;
    for (size_t i = 0; !nomem && i < r->m->n_nodes; i++) {
        if (!can_run(r, &r->m->nodes[i], &nomem))
            continue;
        nn_status s = run_node(r, &r->m->nodes[i], &inner);
        nomem = nomem || s == NN_ERR_NOMEM;
        if (s != NN_OK && !nomem) {
            r->problems++;
            if (r->problem != NULL)
                r->problem(r->problem_data, inner.message);
        }
    }
    for (size_t i = 0; !nomem && i < r->m->n_outputs; i++)
        if (r->m->tensors[r->m->outputs[i]].contents != NULL)
            nomem = eval_run_need(r, r->m->outputs[i], &inner) == NN_ERR_NOMEM;
    return nomem ? nn_nomem(err) : NN_OK;
}

/* Forgets what no later node needs. */
static void leave_inputs(eval_run *r, const eval_node *n)
{
    for (size_t i = 0; i < n->n_inputs; i++)
        if (n->inputs[i] >= 0 && --r->values[n->inputs[i]].left == 0 && !r->keep &&
            !(r->keep_given && r->values[n->inputs[i]].given))
            forget(r, n->inputs[i]);
}

static nn_status run_node(eval_run *r, const eval_node *n, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < n->n_inputs; i++)
        if (n->inputs[i] >= 0)
            s = eval_run_need(r, n->inputs[i], err);
    if (s != NN_OK)
        return s;
    eval_home *home = new_home(err);
    ref_tensor *outputs = home != NULL ? arena_calloc(&home->memory, n->n_outputs + 1, sizeof *outputs) : NULL;
    if (outputs == NULL) {
        home != NULL ? home->tensors = 1 : 0;
        leave_home(home);
        return nn_nomem(err);
    }
    home->tensors = 1; /* while it is filled */
    size_t problems = r->problems;
    s = eval_run_node(r, n, outputs, home, err);
    bool skipped = r->partial && r->problems > problems; /* the outputs have no values */
    for (size_t i = 0; s == NN_OK && !skipped && i < n->n_outputs; i++) {
        eval_value *v = n->outputs[i] >= 0 ? &r->values[n->outputs[i]] : NULL;
        if (v != NULL && v->given && r->judge != NULL)
            s = r->judge(r->data, n, n->outputs[i], &outputs[i], &v->t, err);
        if (v == NULL || v->given || (v->left == 0 && !r->keep))
            continue;
        v->t = outputs[i];
        v->known = true;
        v->home = home;
        home->tensors++;
        r->live += outputs[i].n;
    }
    leave_home(home);
    if (s == NN_OK)
        leave_inputs(r, n);
    return s;
}

void eval_run_reset(eval_run *r)
{
    for (size_t i = 0; i < r->m->n_tensors; i++) {
        if (!r->values[i].given)
            forget(r, (int64_t)i);
        r->values[i].left = r->m->tensors[i].uses;
    }
    r->work = 0;
    r->problems = 0;
}

nn_status eval_run_compute(eval_run *r, nn_error *err)
{
    const eval_model *m = r->m;
    nn_status s = NN_OK;
    if (r->partial)
        return run_part(r, err);
    if (m->unsupported > 0)
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "the model uses what the table does not have, in %zu place%s",
                       m->unsupported, m->unsupported == 1 ? "" : "s");
    for (size_t i = 0; s == NN_OK && i < m->n_nodes; i++)
        s = run_node(r, &m->nodes[i], err);
    for (size_t i = 0; s == NN_OK && i < m->n_outputs; i++) /* an output may be an input or an initializer */
        s = eval_run_need(r, m->outputs[i], err);
    return s;
}
