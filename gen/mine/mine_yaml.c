#include "mine/mine_yaml.h"
#include "mine/mine_dims.h"
#include "mine/mine_text.h"
#include "mine/mine_types.h"
#include "rules/opmodel_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TENSORS 64         /* inputs and constants of a motif */
#define ELEMENTS_MOST 4096 /* of a tensor: the default of --max-elements */

/* An input or a constant: where it is read first. Or a result whose shape is pinned. */
typedef struct {
    const onnx_view_tensor *is; /* at the first place */
    uint32_t node;              /* index in the part */
    size_t slot;                /* of its operand, or of its result */
    bool result;
    bool constant;
    int rank; /* ONNX_VIEW_NONE: unknown, or it differs */
    int dims[ONNX_VIEW_RANK];
    int number; /* of its name */
} record;

typedef struct {
    const mine_models *m;
    const mine_part *parts;
    size_t places;
    uint32_t orders[MINE_PLACES][MINE_NODES]; /* by rank of hashes: the index in the part */
    uint32_t rank[MINE_NODES];                /* of each node of the first part */
    record all[TENSORS];
    size_t n;
    record results[MINE_NODES]; /* by node; is NULL: no shape is pinned */
    mine_dims dims;
    json_line *out;
} motif;

/* ---- places ---- */

static const mine_model *model_at(const motif *x, size_t place)
{
    return &x->m->all[x->parts[place].model];
}

/* The node of a place that corresponds to node i of the first. */
static uint32_t node_at(const motif *x, size_t place, uint32_t i)
{
    return x->parts[place].nodes[x->orders[place][x->rank[i]]];
}

static const onnx_view_tensor *tensor_at(const motif *x, size_t place, const record *r)
{
    const mine_model *model = model_at(x, place);
    uint32_t node = node_at(x, place, r->node);
    if (!r->result)
        return mine_operand(model, node, r->slot);
    const onnx_view_node *n = &model->view.nodes[node];
    int64_t t = r->slot < n->n_results ? model->view.operands[n->first_result + r->slot] : ONNX_VIEW_NONE;
    return t >= 0 ? &model->view.tensors[t] : NULL;
}

static int index_of(const motif *x, int64_t node)
{
    for (uint32_t i = 0; i < x->parts[0].n; i++)
        if (x->parts[0].nodes[i] == node)
            return (int)i;
    return -1;
}

static const op_model *op_of(const motif *x, uint32_t i)
{
    return &x->m->ops->ops[model_at(x, 0)->ops[x->parts[0].nodes[i]]];
}

static record *find_record(motif *x, const onnx_view_tensor *t)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->all[i].is == t)
            return &x->all[i];
    return NULL;
}

/* ---- inputs and constants ---- */

/* Whether the contents of a constant are one number at all places. */
static bool is_scalar(const motif *x, const record *r)
{
    for (size_t p = 0; p < x->places; p++) {
        const onnx_view_tensor *t = tensor_at(x, p, r);
        if (t == NULL || t->n_values != 1 || (t->ints == NULL && t->reals == NULL) || t->rank != 0 || t->type != r->is->type)
            return false;
    }
    return true;
}

/* Finds the rank that all places agree on, and a dim for each axis. false: there are too many dims. */
static bool find_dims(motif *x, record *r)
{
    r->rank = ONNX_VIEW_NONE;
    for (size_t p = 0; p < x->places; p++) {
        const onnx_view_tensor *t = tensor_at(x, p, r);
        int rank = t != NULL ? t->rank : ONNX_VIEW_NONE;
        if (rank >= 0 && r->rank >= 0 && rank != r->rank) {
            r->rank = ONNX_VIEW_NONE;
            return true;
        }
        r->rank = rank >= 0 ? rank : r->rank;
    }
    for (int axis = 0; axis < r->rank; axis++) {
        int64_t sizes[MINE_PLACES];
        for (size_t p = 0; p < x->places; p++) {
            const onnx_view_tensor *t = tensor_at(x, p, r);
            sizes[p] = t != NULL && t->rank == r->rank ? t->dims[axis] : -1;
        }
        r->dims[axis] = mine_dim(&x->dims, sizes, axis);
        if (r->dims[axis] < 0)
            return false;
    }
    return true;
}

/* Whether a slot is written: a data input, or an absent one. */
static bool is_written(const motif *x, uint32_t i, size_t k)
{
    return mine_is_data(x->m, model_at(x, 0), x->parts[0].nodes[i], k);
}

static bool collect(motif *x)
{
    const mine_model *model = model_at(x, 0);
    for (uint32_t i = 0; i < x->parts[0].n; i++) {
        uint32_t node = x->parts[0].nodes[i];
        for (size_t k = 0; k < model->view.nodes[node].n_operands; k++) {
            const onnx_view_tensor *t = mine_operand(model, node, k);
            if (t == NULL || !is_written(x, i, k) || index_of(x, t->maker) >= 0 || find_record(x, t) != NULL)
                continue;
            if (x->n == TENSORS)
                return false;
            record *r = &x->all[x->n++];
            *r = (record){.is = t, .node = i, .slot = k, .constant = t->constant, .number = (int)x->n - 1};
            if (!find_dims(x, r))
                return false;
        }
    }
    return true;
}

/* The variable of the entry that is the shape of output 0, if there is one. */
static const rule_var *shape_variable(const op_model *op)
{
    const expr *e = op->n_outputs > 0 ? op->rules->outputs[0].shape : NULL;
    return e != NULL && e->kind == EX_VAR && op->rules->vars[e->index].type == TY_INTS ? &op->rules->vars[e->index] : NULL;
}

/* Finds the shapes of results that a variable of the entry decides. They are pinned, so that what follows suits them. false: there
 * are too many dims. */
static bool collect_results(motif *x)
{
    for (uint32_t i = 0; i < x->parts[0].n; i++) {
        record *r = &x->results[i];
        *r = (record){.node = i, .result = true};
        r->is = shape_variable(op_of(x, i)) != NULL ? tensor_at(x, 0, r) : NULL;
        if (r->is != NULL && !find_dims(x, r))
            return false;
    }
    return true;
}

/* The largest number of elements of an input or constant, at any place. */
static double most_elements(const motif *x)
{
    double most = 1;
    for (size_t i = 0; i < x->n; i++)
        for (size_t p = 0; p < x->places; p++) {
            double n = 1;
            for (int axis = 0; axis < x->all[i].rank; axis++) {
                int64_t size = mine_dim_size(&x->dims, x->all[i].dims[axis], p);
                n *= size < 0 ? 8 : (double)size;
            }
            most = n > most ? n : most;
        }
    return most;
}

/* ---- text ---- */

/* Doc strings hold names of unknown origin. */
static void put_plain(json_line *out, const char *s)
{
    for (; *s != '\0'; s++)
        line_text(out, *s >= ' ' && *s <= '~' && *s != '"' && *s != '\\' ? s : "?", 1);
}

static void put_type(json_line *out, dtype t)
{
    line_raw(out, t == DT_NONE || dtype_is_float(t) ? "T" : dtype_name(t));
}

static void put_record_name(json_line *out, const record *r)
{
    line_raw(out, r->constant ? "c" : "x");
    line_int(out, r->number);
}

/* Whether the first input is of any rank, so that other tensors may have its dims. */
static bool has_open_rank(const motif *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (!x->all[i].constant && x->all[i].rank < 0)
            return true;
    return false;
}

static void put_shape(json_line *out, const motif *x, const record *r)
{
    line_raw(out, "[");
    if (r->rank < 0 && has_open_rank(x))
        line_raw(out, "..");
    for (int axis = 0; r->rank < 0 && !has_open_rank(x) && axis < r->is->rank; axis++) { /* as at the first place */
        line_raw(out, axis > 0 ? ", " : "");
        line_int(out, r->is->dims[axis]);
    }
    for (int axis = 0; axis < r->rank; axis++) {
        line_raw(out, axis > 0 ? ", " : "");
        mine_put_dim(out, &x->dims, r->dims[axis]);
    }
    line_raw(out, "]");
}

static dtype type_of(const motif *x, const record *r)
{
    for (size_t p = 0; p < x->places; p++) {
        const onnx_view_tensor *t = tensor_at(x, p, r);
        if (t != NULL && t->type != DT_NONE)
            return t->type;
    }
    const op_model *op = op_of(x, r->node); /* the type that another operand of its reader must share with it */
    int input = r->result ? -1 : mine_input_of_slot(op, r->slot, model_at(x, 0)->view.nodes[x->parts[0].nodes[r->node]].n_operands);
    dtype t = DT_NONE;
    for (size_t p = 0; p < x->places && input >= 0 && t == DT_NONE; p++)
        t = mine_shared_type(model_at(x, p), op, node_at(x, p, r->node), op->inputs[input].type_var);
    return t;
}

static double number_of(const onnx_view_tensor *t, size_t i)
{
    return t->reals != NULL ? t->reals[i] : (double)t->ints[i];
}

static void put_number(json_line *out, const onnx_view_tensor *t, size_t i)
{
    if (t->reals != NULL)
        mine_put_real(out, t->reals[i]);
    else
        line_int(out, t->ints[i]);
}

/* The different numbers of a scalar constant: "2", or "{1, 2}". */
static void put_numbers(json_line *out, const motif *x, const record *r)
{
    const onnx_view_tensor *seen[MINE_DIM_VALUES];
    size_t n = 0;
    for (size_t p = 0; p < x->places && n < MINE_DIM_VALUES; p++) {
        const onnx_view_tensor *t = tensor_at(x, p, r);
        size_t i = 0;
        while (i < n && number_of(seen[i], 0) != number_of(t, 0))
            i++;
        if (i == n && mine_is_finite(number_of(t, 0)))
            seen[n++] = t;
    }
    if (n == 0)
        line_raw(out, "0");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : n > 1 ? "{" : "");
        put_number(out, seen[i], 0);
    }
    line_raw(out, n > 1 ? "}" : "");
}

static bool same_values(const motif *x, const record *r)
{
    for (size_t p = 0; p < x->places; p++) {
        const onnx_view_tensor *t = tensor_at(x, p, r);
        if (t == NULL || t->ints == NULL || t->rank != r->is->rank || t->n_values != r->is->n_values)
            return false;
        for (int i = 0; i < t->rank; i++)
            if (t->dims[i] != r->is->dims[i])
                return false;
        for (size_t i = 0; i < t->n_values; i++)
            if (r->is->ints == NULL || t->ints[i] != r->is->ints[i])
                return false;
    }
    return true;
}

static void put_constant(json_line *out, const motif *x, const record *r)
{
    dtype type = type_of(x, r);
    line_raw(out, "      ");
    put_record_name(out, r);
    line_raw(out, ": ");
    if (is_scalar(x, r) && (dtype_is_float(type) || type == DT_NONE)) {
        put_numbers(out, x, r);
        line_raw(out, "\n");
        return;
    }
    line_raw(out, "\"");
    put_type(out, type);
    if (!dtype_is_float(type) && r->is->rank <= 1 && same_values(x, r)) { /* a short list of integers that is the same everywhere */
        line_raw(out, "[");
        if (r->is->rank == 1)
            line_int(out, r->is->dims[0]);
        line_raw(out, r->is->rank == 1 ? "] = [" : "] = ");
        for (size_t i = 0; i < r->is->n_values; i++) {
            line_raw(out, i > 0 ? ", " : "");
            line_int(out, r->is->ints[i]);
        }
        line_raw(out, r->is->rank == 1 ? "]" : "");
    } else {
        put_shape(out, x, r);
    }
    line_raw(out, "\"\n");
}

/* ---- pins ---- */

static bool same_attribute(const onnx_view_attribute *a, const onnx_view_attribute *b)
{
    if (a->kind != b->kind || a->n_values != b->n_values || (a->text != NULL && strcmp(a->text, b->text) != 0))
        return false;
    for (size_t i = 0; i < a->n_values; i++)
        if (a->ints != NULL ? a->ints[i] != b->ints[i] : a->reals[i] != b->reals[i])
            return false;
    return true;
}

/* The most frequent value of an attribute at all places. */
static const onnx_view_attribute *usual(const motif *x, uint32_t i, const char *name)
{
    const onnx_view_attribute *best = NULL;
    size_t most = 0;
    for (size_t p = 0; p < x->places; p++) {
        const onnx_view_attribute *a = mine_attribute(model_at(x, p), node_at(x, p, i), name);
        size_t n = 0;
        for (size_t q = 0; a != NULL && q < x->places; q++) {
            const onnx_view_attribute *b = mine_attribute(model_at(x, q), node_at(x, q, i), name);
            n += b != NULL && same_attribute(a, b);
        }
        if (n > most) {
            most = n;
            best = a;
        }
    }
    return best;
}

static void put_name_of_pin(json_line *out, const char *name)
{
    line_raw(out, " ");
    line_raw(out, name);
    line_raw(out, "=");
}

/* The default of an attribute that the node does not have, if it is a number or a text. */
static void put_default(json_line *out, const rule_var *v)
{
    const expr *e = v->fallback;
    while (e != NULL && e->kind == EX_COERCE)
        e = e->a;
    if (e == NULL || v->when != NULL || (e->kind != EX_INT && e->kind != EX_REAL && e->kind != EX_STRING))
        return;
    put_name_of_pin(out, v->name);
    if (e->kind == EX_INT)
        line_int(out, e->i);
    else if (e->kind == EX_REAL)
        mine_put_real(out, e->r);
    else
        mine_put_quoted(out, e->s);
}

static void put_attribute(json_line *out, const motif *x, uint32_t i, const rule_var *v)
{
    const onnx_view_attribute *a = usual(x, i, v->name);
    if (a == NULL) {
        put_default(out, v);
    } else if (v->attr == ATTR_TYPE_DTYPE && a->kind == ONNX_INT && a->ints[0] > 0 && a->ints[0] < DT_COUNT) {
        put_name_of_pin(out, v->name);
        mine_put_quoted(out, dtype_name((dtype)a->ints[0]));
    } else if (v->attr == ATTR_TYPE_INT && a->kind == ONNX_INT) {
        put_name_of_pin(out, v->name);
        line_int(out, a->ints[0]);
    } else if (v->attr == ATTR_TYPE_FLOAT && a->kind == ONNX_REAL && mine_all_finite(a)) {
        put_name_of_pin(out, v->name);
        mine_put_real(out, a->reals[0]);
    } else if (v->attr == ATTR_TYPE_STRING && a->kind == ONNX_TEXT) {
        put_name_of_pin(out, v->name);
        mine_put_quoted(out, a->text);
    } else if (((v->attr == ATTR_TYPE_INTS && a->kind == ONNX_INTS) || (v->attr == ATTR_TYPE_FLOATS && a->kind == ONNX_REALS)) &&
               mine_all_finite(a)) {
        put_name_of_pin(out, v->name);
        mine_put_list(out, a->ints, a->reals, a->n_values);
    }
}

/* An operand that is not data has the value of a variable of the entry, if its contents are just that variable. */
static void put_structure(json_line *out, const motif *x, uint32_t i, size_t k)
{
    const op_model *op = op_of(x, i);
    const onnx_view_tensor *t = mine_operand(model_at(x, 0), x->parts[0].nodes[i], k);
    int input = mine_input_of_slot(op, k, model_at(x, 0)->view.nodes[x->parts[0].nodes[i]].n_operands);
    const expr *e = input >= 0 ? op->rules->inputs[input].values : NULL;
    while (e != NULL && e->kind == EX_COERCE)
        e = e->a;
    if (t == NULL || !t->constant || t->ints == NULL || e == NULL || e->kind != EX_VAR)
        return;
    const rule_var *v = &op->rules->vars[e->index];
    if (v->type == TY_INTS) {
        put_name_of_pin(out, v->name);
        mine_put_list(out, t->ints, NULL, t->n_values);
    } else if (v->type == TY_INT && t->n_values == 1) {
        put_name_of_pin(out, v->name);
        line_int(out, t->ints[0]);
    }
}

/* ---- nodes ---- */

static void put_result(json_line *out, uint32_t i, size_t output, size_t outputs)
{
    line_raw(out, "n");
    line_int(out, i);
    if (outputs > 1) {
        line_raw(out, "_");
        line_int(out, (int64_t)output);
    }
}

/* The number of outputs of a node, without absent ones at the end. */
static size_t outputs_of(const motif *x, uint32_t i)
{
    const mine_model *model = model_at(x, 0);
    const onnx_view_node *n = &model->view.nodes[x->parts[0].nodes[i]];
    size_t k = n->n_results;
    while (k > 1 && model->view.operands[n->first_result + k - 1] < 0)
        k--;
    return k;
}

static void put_operands(json_line *out, motif *x, uint32_t i)
{
    const mine_model *model = model_at(x, 0);
    size_t n = model->view.nodes[x->parts[0].nodes[i]].n_operands;
    while (n > 0 && mine_operand(model, x->parts[0].nodes[i], n - 1) != NULL && !is_written(x, i, n - 1))
        n--; /* operands that the entry decides need not be written at the end */
    for (size_t k = 0; k < n; k++) {
        const onnx_view_tensor *t = mine_operand(model, x->parts[0].nodes[i], k);
        int maker = t != NULL ? index_of(x, t->maker) : -1;
        line_raw(out, k > 0 ? ", " : "");
        if (t == NULL)
            line_raw(out, "_");
        else if (!is_written(x, i, k))
            line_raw(out, "*");
        else if (maker >= 0)
            put_result(out, (uint32_t)maker, mine_output_of(model, t), outputs_of(x, (uint32_t)maker));
        else
            put_record_name(out, find_record(x, t));
    }
}

static void put_node(json_line *out, motif *x, uint32_t i)
{
    const op_model *op = op_of(x, i);
    size_t outputs = outputs_of(x, i);
    line_raw(out, "      ");
    for (size_t k = 0; k < outputs; k++) {
        line_raw(out, k > 0 ? ", " : "");
        put_result(out, i, k, outputs);
    }
    line_raw(out, ": \"");
    line_raw(out, op->name);
    line_raw(out, "(");
    put_operands(out, x, i);
    line_raw(out, ")");
    for (size_t v = 0; v < op->rules->n_vars; v++)
        if (op->rules->vars[v].origin == VAR_ATTR)
            put_attribute(out, x, i, &op->rules->vars[v]);
    for (size_t k = 0; k < model_at(x, 0)->view.nodes[x->parts[0].nodes[i]].n_operands; k++)
        if (!is_written(x, i, k))
            put_structure(out, x, i, k);
    if (x->results[i].is != NULL && x->results[i].rank >= 0) {
        put_name_of_pin(out, shape_variable(op)->name);
        put_shape(out, x, &x->results[i]);
    }
    line_raw(out, "\"\n");
}

/* Whether a tensor is read inside the subgraph, and by other nodes. */
static void readers(const motif *x, const onnx_view_tensor *t, bool *inside, bool *elsewhere)
{
    const mine_model *model = model_at(x, 0);
    const onnx_view_node *n = &model->view.nodes[t->maker];
    *inside = false;
    *elsewhere = false;
    for (uint32_t r = 0; r < n->n_readers; r++) {
        uint32_t reader = model->view.readers[n->first_reader + r];
        for (size_t k = 0; k < model->view.nodes[reader].n_operands; k++)
            if (mine_operand(model, reader, k) == t)
                *(index_of(x, reader) >= 0 && is_written(x, (uint32_t)index_of(x, reader), k) ? inside : elsewhere) = true;
    }
}

static void put_outputs(json_line *out, const motif *x)
{
    const mine_model *model = model_at(x, 0);
    bool any = false;
    line_raw(out, "    out: [");
    for (uint32_t i = 0; i < x->parts[0].n; i++) {
        const onnx_view_node *n = &model->view.nodes[x->parts[0].nodes[i]];
        for (size_t k = 0, all = outputs_of(x, i); k < all; k++) {
            bool inside = false, elsewhere = false;
            int64_t t = model->view.operands[n->first_result + k];
            if (t < 0)
                continue;
            readers(x, &model->view.tensors[t], &inside, &elsewhere);
            if (inside && !elsewhere)
                continue;
            line_raw(out, any ? ", " : "");
            put_result(out, i, k, all);
            any = true;
        }
    }
    line_raw(out, "]\n");
}

/* ---- the motif ---- */

static void put_doc(json_line *out, const motif *x, uint32_t models)
{
    char text[80];
    const onnx_view_node *last = &model_at(x, 0)->view.nodes[x->parts[0].nodes[x->parts[0].n - 1]];
    (void)snprintf(text, sizeof text, "    doc: \"in %u of %zu model%s, such as ", models, x->m->n, x->m->n == 1 ? "" : "s");
    line_raw(out, text);
    put_plain(out, model_at(x, 0)->name);
    line_raw(out, last->name[0] != '\0' ? " at " : "");
    put_plain(out, last->name);
    if (x->dims.largest > 0) {
        (void)snprintf(text, sizeof text, "; sizes above %lld are halved", (long long)x->dims.largest);
        line_raw(out, text);
    }
    line_raw(out, "\"\n");
}

/* The first input is a tensor of the graph: one of any rank if there is one, then those of type T. */
static int class_of(const motif *x, const record *r)
{
    dtype type = type_of(x, r);
    return r->rank < 0 ? 0 : dtype_is_float(type) || type == DT_NONE ? 1 : 2;
}

static void put_inputs(json_line *out, const motif *x)
{
    bool any = false;
    line_raw(out, "    in: {");
    for (int class = 0; class < 3; class ++)
        for (size_t i = 0; i < x->n; i++) {
            const record *r = &x->all[i];
            if (r->constant || class_of(x, r) != class)
                continue;
            line_raw(out, any ? ", " : "");
            any = true;
            put_record_name(out, r);
            line_raw(out, ": \"");
            put_type(out, type_of(x, r));
            put_shape(out, x, r);
            line_raw(out, "\"");
        }
    line_raw(out, "}\n");
}

static void put_constants(json_line *out, const motif *x)
{
    bool any = false;
    for (size_t i = 0; i < x->n; i++) {
        if (!x->all[i].constant)
            continue;
        line_raw(out, any ? "" : "    const:\n");
        any = true;
        put_constant(out, x, &x->all[i]);
    }
}

static void put_all(json_line *out, motif *x, uint32_t models, const char *title)
{
    json_line dims = {.bytes = NULL};
    line_raw(out, "  ");
    line_raw(out, title);
    line_raw(out, ":\n");
    put_doc(out, x, models);
    if (mine_put_dims(&dims, &x->dims) && !dims.failed) {
        line_raw(out, "    dims: ");
        line_text(out, dims.bytes, dims.size);
        line_raw(out, "\n");
    }
    out->failed |= dims.failed;
    nn_free(dims.bytes);
    put_inputs(out, x);
    put_constants(out, x);
    line_raw(out, "    nodes:\n");
    for (uint32_t i = 0; i < x->parts[0].n; i++)
        put_node(out, x, i);
    put_outputs(out, x);
}

bool mine_put_motif(json_line *out, const mine_models *m, const mine_part *parts, size_t n, uint32_t models, const char *name)
{
    motif *x = nn_calloc(1, sizeof *x);
    if (x == NULL) {
        out->failed = true;
        return false;
    }
    x->m = m;
    x->parts = parts;
    x->places = n < MINE_PLACES ? n : MINE_PLACES;
    x->dims.places = x->places;
    for (size_t p = 0; p < x->places; p++)
        (void)mine_hash(m, &parts[p], x->orders[p]);
    for (uint32_t k = 0; k < parts[0].n; k++)
        x->rank[x->orders[0][k]] = k;
    bool ok = collect(x) && collect_results(x), fed = false;
    mine_dims_close(&x->dims);
    for (size_t i = 0; i < x->n; i++)
        fed |= !x->all[i].constant;
    if (ok && fed) {
        for (int64_t largest = 256; most_elements(x) > ELEMENTS_MOST && largest > 1; largest /= 2)
            x->dims.largest = largest;
        put_all(out, x, models, name);
    }
    nn_free(x);
    return ok && fed;
}
