#include "emit/emit_samples.h"
#include "onnx.pb-c.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

/* ---- symbols ---- */

static const Onnx__TensorShapeProto *shape_of(const eval_model *m, size_t input)
{
    const Onnx__ValueInfoProto *v = m->main.tensors[m->main.inputs[input]].stated;
    return v != NULL && v->type != NULL && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type->shape
                                                                                                      : NULL;
}

/* The name of a dimension that is not fixed. NULL: out of memory, or the dimension is fixed. */
static const char *name_of(emit_samples *s, size_t input, size_t axis)
{
    const Onnx__TensorShapeProto *shape = shape_of(s->model, input);
    const Onnx__TensorShapeProto__Dimension *d = shape->dim[axis];
    const char *tensor = s->model->main.tensors[s->model->main.inputs[input]].name;
    if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
        return NULL;
    if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && d->dim_param != NULL && *d->dim_param != '\0')
        return d->dim_param;
    size_t size = strlen(tensor) + 24;
    char *name = arena_alloc(&s->memory, size);
    if (name != NULL)
        (void)snprintf(name, size, "%s_%zu", tensor, axis);
    return name;
}

static int find_symbol(const emit_samples *s, const char *name)
{
    for (size_t i = 0; name != NULL && i < s->n_symbols; i++)
        if (strcmp(s->symbols[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool has_axis(const emit_samples *s, size_t input, size_t axis)
{
    const Onnx__TensorShapeProto *shape = input < s->model->main.n_inputs ? shape_of(s->model, input) : NULL;
    return shape != NULL && axis < shape->n_dim && input < s->n_inputs && s->inputs[input].value != NULL &&
           axis < (size_t)s->inputs[input].value->rank;
}

int emit_samples_symbol(const emit_samples *s, size_t input, int axis)
{
    for (size_t i = 0; i < s->n_symbols && has_axis(s, input, (size_t)axis); i++) {
        const emit_symbol *symbol = &s->symbols[i];
        const Onnx__TensorShapeProto__Dimension *d = shape_of(s->model, input)->dim[axis];
        bool named = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && d->dim_param != NULL;
        bool same = symbol->input == input && symbol->axis == axis;
        if (same || (named && strcmp(symbol->name, d->dim_param) == 0))
            return (int)i;
    }
    return -1;
}

nn_status emit_samples_open(emit_samples *s, const eval_model *m, const emit_stored *inputs, size_t n, int directory, nn_error *err)
{
    *s = (emit_samples){.model = m, .inputs = inputs, .n_inputs = n, .directory = directory};
    arena_init(&s->memory, 0);
    arena_init(&s->values, 0);
    arena_init(&s->scratch, 0);
    for (size_t i = 0; i < m->main.n_inputs; i++)
        for (size_t d = 0; has_axis(s, i, d) && s->n_symbols < EMIT_SYMBOLS; d++) {
            const char *name = name_of(s, i, d);
            if (name == NULL || find_symbol(s, name) >= 0)
                continue;
            s->symbols[s->n_symbols++] = (emit_symbol){.name = name, .input = i, .axis = (int)d, .size = inputs[i].value->dims[d]};
        }
    return arena_failed(&s->memory) ? nn_nomem(err) : NN_OK;
}

static void close_runs(emit_samples *s)
{
    for (size_t i = 0; i < s->n; i++)
        eval_run_close(&s->at[i].run);
    s->n = 0;
    arena_free(&s->values);
    arena_init(&s->values, 0);
}

void emit_samples_close(emit_samples *s)
{
    close_runs(s);
    arena_free(&s->memory);
    arena_free(&s->values);
    arena_free(&s->scratch);
    *s = (emit_samples){.model = NULL};
}

nn_status emit_samples_fix(emit_samples *s, uint32_t symbols, const char *why, nn_error *err)
{
    for (size_t i = 0; i < s->n_symbols; i++)
        if ((symbols >> i & 1) != 0 && s->symbols[i].fixed == NULL)
            s->symbols[i].fixed = arena_strdup(&s->memory, why);
    return arena_failed(&s->memory) ? nn_nomem(err) : NN_OK;
}

/* ---- runs ---- */

/* An input at other sizes: its elements, again and again along each axis. */
static nn_status resize(emit_samples *s, file_tensor *to, size_t input, const int64_t *sizes, nn_error *err)
{
    const file_tensor *from = s->inputs[input].value;
    int64_t n = 1, place[FILE_TENSOR_RANK] = {0};
    bool same = true;
    *to = *from;
    for (int d = 0; d < from->rank; d++) {
        int symbol = emit_samples_symbol(s, input, d);
        to->dims[d] = symbol >= 0 ? sizes[symbol] : from->dims[d];
        same = same && to->dims[d] == from->dims[d];
        if (!nn_mul64(n, to->dims[d], &n) || n > INT32_MAX)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "input \"%.100s\" is too large", from->name);
    }
    if (same)
        return NN_OK;
    size_t size = dtype_size(from->type);
    uint8_t *data = size > 0 ? arena_calloc(&s->scratch, (size_t)n + 1, size) : NULL;
    if (size == 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "input \"%.100s\" cannot be resized", from->name);
    if (data == NULL)
        return nn_nomem(err);
    to->n = (size_t)n;
    to->data = data;
    for (size_t i = 0; i < to->n && from->n > 0; i++) {
        size_t at = 0;
        for (int d = 0; d < from->rank; d++)
            at = at * (size_t)from->dims[d] + (size_t)(place[d] % from->dims[d]);
        memcpy(data + i * size, (const uint8_t *)from->data + at * size, size);
        for (int d = from->rank; d-- > 0 && ++place[d] == to->dims[d];)
            place[d] = 0;
    }
    return NN_OK;
}

/* Adds a sample, if the model can be computed at the sizes. */
static nn_status add(emit_samples *s, const int64_t *sizes, bool *added, nn_error *err)
{
    const eval_limits limits = {.max_bytes = 0};
    emit_sample *to = &s->at[s->n];
    arena_mark mark = arena_get_mark(&s->scratch);
    *added = false;
    memcpy(to->sizes, sizes, sizeof to->sizes);
    nn_status status = eval_run_open(&to->run, s->model, &limits, s->directory, err);
    if (status != NN_OK)
        return status;
    to->run.keep = true;
    for (size_t i = 0; status == NN_OK && i < s->model->main.n_inputs && i < s->n_inputs; i++) {
        file_tensor t;
        status = resize(s, &t, i, sizes, err);
        if (status == NN_OK)
            status = eval_run_set(&to->run, s->model->main.inputs[i], &t, err);
    }
    if (status == NN_OK)
        status = eval_run_compute(&to->run, err);
    arena_release(&s->scratch, mark);
    *added = status == NN_OK;
    s->n += *added;
    if (!*added)
        eval_run_close(&to->run);
    return status;
}

/* Of other samples, a failure is none: they are left out. */
static nn_status attempt(emit_samples *s, const int64_t *sizes, bool *added, nn_error *err)
{
    nn_error ignored;
    nn_status status = add(s, sizes, added, &ignored);
    return status == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
}

/* For each symbol a sample in which it alone differs, then samples in which all differ. */
static nn_status add_others(emit_samples *s, const int64_t *base, nn_error *err)
{
    static const int64_t steps[] = {1, 2, 4, 6, 8}, far[3][EMIT_SYMBOLS] = {{3, 5, 2, 7, 4, 6, 8, 9},
                                                                            {6, 2, 5, 3, 8, 4, 9, 7},
                                                                            {-1, -2, -1, -3, -2, -1, -3, -1}};
    int64_t sizes[EMIT_SYMBOLS] = {0}, step[EMIT_SYMBOLS] = {0};
    nn_status status = NN_OK;
    bool added = false;
    for (size_t i = 0; status == NN_OK && i < s->n_symbols; i++) {
        for (size_t k = 0; status == NN_OK && s->symbols[i].fixed == NULL && step[i] == 0 && k < sizeof steps / sizeof steps[0];
             k++) {
            memcpy(sizes, base, sizeof sizes);
            sizes[i] += steps[k];
            status = attempt(s, sizes, &added, err);
            step[i] = added ? steps[k] : 0;
        }
        if (status == NN_OK && s->symbols[i].fixed == NULL && step[i] == 0)
            status = emit_samples_fix(s, 1U << i, "the model does not run at other sizes", err);
    }
    for (size_t k = 0; status == NN_OK && s->n > 1 && k < 3; k++) {
        for (size_t i = 0; i < s->n_symbols; i++) {
            sizes[i] = base[i] + far[k][i] * step[i];
            sizes[i] = sizes[i] < 1 ? base[i] : sizes[i];
        }
        status = attempt(s, sizes, &added, err);
    }
    return status;
}

uint32_t emit_samples_cause(const emit_samples *s, const bool differs[EMIT_SAMPLES])
{
    uint32_t single = 0, all = 0;
    for (size_t k = 1; k < s->n; k++) {
        uint32_t changed = 0;
        for (size_t i = 0; differs[k] && i < s->n_symbols; i++)
            changed |= (uint32_t)(s->at[k].sizes[i] != s->symbols[i].size) << i;
        all |= changed;
        single |= (changed & (changed - 1)) == 0 ? changed : 0;
    }
    return single != 0 ? single : all;
}

/* ---- what is known of tensors ---- */

static void find_constants(emit_samples *s)
{
    const eval_model *m = s->model;
    for (size_t i = 0; i < m->main.n_tensors; i++)
        s->constant[i] = m->main.tensors[i].contents != NULL;
    for (size_t i = 0; i < m->main.n_nodes; i++) {
        const eval_node *n = &m->main.nodes[i];
        bool constant = n->kind == EVAL_OPERATOR && (m->main.table->ops->ops[n->op].flags & OP_NONDETERMINISTIC) == 0;
        for (size_t k = 0; k < n->n_inputs; k++)
            constant = constant && (n->inputs[k] < 0 || s->constant[n->inputs[k]]);
        for (size_t k = 0; k < n->n_outputs; k++)
            if (n->outputs[k] >= 0)
                s->constant[n->outputs[k]] = constant;
    }
}

/* Nothing is known of the contents of tensors that depend on inputs. */
static nn_status hide_contents(emit_samples *s, nn_error *err)
{
    const eval_graph *g = &s->model->main;
    size_t most = 0;
    for (size_t k = 0; k < s->n; k++)
        for (size_t i = 0; i < g->n_tensors; i++) {
            const ref_tensor *t = eval_run_value(&s->at[k].run, (int64_t)i);
            most = t != NULL && t->n > most ? t->n : most;
        }
    ref_tensor none = {.type = DT_FLOAT32, .n = most};
    nn_status status = ref_unknown(&none, &s->values, err);
    for (size_t k = 0; status == NN_OK && k < s->n; k++)
        for (size_t i = 0; i < g->n_tensors; i++) {
            const ref_tensor *t = eval_run_value(&s->at[k].run, (int64_t)i);
            if (t == NULL)
                continue;
            s->at[k].seen[i] = *t;
            if (s->constant[i])
                continue;
            s->at[k].seen[i].w = NULL;
            s->at[k].seen[i].v = none.v;
            s->at[k].seen[i].e = none.e;
        }
    return status;
}

static bool is_exact(const ref_tensor *t)
{
    for (size_t i = 0; t->w == NULL && i < t->n; i++)
        if (t->v == NULL || t->e[i] > 0 || t->v[i] - t->v[i] != 0)
            return false;
    return true;
}

/* Whether what depends on inputs does not: it is computed from shapes alone. */
static nn_status is_known(emit_samples *s, const emit_sample *at, const eval_node *n, bool *known, nn_error *err)
{
    enum { ELEMENTS = 64 };
    const ref_tensor **inputs = arena_calloc(&s->scratch, n->n_inputs + 1, sizeof *inputs);
    ref_tensor *all = arena_calloc(&s->scratch, n->n_outputs + 1, sizeof *all);
    ref_tensor **outputs = arena_calloc(&s->scratch, n->n_outputs + 1, sizeof *outputs);
    nn_error ignored;
    if (inputs == NULL || all == NULL || outputs == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < n->n_inputs; i++)
        inputs[i] = n->inputs[i] >= 0 ? &at->seen[n->inputs[i]] : NULL;
    *known = true;
    for (size_t i = 0; i < n->n_outputs; i++) {
        const ref_tensor *t = n->outputs[i] >= 0 ? eval_run_value(&at->run, n->outputs[i]) : NULL;
        if (t == NULL)
            continue;
        *known = *known && t->n <= ELEMENTS;
        all[i] = *t;
        outputs[i] = &all[i];
    }
    if (!*known)
        return NN_OK;
    const ref_node node = {.op = n->op,
                           .attrs = n->attrs,
                           .n_attrs = n->n_attrs,
                           .inputs = inputs,
                           .n_inputs = n->n_inputs,
                           .outputs = outputs,
                           .n_outputs = n->n_outputs,
                           .max_work = 1e5};
    arena results;
    arena_init(&results, 4096);
    nn_status status =
        n->held != NULL ? NN_ERR_TABLE : ref_compute(s->model->main.table->rules, &node, &results, &s->scratch, &ignored);
    for (size_t i = 0; i < n->n_outputs; i++)
        *known = *known && status == NN_OK && (outputs[i] == NULL || is_exact(outputs[i]));
    arena_free(&results);
    return status == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
}

/* What is computed from shapes is constant at each size. */
static nn_status find_known(emit_samples *s, nn_error *err)
{
    const eval_graph *g = &s->model->main;
    nn_status status = NN_OK;
    for (size_t i = 0; status == NN_OK && i < g->n_nodes; i++) {
        const eval_node *n = &g->nodes[i];
        bool known = false;
        for (size_t k = 0; k < n->n_outputs; k++)
            known = known || (n->kind == EVAL_OPERATOR && n->outputs[k] >= 0 && !s->constant[n->outputs[k]]);
        for (size_t k = 0; status == NN_OK && known && k < s->n; k++) {
            arena_mark mark = arena_get_mark(&s->scratch);
            status = is_known(s, &s->at[k], n, &known, err);
            arena_release(&s->scratch, mark);
        }
        for (size_t j = 0; status == NN_OK && known && j < n->n_outputs; j++) {
            int64_t t = n->outputs[j];
            if (t < 0 || eval_run_value(&s->at[0].run, t) == NULL)
                continue;
            s->constant[t] = true;
            for (size_t k = 0; k < s->n; k++)
                s->at[k].seen[t] = *eval_run_value(&s->at[k].run, t);
        }
    }
    return status;
}

nn_status emit_samples_compute(emit_samples *s, nn_error *err)
{
    int64_t base[EMIT_SYMBOLS] = {0};
    bool added;
    const size_t n = s->model->main.n_tensors;
    close_runs(s);
    for (size_t i = 0; i < s->n_symbols; i++)
        base[i] = s->symbols[i].size;
    nn_status status = add(s, base, &added, err);
    if (status == NN_OK)
        status = add_others(s, base, err);
    if (status != NN_OK)
        return status;
    s->constant = arena_calloc(&s->values, n + 1, sizeof *s->constant);
    for (size_t k = 0; k < s->n; k++)
        s->at[k].seen = arena_calloc(&s->values, n + 1, sizeof *s->at[k].seen);
    if (arena_failed(&s->values))
        return nn_nomem(err);
    find_constants(s);
    status = hide_contents(s, err);
    return status == NN_OK ? find_known(s, err) : status;
}
