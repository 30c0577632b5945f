/* The table of rules, and the computation of one node: its rules in order, each for all elements of its tensor. */
#include "reference/ref_form.h"
#include "reference/ref_run.h"

#include <string.h>

enum { MAX_ELEMENTS = 1 << 28 };
static const double MAX_WORK = 1e10;

/* ---- the table ---- */

nn_status ref_table_new(ref_table **out, const op_set *ops, const spec_file *files, size_t n_files, nn_error *err)
{
    ref_table *t = nn_calloc(1, sizeof *t);
    *out = NULL;
    if (t == NULL)
        return nn_nomem(err);
    t->ops = ops;
    arena_init(&t->memory, 0);
    nn_status s = ref_read_files(&t->files, ops, files, n_files, &t->memory, err);
    if (s == NN_OK)
        s = ref_read_accuracy(t->accuracy, t->files.accuracy, err);
    if (s == NN_OK)
        s = ref_read_convention(&t->convention, t->files.convention, err);
    if (s == NN_OK) {
        t->programs = arena_calloc(&t->memory, ops->n_all + 1, sizeof(ref_program *));
        s = t->programs != NULL ? NN_OK : nn_nomem(err);
    }
    for (size_t i = 0; s == NN_OK && i < ops->n_all; i++)
        if (t->files.of[i] != NULL)
            s = ref_compile(&t->programs[i], ops, &ops->ops[i], t->files.of[i], &t->memory, err);
    if (s != NN_OK) {
        ref_table_free(t);
        return s;
    }
    *out = t;
    return NN_OK;
}

void ref_table_free(ref_table *t)
{
    if (t == NULL)
        return;
    arena_free(&t->memory);
    nn_free(t);
}

const op_set *ref_table_ops(const ref_table *t)
{
    return t->ops;
}

bool ref_table_takes_more(const ref_table *t, int op)
{
    return ref_table_has(t, op) && t->programs[op]->any_inputs;
}

ref_convention ref_table_convention(const ref_table *t)
{
    return t->convention;
}

bool ref_table_has(const ref_table *t, int op)
{
    return op >= 0 && (size_t)op < t->ops->n_all && t->programs[op] != NULL &&
           t->programs[op]->stated + 1 == 1u << t->ops->ops[op].n_outputs;
}

/* ---- tensors of the node ---- */

/* Numbers of 64 bits without a sign are kept in 64 bits with one. Where one is too large for that, the node sees doubles. */
static bool is_too_large(const ref_tensor *t)
{
    for (size_t i = 0; t != NULL && t->type == DT_UINT64 && t->w != NULL && i < t->n; i++)
        if (t->w[i] < 0)
            return true;
    return false;
}

static const ref_tensor *as_doubles(const ref_tensor *t, arena *a)
{
    ref_tensor *y = arena_alloc(a, sizeof *y);
    double *v = arena_alloc(a, 2 * t->n * sizeof *v);
    if (y == NULL || v == NULL)
        return NULL;
    *y = *t;
    y->w = NULL;
    y->v = v;
    y->e = v + t->n;
    for (size_t i = 0; i < t->n; i++) {
        v[i] = (double)(uint64_t)t->w[i];
        y->e[i] = v[i] > 0x1p53 ? v[i] * 0x1p-53 : 0;
    }
    return y;
}

static bool replace_large(ref_node *node, arena *a)
{
    const ref_tensor **own = NULL;
    for (size_t i = 0; i < node->n_inputs; i++) {
        if (!is_too_large(node->inputs[i]))
            continue;
        if (own == NULL) {
            own = arena_alloc(a, node->n_inputs * sizeof *own);
            if (own == NULL)
                return false;
            memcpy(own, node->inputs, node->n_inputs * sizeof *own);
            node->inputs = own;
        }
        own[i] = as_doubles(own[i], a);
        if (own[i] == NULL)
            return false;
    }
    return true;
}

static void bind_inputs(ref_run *run)
{
    const op_model *op = run->p->op;
    const ref_node *node = run->node;
    size_t at = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        bool variadic = op->inputs[i].max_arity != 1;
        size_t after = op->n_inputs - i - 1, left = node->n_inputs > at ? node->n_inputs - at : 0;
        size_t n = variadic ? (left > after ? left - after : 0) : left > 0;
        run->inputs[i] = variadic ? (ref_value){.kind = REF_TENSORS, .n = n, .tensors = node->inputs + at}
                                  : (ref_value){.kind = REF_TENSOR, .t = n > 0 ? node->inputs[at] : NULL};
        at += n;
    }
}

static void bind_outputs(ref_run *run)
{
    const op_model *op = run->p->op;
    const ref_node *node = run->node;
    for (size_t i = 0; i < op->n_outputs; i++) {
        run->outputs[i] = i < node->n_outputs ? node->outputs[i] : NULL;
        if (op->outputs[i].variadic) {
            run->first_part = i;
            run->n_parts = node->n_outputs > i ? node->n_outputs - i : 0;
        }
    }
}

/* The coarsest float type of the node's tensors: implementations may compute in it. Types of 8 bits and fewer are for storage. */
static dtype working_type(const ref_node *node)
{
    dtype coarsest = DT_NONE;
    for (size_t i = 0; i < node->n_inputs + node->n_outputs; i++) {
        const ref_tensor *t = i < node->n_inputs ? node->inputs[i] : node->outputs[i - node->n_inputs];
        if (t != NULL && dtype_is_float(t->type) && dtype_bits(t->type) >= 16 &&
            (coarsest == DT_NONE || ref_unit_of(t->type).u > ref_unit_of(coarsest).u))
            coarsest = t->type;
    }
    return coarsest == DT_NONE ? DT_FLOAT32 : coarsest;
}

/* Implementations may compute in the type that `let working_type` gives, if it is coarser. */
static void lower_precision(ref_run *run, const ref_rule *rule)
{
    const ref_value *v = &run->lets[rule->slot];
    int64_t type = ref_uniform_int(run, v, rule->place, "`working_type`");
    if (run->status != NN_OK)
        return;
    if (!dtype_is_float(dtype_of_number(type))) {
        ref_fail(run, rule->place, "`working_type`: the number of a float type was expected");
        return;
    }
    ref_unit unit = ref_unit_of((dtype)type);
    if (unit.u > run->unit.u)
        run->unit = unit;
}

/* ---- rules ---- */

/* The indices of the elements first, first + 1, ... as values of the rule's variables. */
static void bind_indices(ref_run *run, const ref_rule *rule, const ref_tensor *t, size_t first)
{
    ref_vectors *r = &run->r;
    ref_value axes[NN_MAX_RANK];
    size_t below = 1, rank = (size_t)t->rank;
    for (size_t d = rank; d-- > 0;) {
        size_t dim = (size_t)t->dims[d], at = first / below % dim, rest = below - first % below;
        bool same = r->n <= rest || dim == 1;
        axes[d] = ref_new(r, REF_INT, same);
        for (size_t i = 0; i < ref_count(r, &axes[d]); i++) {
            axes[d].w[i] = (int64_t)at;
            if (--rest == 0) {
                rest = below;
                at = at + 1 == dim ? 0 : at + 1;
            }
        }
        below *= dim;
    }
    size_t at = 0;
    for (size_t b = 0; b < rule->n; b++) {
        const ref_binder *binder = &rule->binders[b];
        ref_local *to = &run->scope->locals[binder->slot];
        if (!binder->tuple) {
            *to = (ref_local){axes[at++], run->frame};
            continue;
        }
        size_t n = rank - (rule->n - 1);
        *to = (ref_local){ref_new_list(run, n), run->frame};
        for (size_t i = 0; i < to->value.n; i++)
            to->value.items[i] = axes[at + i];
        at += n;
    }
}

static bool check_indices(ref_run *run, const ref_rule *rule, const ref_tensor *t)
{
    size_t tuples = 0;
    for (size_t b = 0; b < rule->n; b++)
        tuples += rule->binders[b].tuple;
    if (tuples > 1)
        ref_fail(run, rule->place, "`%s`: at most one `..` among the indices was expected", rule->name);
    else if (tuples == 1 ? rule->n - 1 > (size_t)t->rank : rule->n != (size_t)t->rank)
        ref_fail(run, rule->place, "`%s` has %d axes; %zu indices were expected, not %zu", rule->name, t->rank, (size_t)t->rank,
                 rule->n);
    return run->status == NN_OK;
}

static nn_status fill_tensor(ref_run *run, const ref_rule *rule, ref_tensor *t, int64_t part, arena *results)
{
    size_t row = rule->sequential && t->dims[0] > 0 ? t->n / (size_t)t->dims[0] : SIZE_MAX,
           most = rule->slices ? REF_LANES / 8 : REF_LANES;
    if (!check_indices(run, rule, t))
        return run->status;
    for (size_t at = 0; at < t->n && run->status == NN_OK;) {
        size_t n = t->n - at < most ? t->n - at : most, in_row = row == SIZE_MAX ? n : row - at % row;
        n = n < in_row ? n : in_row;
        arena_mark mark = arena_get_mark(run->r.a);
        if (run->r.scan != NULL && at % row == 0)
            ref_scan_begin(run->r.scan, at / row);
        ref_frame frame = {.n = n};
        ref_scope scope;
        memset(&scope, 0, sizeof scope);
        run->frame = &frame;
        run->root = &frame;
        run->scope = &scope;
        run->r.n = n;
        run->block = at;
        bind_indices(run, rule, t, at);
        if (part >= 0)
            scope.locals[rule->n_locals > 0 ? (int)rule->n : 0] = (ref_local){ref_int(&run->r, part), &frame};
        ref_value v = ref_eval(run, rule->body);
        if (run->status == NN_OK && (run->r.exhausted || !ref_store(run, t, at, v, results, rule->place)))
            run->status = nn_nomem(run->err);
        if (run->r.scan != NULL && run->status == NN_OK) {
            ref_scan_keep(run->r.scan, at, n, &v);
            if ((at + n) % row == 0)
                ref_scan_end(run->r.scan);
        }
        arena_release(run->r.a, mark);
        at += n;
    }
    run->r.n = t->n == 0 ? 0 : run->r.n; /* no lane is stored */
    if (run->status == NN_OK && t->n == 0 &&
        !ref_store(run, t, 0, (ref_value){.kind = REF_INT, .uniform = true, .w = (int64_t[]){0}}, results, rule->place))
        run->status = nn_nomem(run->err);
    return run->status;
}

/* Sets the number of elements from the dims: 0 if one of them is, however large the others are. If it fails, the number stays. */
static void count_elements(ref_run *run, ref_tensor *t, spec_place place)
{
    const size_t most =
        run->node->max_elements > 0 && run->node->max_elements < MAX_ELEMENTS ? run->node->max_elements : MAX_ELEMENTS;
    bool none = false, fits = true;
    for (int d = 0; d < t->rank; d++) {
        none |= t->dims[d] == 0;
        fits = fits && t->dims[d] >= 0;
    }
    size_t n = none ? 0 : 1;
    for (int d = 0; d < t->rank && fits && !none; d++) {
        fits = n <= most / (size_t)t->dims[d];
        n *= (size_t)t->dims[d];
    }
    if (fits)
        t->n = n;
    else
        ref_fail(run, place, "a tensor of at most %zu elements, without a negative dim, was expected", most);
}

/* A tensor of the rules' own: its indices state its size. */
static ref_tensor *new_tensor(ref_run *run, const ref_rule *rule, arena *results)
{
    ref_tensor *t = arena_calloc(results, 1, sizeof *t);
    if (t == NULL) {
        run->status = nn_nomem(run->err);
        return NULL;
    }
    t->whole = true;
    t->n = 1;
    for (size_t b = 0; b < rule->n && run->status == NN_OK; b++) {
        const ref_binder *binder = &rule->binders[b];
        ref_value sizes = {.kind = REF_LIST, .n = 1};
        if (binder->tuple) {
            sizes = ref_list(run, binder->from);
        } else {
            ref_value from = binder->to != NULL ? ref_number(run, binder->from) : ref_int(&run->r, 1);
            ref_value to = binder->to != NULL ? ref_number(run, binder->to) : from;
            if (binder->to == NULL || ref_uniform_int(run, &from, rule->place, "the first index") != 0)
                ref_fail(run, rule->place, "`%s`: indices from 0 on were expected, such as `i in 0..n-1`", rule->name);
            sizes = ref_new_list(run, 1);
            if (sizes.n > 0)
                sizes.items[0] = ref_add(&run->r, to, ref_int(&run->r, 1));
        }
        for (size_t i = 0; i < sizes.n && run->status == NN_OK; i++) {
            int64_t n = ref_uniform_int(run, &sizes.items[i], rule->place, "a size");
            if (t->rank == NN_MAX_RANK)
                ref_fail(run, rule->place, "`%s`: at most %d axes were expected", rule->name, NN_MAX_RANK);
            else
                t->dims[t->rank++] = n;
        }
    }
    if (run->status == NN_OK)
        count_elements(run, t, rule->place);
    return t;
}

void ref_run_let(ref_run *run, const ref_rule *rule, arena *results)
{
    ref_frame frame = {.n = 1};
    ref_scope scope;
    memset(&scope, 0, sizeof scope);
    run->frame = &frame;
    run->root = NULL;
    run->scope = &scope;
    run->r.n = 1;
    run->output = NULL;
    if (!rule->indexed) {
        run->lets[rule->slot] = ref_for_all(ref_eval(run, rule->body));
        return;
    }
    ref_tensor *t = new_tensor(run, rule, results);
    run->lets[rule->slot] = (ref_value){.kind = REF_TENSOR, .t = t};
    if (run->status == NN_OK)
        fill_tensor(run, rule, t, -1, results);
    if (!rule->sequential || run->status != NN_OK || !ref_scan_is_wide(t))
        return;
    arena_mark mark = arena_get_mark(run->r.a);
    run->r.scan = ref_scan_new(t, run->r.a);
    if (run->r.scan != NULL) {
        t->v = t->e = NULL;
        t->whole = true;
        fill_tensor(run, rule, t, -1, results);
    }
    run->r.scan = NULL;
    arena_release(run->r.a, mark);
}

static void run_output(ref_run *run, const ref_rule *rule, arena *results)
{
    bool variadic = run->p->op->outputs[rule->slot].variadic;
    size_t n = variadic ? run->n_parts : 1;
    for (size_t k = 0; k < n && run->status == NN_OK; k++) {
        ref_tensor *t = variadic ? run->node->outputs[run->first_part + k] : run->outputs[rule->slot];
        if (t == NULL)
            continue;
        run->output = run->part = t;
        t->w = NULL;
        t->v = t->e = NULL;
        count_elements(run, t, rule->place);
        if (run->status != NN_OK)
            return;
        fill_tensor(run, rule, t, variadic ? (int64_t)k : -1, results);
    }
}

static bool has_special(const ref_node *node)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const ref_tensor *t = node->inputs[i];
        for (size_t k = 0; t != NULL && t->v != NULL && k < t->n; k++)
            if (t->v[k] - t->v[k] != 0)
                return true;
    }
    return false;
}

/* What interpolates may multiply NaN and infinities by a weight of 0, which is NaN again. */
static void forget_outputs(const ref_node *node)
{
    for (size_t i = 0; i < node->n_outputs; i++)
        for (size_t k = 0; node->outputs[i] != NULL && node->outputs[i]->e != NULL && k < node->outputs[i]->n; k++)
            node->outputs[i]->e[k] = (double)__builtin_inff();
}

/* What the rules do not know must not count as absent. */
static nn_status check_node(const ref_program *p, const ref_node *node, nn_error *err)
{
    const op_model *op = p->op;
    size_t most_inputs = op->n_inputs, most_outputs = op->n_outputs;
    for (size_t i = 0; i < op->n_inputs; i++)
        most_inputs = op->inputs[i].max_arity != 1 || p->any_inputs ? SIZE_MAX : most_inputs;
    for (size_t i = 0; i < op->n_outputs; i++)
        most_outputs = op->outputs[i].variadic ? SIZE_MAX : most_outputs;
    for (size_t i = most_inputs; i < node->n_inputs; i++)
        if (node->inputs[i] != NULL)
            return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "outputs of %s: at most %zu inputs were expected, not %zu", op->name,
                           most_inputs, node->n_inputs);
    for (size_t i = most_outputs; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "outputs of %s: at most %zu outputs were expected, not %zu", op->name,
                           most_outputs, node->n_outputs);
    for (size_t i = 0; i < op->n_outputs && i < node->n_outputs; i++)
        if (node->outputs[i] != NULL && (p->stated >> i & 1) == 0)
            return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "outputs of %s: `%s` has no rule", op->name, op->outputs[i].name);
    for (size_t i = 0; i < node->n_attrs; i++) {
        bool known = false;
        for (size_t k = 0; k < op->rules->n_vars && !known; k++)
            known = op->rules->vars[k].origin == VAR_ATTR && strcmp(op->rules->vars[k].name, node->attrs[i].name) == 0;
        if (!known)
            return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "outputs of %s: the table has no attribute `%s`", op->name,
                           spec_show(node->attrs[i].name).s);
    }
    return NN_OK;
}

nn_status ref_begin(ref_run *run, const ref_table *table, const ref_program *program, const ref_node *node, arena *scratch,
                    nn_error *err)
{
    *run = (ref_run){.table = table,
                     .p = program,
                     .own = *node,
                     .max_work = node->max_work > 0 ? node->max_work : MAX_WORK,
                     .err = err,
                     .status = NN_OK};
    run->node = &run->own;
    double *spare = arena_calloc(scratch, 2 * REF_LANES, sizeof *spare);
    if (spare == NULL || !replace_large(&run->own, scratch))
        return run->status = nn_nomem(err);
    run->unit = ref_unit_of(working_type(node));
    run->r = (ref_vectors){.a = scratch, .unit = &run->unit, .n = 1, .spare = spare};
    bind_inputs(run);
    bind_outputs(run);
    return NN_OK;
}

nn_status ref_compute(const ref_table *table, const ref_node *node, arena *results, arena *scratch, nn_error *err)
{
    ref_run run;
    if (node->op < 0 || (size_t)node->op >= table->ops->n_all || table->programs[node->op] == NULL)
        return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "the operator has no rules for its outputs");
    nn_status s = check_node(table->programs[node->op], node, err);
    if (s != NN_OK)
        return s;
    arena lets; /* tensors of the rules' own: blocks leave marks in scratch */
    arena_mark mark = arena_get_mark(scratch);
    s = ref_begin(&run, table, table->programs[node->op], node, scratch, err);
    if (s != NN_OK) {
        arena_release(scratch, mark);
        return s;
    }
    arena_init(&lets, 4096);
    for (size_t i = 0; i < run.p->n && run.status == NN_OK; i++) {
        const ref_rule *rule = run.p->order[i];
        if (rule->kind == HEAD_LET || rule->kind == HEAD_SCAN)
            ref_run_let(&run, rule, &lets);
        else if (rule->kind == HEAD_OUTPUT)
            run_output(&run, rule, results);
        if (rule == run.p->working_type && run.status == NN_OK)
            lower_precision(&run, rule);
        if (run.r.exhausted) /* what a rule finds wrong with garbage does not count */
            run.status = nn_nomem(err);
    }
    if (run.status == NN_OK && run.p->interpolates && has_special(node))
        forget_outputs(node);
    arena_free(&lets);
    arena_release(scratch, mark);
    if (node->work != NULL)
        *node->work += run.work;
    return run.status;
}
