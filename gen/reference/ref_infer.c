/* Types and shapes of the outputs of a node, for models that nngen did not make. A type is that of a type variable, which the
 * inputs and attributes bind, or the only one that the table allows, or follows from a rule. A shape follows from a rule, or from
 * the table. */
#include "reference/ref_run.h"

#include <string.h>

nn_status ref_table_add_shapes(ref_table *t, nn_error *err)
{
    nn_status s = NN_OK;
    t->shapes = arena_calloc(&t->memory, t->ops->n_all + 1, sizeof(ref_program *));
    if (t->shapes == NULL)
        return nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < t->ops->n_all; i++)
        s = ref_compile_shapes(&t->shapes[i], t->ops, &t->ops->ops[i], t->files.of[i], &t->memory, err);
    return s;
}

static nn_status open_run(ref_run *run, const ref_table *t, const ref_node *node, arena *scratch, nn_error *err)
{
    if (t->shapes == NULL || node->op < 0 || (size_t)node->op >= t->ops->n_all)
        return nn_fail(err, NN_ERR_TABLE, NULL, 0, 0, "the operator is not in the table");
    nn_status s = ref_begin(run, t, t->shapes[node->op], node, scratch, err);
    run->unit = ref_unit_of(DT_DOUBLE); /* sizes are not rounded as elements are */
    return s;
}

static const ref_rule *find_rule(const ref_program *p, expr_head_kind kind, size_t output)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->order[i]->kind == kind && p->order[i]->slot == (int)output)
            return p->order[i];
    return NULL;
}

/* Index of the output that output `i` of the node is; *part: its number there. */
static size_t output_of(const op_model *op, size_t i, size_t *part)
{
    for (size_t k = 0; k < op->n_outputs && k <= i; k++)
        if (op->outputs[k].variadic) {
            *part = i - k;
            return k;
        }
    *part = 0;
    return i;
}

static ref_value eval_rule(ref_run *run, const ref_rule *rule, size_t part)
{
    ref_frame *frame = arena_calloc(run->r.a, 1, sizeof *frame);
    ref_scope *scope = arena_calloc(run->r.a, 1, sizeof *scope);
    if (frame == NULL || scope == NULL) {
        run->r.exhausted = true;
        return (ref_value){.kind = REF_LIST};
    }
    frame->n = 1;
    run->frame = frame;
    run->root = NULL;
    run->scope = scope;
    run->r.n = 1;
    run->output = NULL;
    scope->locals[0] = (ref_local){ref_int(&run->r, (int64_t)part), frame};
    return ref_eval(run, rule->body);
}

/* ---- types ---- */

typedef struct {
    const op_model *op;
    dtype bound[OP_MAX_TYPES];
    nn_error *err;
} binding;

static void type_names(dtype_mask m, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (int t = 1; t < DT_COUNT; t++)
        if ((m >> t & 1) != 0) {
            const char *name = dtype_name((dtype)t), *comma = n > 0 ? ", " : "";
            size_t length = strlen(name) + strlen(comma);
            if (n + length + 1 > size)
                return;
            memcpy(out + n, comma, strlen(comma));
            memcpy(out + n + strlen(comma), name, strlen(name) + 1);
            n += length;
        }
}

static nn_status bind_type(binding *b, const char *what, const char *name, int var, dtype_mask allowed, dtype t)
{
    char names[160];
    if (t == DT_NONE)
        return nn_fail(b->err, NN_ERR_TABLE, NULL, 0, 0, "%s %s: a type that the table does not have", what, name);
    if ((allowed >> t & 1) == 0) {
        type_names(allowed, names, sizeof names);
        return nn_fail(b->err, NN_ERR_TABLE, NULL, 0, 0, "%s %s: type %s is not in the table, which has %s", what, name,
                       dtype_name(t), names);
    }
    if (var >= 0 && b->bound[var] != DT_NONE && b->bound[var] != t)
        return nn_fail(b->err, NN_ERR_TABLE, NULL, 0, 0, "%s %s: type %s where %s was expected, as elsewhere in the node", what,
                       name, dtype_name(t), dtype_name(b->bound[var]));
    if (var >= 0)
        b->bound[var] = t;
    return NN_OK;
}

static nn_status bind_inputs(binding *b, const ref_run *run)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < b->op->n_inputs; i++) {
        const op_input *in = &b->op->inputs[i];
        const ref_value *v = &run->inputs[i];
        if (v->kind == REF_TENSOR && v->t != NULL)
            s = bind_type(b, "input", in->name, in->type_var, in->types, v->t->type);
        for (size_t k = 0; v->kind == REF_TENSORS && s == NN_OK && k < v->n; k++)
            if (v->tensors[k] != NULL)
                s = bind_type(b, "input", in->name, in->type_var, in->types, v->tensors[k]->type);
    }
    /* More than the table states are as the last one. */
    const op_input *last = b->op->n_inputs > 0 ? &b->op->inputs[b->op->n_inputs - 1] : NULL;
    for (size_t i = b->op->n_inputs; s == NN_OK && last != NULL && last->max_arity == 1 && i < run->node->n_inputs; i++)
        if (run->node->inputs[i] != NULL)
            s = bind_type(b, "input", last->name, last->type_var, last->types, run->node->inputs[i]->type);
    return s;
}

/* An attribute that states a type binds its variable; its default does where nothing else has. */
static nn_status bind_attributes(binding *b, ref_run *run, bool defaults)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < b->op->rules->n_vars; i++) {
        const rule_var *v = &b->op->rules->vars[i];
        if (v->attr != ATTR_TYPE_DTYPE)
            continue;
        const int var = v->domain->index;
        const attr_value *given = NULL;
        for (size_t k = 0; k < run->node->n_attrs; k++)
            if (strcmp(run->node->attrs[k].name, v->name) == 0)
                given = &run->node->attrs[k];
        if (given != NULL && !defaults)
            s = bind_type(b, "attribute", v->name, var, b->op->type_masks[var], dtype_of_number(given->i));
        else if (given == NULL && defaults && b->bound[var] == DT_NONE && v->fallback != NULL && v->fallback->kind == EX_STRING)
            b->bound[var] = dtype_parse(v->fallback->s);
    }
    return s;
}

static dtype only_type(dtype_mask m)
{
    for (int t = 1; t < DT_COUNT; t++)
        if (m == dtype_bit((dtype)t))
            return (dtype)t;
    return DT_NONE;
}

static nn_status type_output(binding *b, ref_run *run, size_t i)
{
    size_t part;
    const size_t output = output_of(b->op, i, &part);
    ref_tensor *t = run->node->outputs[i];
    if (t == NULL)
        return NN_OK;
    if (output >= b->op->n_outputs)
        return nn_fail(b->err, NN_ERR_TABLE, NULL, 0, 0, "has %zu outputs; at most %zu were expected", i + 1, b->op->n_outputs);
    const op_output *o = &b->op->outputs[output];
    const ref_rule *rule = find_rule(run->p, HEAD_TYPE, output);
    t->type = o->type_var >= 0 ? b->bound[o->type_var] : only_type(o->types);
    if (t->type == DT_NONE && rule != NULL) {
        ref_value v = eval_rule(run, rule, part);
        t->type = run->status != NN_OK                  ? DT_NONE
                  : v.kind == REF_TEXT                  ? dtype_parse(v.s)
                  : v.kind == REF_TENSOR && v.t != NULL ? v.t->type
                                                        : DT_NONE;
        if (run->status != NN_OK)
            return run->status;
    } else if (t->type == DT_NONE && o->type_var >= 0) {
        t->type = only_type(b->op->type_masks[o->type_var]);
    }
    if (t->type == DT_NONE)
        return nn_fail(b->err, NN_ERR_TABLE, NULL, 0, 0, "output %s: its type does not follow from the inputs and attributes",
                       o->name);
    if (o->type_var >= 0)
        b->bound[o->type_var] = t->type;
    return NN_OK;
}

static nn_status find_types(ref_run *run, nn_error *err)
{
    binding b = {.op = run->p->op, .err = err};
    nn_status s = bind_inputs(&b, run);
    s = s == NN_OK ? bind_attributes(&b, run, false) : s;
    s = s == NN_OK ? bind_attributes(&b, run, true) : s;
    for (size_t i = 0; s == NN_OK && i < run->node->n_outputs; i++)
        s = type_output(&b, run, i);
    return s;
}

nn_status ref_infer_types(const ref_table *t, const ref_node *node, arena *scratch, nn_error *err)
{
    ref_run run;
    arena_mark mark = arena_get_mark(scratch);
    nn_status s = open_run(&run, t, node, scratch, err);
    if (s == NN_OK) {
        s = find_types(&run, err);
        s = run.r.exhausted ? nn_nomem(err) : s; /* what a rule finds wrong with garbage does not count */
    }
    arena_release(scratch, mark);
    return s;
}

/* ---- shapes ---- */

static void take_shape(ref_run *run, const ref_rule *rule, size_t part, ref_tensor *t, size_t max_elements)
{
    ref_value v = eval_rule(run, rule, part);
    if (run->status == NN_OK && (v.kind != REF_LIST || v.n > NN_MAX_RANK)) {
        ref_fail(run, rule->place, "`%s`: a list of at most %d dims was expected", rule->name, NN_MAX_RANK);
        return;
    }
    size_t n = 1;
    for (size_t d = 0; run->status == NN_OK && d < v.n; d++) {
        int64_t dim = ref_uniform_int(run, &v.items[d], rule->place, "a dim");
        if (dim < 0)
            ref_fail(run, rule->place, "`%s`: a dim of %lld", rule->name, (long long)dim);
        n = dim == 0 ? 0 : n;
        t->dims[d] = dim;
    }
    for (size_t d = 0; run->status == NN_OK && n > 0 && d < v.n; d++) {
        if (n > max_elements / (uint64_t)t->dims[d])
            ref_fail(run, rule->place, "`%s`: more than %zu elements", rule->name, max_elements);
        n *= (size_t)t->dims[d];
    }
    t->rank = run->status == NN_OK ? (int)v.n : 0;
    t->n = n;
}

static void find_shapes(ref_run *run, size_t max_elements, arena *results)
{
    const ref_program *p = run->p;
    for (size_t i = p->n_typing; i < p->n && run->status == NN_OK; i++) {
        const ref_rule *rule = p->order[i];
        if (rule->kind == HEAD_LET || rule->kind == HEAD_SCAN) {
            ref_run_let(run, rule, results);
            continue;
        }
        size_t n = p->op->outputs[rule->slot].variadic ? run->n_parts : 1;
        for (size_t k = 0; k < n && rule->kind == HEAD_SHAPE && run->status == NN_OK; k++) {
            size_t at = (size_t)rule->slot + k;
            if (at < run->node->n_outputs && run->node->outputs[at] != NULL)
                take_shape(run, rule, k, run->node->outputs[at], max_elements);
        }
    }
    for (size_t i = 0; i < p->op->n_outputs && run->status == NN_OK; i++)
        if (i < run->node->n_outputs && run->node->outputs[i] != NULL && find_rule(p, HEAD_SHAPE, i) == NULL)
            run->status = nn_fail(run->err, NN_ERR_TABLE, NULL, 0, 0, "the table has no rule for the shape of output %s",
                                  p->op->outputs[i].name);
}

nn_status ref_infer_shapes(const ref_table *t, const ref_node *node, size_t max_elements, arena *scratch, nn_error *err)
{
    ref_run run;
    arena results;
    arena_init(&results, 0);
    arena_mark mark = arena_get_mark(scratch);
    nn_status s = open_run(&run, t, node, scratch, err);
    if (s == NN_OK) {
        find_shapes(&run, max_elements, &results);
        s = run.r.exhausted ? nn_nomem(err) : run.status;
    }
    arena_release(scratch, mark);
    arena_free(&results);
    return s;
}
