#include "mine/mine_usages.h"
#include "mine/mine_text.h"
#include "mine/mine_types.h"
#include "rules/opmodel_rules.h"

#include <stdlib.h>
#include <string.h>

#define USAGES_MOST 32   /* of an operator: the most frequent ones */
#define SIZE_MOST 64     /* larger sizes are halved: the default of --max-dim */
#define RELATED_LEAST 5  /* a smaller number that equals a dim may do so by chance */
#define SHARE_LEAST 10   /* of a rank, in thousandths */
#define RANK "rank: "    /* how the text of a usage begins, if the rank is known */
#define LIST_MOST 16     /* numbers of an attribute */
#define WEIGHT_MOST 9999 /* of a usage */

typedef struct {
    const char *text; /* as YAML, without the weight */
    int op;
    uint64_t nodes;
} usage;

typedef struct {
    const mine_models *m;
    arena texts;
    json_line line; /* the usage that is being written */
    usage *all;
    size_t n, capacity;
    uint64_t ranks[NN_MAX_RANK + 1];
    uint64_t dims[SIZE_MOST + 1], batch[SIZE_MOST + 1];
} miner;

static int64_t halved(int64_t x)
{
    while (x > SIZE_MOST)
        x = x / 2 + x % 2;
    return x;
}

/* ---- values of a node ---- */

/* A mapping that is being written. */
typedef struct {
    bool any;      /* it is not empty */
    uint64_t vars; /* bit k: it has the size of variable k */
} row;

static void put_key(json_line *out, row *r, const char *key)
{
    line_raw(out, r->any ? ", " : "");
    line_raw(out, key);
    line_raw(out, ": ");
    r->any = true;
}

/* The axis of the first operand whose size the number is, in quotes: "X[1]". The axes after the first are tried: a batch is no
 * partner. */
static bool put_related(json_line *out, const mine_model *x, uint32_t node, const op_model *op, int64_t number)
{
    const onnx_view_tensor *t = mine_operand(x, node, 0);
    for (int i = 1; t != NULL && op->n_inputs > 0 && number >= RELATED_LEAST && i < t->rank; i++)
        if (t->dims[i] == number) {
            line_raw(out, "\"");
            line_raw(out, op->inputs[0].name);
            line_raw(out, "[");
            line_int(out, i);
            line_raw(out, "]\"");
            return true;
        }
    return false;
}

static bool is_stated(const rule_var *v, const onnx_view_attribute *a)
{
    switch (v->attr) {
    case ATTR_TYPE_INT:
        return a->kind == ONNX_INT;
    case ATTR_TYPE_FLOAT:
        return a->kind == ONNX_REAL && mine_all_finite(a);
    case ATTR_TYPE_STRING:
        return a->kind == ONNX_TEXT && mine_is_plain(a->text);
    case ATTR_TYPE_INTS:
        return a->kind == ONNX_INTS && a->n_values <= LIST_MOST;
    case ATTR_TYPE_FLOATS:
        return a->kind == ONNX_REALS && a->n_values <= LIST_MOST && mine_all_finite(a);
    default:
        return false;
    }
}

/* A text that is the default need not be written. */
static bool is_default(const rule_var *v, const onnx_view_attribute *a)
{
    return a->kind == ONNX_TEXT && v->fallback->kind == EX_STRING && strcmp(a->text, v->fallback->s) == 0;
}

static void put_value(json_line *out, const mine_model *x, uint32_t node, const op_model *op, const onnx_view_attribute *a)
{
    if (a->kind == ONNX_INT) {
        if (!put_related(out, x, node, op, a->ints[0]))
            line_int(out, a->ints[0]);
    } else if (a->kind == ONNX_REAL) {
        mine_put_real(out, a->reals[0]);
    } else if (a->kind == ONNX_TEXT) {
        mine_put_quoted(out, a->text);
    } else {
        mine_put_list(out, a->ints, a->reals, a->n_values);
    }
}

static void put_attributes(json_line *out, const mine_model *x, uint32_t node, const op_model *op, row *r)
{
    for (size_t i = 0; i < op->rules->n_vars; i++) {
        const rule_var *v = &op->rules->vars[i];
        if (v->origin != VAR_ATTR || v->attr == ATTR_TYPE_DTYPE || v->attr == ATTR_TYPE_TENSOR)
            continue;
        const onnx_view_attribute *a = mine_attribute(x, node, v->name);
        if (v->fallback != NULL && (a == NULL || is_default(v, a))) {
            put_key(out, r, v->name);
            line_raw(out, "~");
        } else if (a != NULL && is_stated(v, a)) {
            put_key(out, r, v->name);
            put_value(out, x, node, op, a);
        }
    }
}

/* ---- constant operands of a node ---- */

typedef struct {
    const mine_model *model;
    uint32_t node;
    const op_model *op;
    size_t input;
    const onnx_view_tensor *tensor;
} operand;

/* The variable that is dim `item` of a constant operand, if the entry draws it. */
static bool is_drawn(const op_model *op, const expr *item)
{
    const rule_var *v = item->kind == EX_VAR ? &op->rules->vars[item->index] : NULL;
    return v != NULL && v->origin == VAR_CHOOSE && v->choice && v->type == TY_INT;
}

/* The dims that begin a constant operand are the values of variables where the entry says so: the number of kernels, for example.
 */
static void put_sizes(json_line *out, const operand *o, row *r)
{
    const expr *e = o->op->rules->inputs[o->input].shape;
    while (e != NULL && e->kind == EX_BINARY)
        e = e->a;
    for (size_t i = 0; e != NULL && e->kind == EX_LIST && i < e->n && (int)i < o->tensor->rank; i++) {
        const expr *item = e->args[i];
        const int64_t size = o->tensor->dims[i];
        if (!is_drawn(o->op, item) || size < 1 || (r->vars >> item->index & 1))
            continue;
        r->vars |= (uint64_t)1 << item->index;
        put_key(out, r, o->op->rules->vars[item->index].name);
        line_int(out, halved(size));
    }
}

static void put_ones(json_line *out, const operand *o, row *r)
{
    const onnx_view_tensor *t = o->tensor;
    if (o->op->rules->inputs[o->input].shape != NULL || !(o->op->inputs[o->input].roles & (ROLE_DATA | ROLE_WEIGHT)))
        return;
    put_key(out, r, o->op->inputs[o->input].name);
    line_raw(out, "[");
    for (int i = 0; i < t->rank; i++) {
        line_raw(out, i > 0 ? ", " : "");
        line_int(out, t->dims[i] == 1);
    }
    line_raw(out, "]");
}

static void each_constant(json_line *out, const mine_model *x, uint32_t node, const op_model *op,
                          void (*put)(json_line *, const operand *, row *), row *r)
{
    const onnx_view_node *n = &x->view.nodes[node];
    for (size_t k = 0; k < n->n_operands; k++) {
        const onnx_view_tensor *t = mine_operand(x, node, k);
        int input = mine_input_of_slot(op, k, n->n_operands);
        const operand o = {x, node, op, (size_t)input, t};
        if (t != NULL && t->constant && t->rank >= 0 && t->rank <= NN_MAX_RANK && input >= 0 && op->inputs[input].max_arity == 1)
            put(out, &o, r);
    }
}

/* ---- usages ---- */

/* Notes the usage of a node. false: out of memory. */
static bool note(miner *x, const mine_model *model, uint32_t node)
{
    json_line *out = &x->line;
    const op_model *op = &x->m->ops->ops[model->ops[node]];
    const onnx_view_tensor *first = mine_operand(model, node, 0);
    row values = {.any = false}, operands = {.any = false};
    out->size = 0;
    if (first != NULL && first->rank >= 0 && first->rank <= NN_MAX_RANK) {
        line_raw(out, RANK);
        line_int(out, first->rank);
        line_raw(out, ", ");
    }
    line_raw(out, "values: {");
    put_attributes(out, model, node, op, &values);
    each_constant(out, model, node, op, put_sizes, &values);
    line_raw(out, "}");
    const size_t n = out->size;
    line_raw(out, ", operands: {");
    each_constant(out, model, node, op, put_ones, &operands);
    line_raw(out, "}");
    out->size = operands.any ? out->size : n;
    if (out->failed || !nn_grow((void **)&x->all, &x->capacity, x->n + 1, sizeof *x->all))
        return false;
    usage *u = &x->all[x->n++];
    *u = (usage){.text = arena_strndup(&x->texts, out->bytes, out->size), .op = model->ops[node], .nodes = 1};
    return u->text != NULL;
}

static int by_text(const void *x, const void *y)
{
    const usage *a = x, *b = y;
    return a->op != b->op ? (a->op < b->op ? -1 : 1) : strcmp(a->text, b->text);
}

static int by_nodes(const void *x, const void *y)
{
    const usage *a = x, *b = y;
    if (a->op == b->op && a->nodes != b->nodes)
        return a->nodes > b->nodes ? -1 : 1;
    return by_text(x, y);
}

/* Equal usages become one. */
static void unite(miner *x)
{
    size_t n = 0;
    if (x->n > 0)
        qsort(x->all, x->n, sizeof *x->all, by_text);
    for (size_t i = 0; i < x->n; i++)
        if (n > 0 && by_text(&x->all[n - 1], &x->all[i]) == 0)
            x->all[n - 1].nodes++;
        else
            x->all[n++] = x->all[i];
    x->n = n;
    if (n > 0)
        qsort(x->all, n, sizeof *x->all, by_nodes);
}

/* Whether a usage has a rank, and is the other one but for it. */
static bool has_rank_and_is(const usage *u, const usage *other)
{
    return strncmp(u->text, RANK, sizeof RANK - 1) == 0 && u->op == other->op &&
           strcmp(strstr(u->text, "values: "), other->text) == 0;
}

/* A usage whose rank is unknown counts for the most frequent one that is equal but for its rank. */
static void assign_ranks(miner *x)
{
    for (size_t i = 0; i < x->n; i++) {
        size_t k = i;
        while (k > 0 && x->all[k - 1].op == x->all[i].op)
            k--;
        while (k < x->n && x->all[k].op == x->all[i].op && !has_rank_and_is(&x->all[k], &x->all[i]))
            k++;
        if (k < x->n && x->all[k].op == x->all[i].op) {
            x->all[k].nodes += x->all[i].nodes;
            x->all[i].nodes = 0;
        }
    }
    if (x->n > 0)
        qsort(x->all, x->n, sizeof *x->all, by_nodes);
}

static void put_usages(json_line *out, const miner *x)
{
    size_t rows = 0;
    line_raw(out, x->n > 0 ? "operators:\n" : "");
    for (size_t i = 0; i < x->n; i++) {
        const usage *u = &x->all[i];
        bool first = i == 0 || x->all[i - 1].op != u->op;
        rows = first ? 0 : rows + 1;
        if (first) {
            line_raw(out, "  ");
            line_raw(out, x->m->ops->ops[u->op].name);
            line_raw(out, ":\n    usages:\n");
        }
        if (rows >= USAGES_MOST || u->nodes == 0)
            continue;
        line_raw(out, "      - {weight: ");
        line_int(out, (int64_t)(u->nodes < WEIGHT_MOST ? u->nodes : WEIGHT_MOST));
        line_raw(out, ", ");
        line_raw(out, u->text);
        line_raw(out, "}\n");
    }
}

/* ---- tensors ---- */

static void count_tensors(miner *x, const mine_model *model)
{
    for (size_t i = 0; i < model->view.n_tensors; i++) {
        const onnx_view_tensor *t = &model->view.tensors[i];
        if (t->constant || t->rank < 0 || t->rank > NN_MAX_RANK || !(dtype_is_float(t->type) || t->type == DT_NONE))
            continue;
        x->ranks[t->rank]++;
        for (int k = 0; k < t->rank; k++)
            if (t->dims[k] >= 1)
                (k == 0 && t->rank >= 2 ? x->batch : x->dims)[halved(t->dims[k])]++;
    }
}

/* A weight of at most 1000 that is its share of the sum; 0 only for 0. */
static int64_t share_of(uint64_t x, uint64_t sum)
{
    int64_t share = sum > 0 ? (int64_t)((unsigned __int128)x * 1000 / sum) : 0;
    return x > 0 && share == 0 ? 1 : share;
}

/* Counts below the least share are left out. */
static void put_counts(json_line *out, const char *key, const uint64_t *counts, size_t n, int64_t least)
{
    uint64_t sum = 0;
    bool any = false;
    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    if (sum == 0)
        return;
    line_raw(out, key);
    line_raw(out, ": {");
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0 || share_of(counts[i], sum) < least)
            continue;
        line_raw(out, any ? ", " : "");
        line_int(out, (int64_t)i);
        line_raw(out, ": ");
        line_int(out, share_of(counts[i], sum));
        any = true;
    }
    line_raw(out, "}\n");
}

bool mine_put_manner(json_line *out, const mine_models *m)
{
    miner x = {.m = m};
    bool ok = true;
    arena_init(&x.texts, 0);
    for (size_t i = 0; i < m->n && ok; i++) {
        count_tensors(&x, &m->all[i]);
        for (uint32_t node = 0; node < m->all[i].view.n_nodes && ok; node++)
            ok = m->all[i].ops[node] < 0 || note(&x, &m->all[i], node);
    }
    unite(&x);
    assign_ranks(&x);
    put_counts(out, "ranks", x.ranks, sizeof x.ranks / sizeof *x.ranks, SHARE_LEAST);
    line_raw(out, "high_ranks: 0.02\nidioms: 0.01\nboundary: 0.02\n");
    put_counts(out, "batch", x.batch, sizeof x.batch / sizeof *x.batch, 1);
    put_counts(out, "dims", x.dims, sizeof x.dims / sizeof *x.dims, 1);
    put_usages(out, &x);
    nn_free(x.line.bytes);
    nn_free(x.all);
    arena_free(&x.texts);
    return ok && !out->failed;
}
