#include "emit/emit_hole.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

/* What is written differs from the first sample, and the program has no expression for it. */
static void vary(emit_writing *w, const bool differs[EMIT_SAMPLES])
{
    w->varies = true;
    w->cause |= emit_samples_cause(w->b->samples, differs);
}

void emit_refuse(emit_writing *w, const char *fmt, ...)
{
    char shown[EVAL_NODE_SHOWN], why[300];
    va_list ap;
    if (w->status != NN_OK)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    eval_show_node(shown, &w->b->model->main, w->n);
    w->status = nn_fail(w->b->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "%s: %s", shown, why);
}

static void put_held(emit_writing *w)
{
    file_tensor t;
    arena_mark mark = arena_get_mark(&w->b->scratch);
    w->status = emit_read_tensor(w->b, &t, w->n->held, w->n->name);
    if (w->status == NN_OK)
        emit_array(&w->text, w->b->arrays, &t, *w->n->name != '\0' ? w->n->name : w->n->op_type);
    arena_release(&w->b->scratch, mark);
}

static nn_status copy_contents(emit_body *b, file_tensor *to, const ref_tensor *value)
{
    uint8_t *values = arena_alloc(&b->scratch, (value->n + 1) * dtype_size(value->type));
    float *bounds = arena_alloc(&b->scratch, (value->n + 1) * sizeof *bounds);
    if (values == NULL || bounds == NULL)
        return nn_nomem(b->err);
    *to = (file_tensor){.type = value->type, .rank = value->rank, .n = value->n, .data = values};
    memcpy(to->dims, value->dims, sizeof value->dims);
    ref_to_raw(value, values, bounds);
    return NN_OK;
}

/* The contents of a constant, if they are the same in all samples. */
static void put_contents(emit_writing *w, const ref_tensor *t)
{
    emit_body *b = w->b;
    const emit_sample *all = b->samples->at;
    file_tensor contents, other;
    bool differs[EMIT_SAMPLES] = {false}, any = false;
    if (t == NULL || t == w->nodes[0].held || !b->samples->constant[t - all[0].seen]) {
        emit_refuse(w, "it is written only if its inputs are constants");
        return;
    }
    int64_t tensor = t - all[0].seen;
    w->status = copy_contents(b, &contents, eval_run_value(&all[0].run, tensor));
    for (size_t k = 1; w->status == NN_OK && k < w->samples; k++) {
        w->status = copy_contents(b, &other, eval_run_value(&all[k].run, tensor));
        differs[k] = w->status == NN_OK && (other.rank != contents.rank || other.n != contents.n ||
                                            memcmp(other.dims, contents.dims, sizeof contents.dims) != 0 ||
                                            memcmp(other.data, contents.data, contents.n * dtype_size(contents.type)) != 0);
        any = any || differs[k];
    }
    if (any)
        vary(w, differs);
    else if (w->status == NN_OK)
        emit_array(&w->text, b->arrays, &contents, w->n->op_type);
}

/* The variable of a tensor of the node. */
static void put_tensor(emit_writing *w, const ref_tensor *t)
{
    const char *name = NULL;
    if (t != NULL && t == w->nodes[0].held) {
        put_held(w);
        return;
    }
    if (t == NULL) {
        line_raw(&w->text, "None");
        return;
    }
    name = emit_tensor(w->b, t - w->b->samples->at[0].seen);
    if (name == NULL)
        w->status = w->b->arrays->status != NN_OK ? w->b->arrays->status : nn_nomem(w->b->err);
    else
        line_raw(&w->text, name);
}

static void put_type(emit_writing *w, const phrase_value *v)
{
    const char *name = v->kind == PHRASE_TEXT                                 ? v->s
                       : v->kind == PHRASE_INT && v->i > 0 && v->i < DT_COUNT ? dtype_name((dtype)v->i)
                       : v->kind == PHRASE_TENSOR && v->tensor != NULL        ? dtype_name(v->tensor->type)
                                                                              : "none";
    const spec_node *type = spec_get(w->b->program->types, name);
    if (type == NULL)
        emit_refuse(w, "type %s cannot be written", name);
    else
        line_raw(&w->text, type->text);
}

/* A word of the table, or of an attribute; nothing that could end a string or a line. */
static void put_word(emit_writing *w, const char *s)
{
    for (const char *c = s; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\'' || *c == '\\') {
            emit_refuse(w, "text \"%.60s\" cannot be written", spec_show(s).s);
            return;
        }
    line_raw(&w->text, s);
}

/* Whether values are written alike, apart from numbers and what is in lists. */
static bool is_like(const phrase_value *a, const phrase_value *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == PHRASE_TEXT ? strcmp(a->s, b->s) == 0 : a->kind != PHRASE_LIST || a->n == b->n;
}

static bool is_same(const phrase_value *a, const phrase_value *b)
{
    bool same = is_like(a, b) && a->certain == b->certain;
    if (a->kind == PHRASE_INT)
        return same && a->i == b->i;
    if (a->kind == PHRASE_REAL)
        return same && memcmp(&a->r, &b->r, sizeof a->r) == 0;
    for (size_t i = 0; same && a->kind == PHRASE_LIST && i < a->n; i++)
        same = is_same(&a->items[i], &b->items[i]);
    return same;
}

static void put_list(emit_writing *w, const phrase_value *v, char format)
{
    line_raw(&w->text, format == 't' ? "(" : "[");
    for (size_t i = 0; i < v->n; i++) {
        phrase_value items[EMIT_SAMPLES];
        for (size_t k = 0; k < w->samples; k++)
            items[k] = v[k].items[i];
        line_raw(&w->text, i > 0 ? ", " : "");
        emit_put_value(w, items, items[0].kind == PHRASE_TEXT ? 's' : format, false);
    }
    line_raw(&w->text, format != 't' ? "]" : v->n == 1 ? ",)" : ")");
}

/* A whole number that differs between samples, as an expression of sizes. */
static void put_size(emit_writing *w, const phrase_value *v, const bool differs[EMIT_SAMPLES], bool closed)
{
    int64_t values[EMIT_SAMPLES];
    for (size_t k = 0; k < w->samples; k++)
        values[k] = v[k].i;
    if (v->kind != PHRASE_INT || !emit_fit(&w->text, w->sizes, w->n_sizes, values, w->samples, closed))
        vary(w, differs);
}

static void put_number(emit_writing *w, const phrase_value *v, char format, bool closed)
{
    bool differs[EMIT_SAMPLES] = {false}, any = false, certain = true;
    for (size_t k = 0; k < w->samples; k++) {
        differs[k] = !is_same(&v[0], &v[k]);
        any = any || differs[k];
        certain = certain && v[k].certain;
    }
    if (!certain)
        emit_refuse(w, "a number depends on the inputs of the model");
    else if (any && format == 'b')
        vary(w, differs);
    else if (any)
        put_size(w, v, differs, closed);
    else if (format == 'b')
        line_raw(&w->text, (v->kind == PHRASE_INT ? v->i != 0 : v->r < 0 || v->r > 0) ? "True" : "False");
    else if (v->kind == PHRASE_INT)
        line_int(&w->text, v->i);
    else
        emit_real(&w->text, v->r, w->doubles || (double)(float)v->r < v->r || (double)(float)v->r > v->r ? DT_DOUBLE : DT_FLOAT32);
}

void emit_put_value(emit_writing *w, const phrase_value *v, char format, bool closed)
{
    bool differs[EMIT_SAMPLES] = {false}, any = false;
    for (size_t k = 0; k < w->samples; k++) {
        differs[k] = !is_like(&v[0], &v[k]);
        any = any || differs[k];
    }
    if (any) {
        vary(w, differs);
        return;
    }
    if (format == 'd') {
        put_type(w, v);
        return;
    }
    if (format == 'a' && v->kind == PHRASE_TENSOR) {
        put_contents(w, v->tensor);
        return;
    }
    switch (v->kind) {
    case PHRASE_INT:
    case PHRASE_REAL:
        put_number(w, v, format, closed);
        break;
    case PHRASE_TEXT:
        if (format == 's')
            emit_string(&w->text, v->s);
        else
            put_word(w, v->s);
        break;
    case PHRASE_LIST:
        put_list(w, v, format);
        break;
    case PHRASE_TENSOR:
        put_tensor(w, v->tensor);
        break;
    default:
        for (size_t i = 0; i < v->n; i++) {
            line_raw(&w->text, i > 0 ? ", " : "");
            put_tensor(w, v->tensors[i]);
        }
        break;
    }
}

bool emit_evaluate(emit_writing *w, int phrase, phrase_value v[EMIT_SAMPLES])
{
    bool differs[EMIT_SAMPLES] = {false};
    for (size_t k = 0; k < w->samples && w->status == NN_OK; k++) {
        nn_error why = {.message = ""};
        nn_status s = ref_phrase_eval(w->ways->phrases, (size_t)phrase, &w->nodes[k], &w->b->scratch, &v[k], &why);
        differs[k] = s != NN_OK;
        if (s == NN_ERR_NOMEM)
            w->status = nn_nomem(w->b->err);
        else if (s != NN_OK && k == 0)
            emit_refuse(w, "%.200s (%.60s:%d)", why.message, why.file, why.line);
        else if (s != NN_OK) {
            vary(w, differs);
            return false;
        }
    }
    return w->status == NN_OK;
}

bool emit_holds(emit_writing *w, int phrase, bool open)
{
    phrase_value v[EMIT_SAMPLES];
    bool differs[EMIT_SAMPLES] = {false}, any = false, first = false;
    if (!emit_evaluate(w, phrase, v))
        return false;
    for (size_t k = 0; k < w->samples; k++) {
        bool holds = v[k].certain ? v[k].kind == PHRASE_INT && v[k].i != 0 : open;
        first = k == 0 ? holds : first;
        differs[k] = holds != first;
        any = any || differs[k];
    }
    if (any)
        vary(w, differs);
    return first && !any;
}

bool emit_is_fixed(emit_writing *w, int phrase)
{
    phrase_value v[EMIT_SAMPLES];
    bool differs[EMIT_SAMPLES] = {false}, any = false;
    if (!emit_evaluate(w, phrase, v))
        return false;
    for (size_t k = 0; k < w->samples; k++) {
        differs[k] = !is_same(&v[0], &v[k]);
        any = any || differs[k];
    }
    if (any)
        vary(w, differs);
    return !any;
}
