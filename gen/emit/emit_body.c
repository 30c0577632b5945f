#include "emit/emit_body.h"
#include "emit/emit_fit.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

/* ---- tensors ---- */

nn_status emit_body_open(emit_body *b, const emit_program *p, const emit_samples *samples, emit_arrays *arrays, nn_error *err)
{
    const eval_model *m = samples->model;
    *b = (emit_body){.program = p, .samples = samples, .model = m, .arrays = arrays, .err = err};
    arena_init(&b->memory, 0);
    arena_init(&b->scratch, 0);
    b->names.a = &b->memory;
    b->named = arena_calloc(&b->memory, m->main.n_tensors + 1, sizeof *b->named);
    b->ways = arena_calloc(&b->memory, m->main.table->ops->n_all + 1, sizeof(const emit_ways *));
    b->compiled = arena_calloc(&b->memory, m->main.table->ops->n_all + 1, sizeof *b->compiled);
    if (arena_failed(&b->memory))
        return nn_nomem(err);
    for (size_t i = 0; p->taken != NULL && i < p->taken->count; i++)
        if (emit_new_name(&b->names, p->taken->items[i]->text) == NULL)
            return nn_nomem(err);
    for (size_t i = 0; p->helpers != NULL && i < p->helpers->count; i++)
        if (emit_new_name(&b->names, p->helpers->pairs[i].key) == NULL)
            return nn_nomem(err);
    return NN_OK;
}

void emit_body_close(emit_body *b)
{
    emit_names_free(&b->names);
    nn_free(b->weights.bytes);
    nn_free(b->body.bytes);
    arena_free(&b->memory);
    arena_free(&b->scratch);
    *b = (emit_body){.program = NULL};
}

static nn_status read_tensor(emit_body *b, file_tensor *to, const Onnx__TensorProto *p, const char *name)
{
    if (!onnx_is_external(p))
        return file_tensor_of_proto(to, p, TENSOR_FILE_MOST, &b->scratch, name, b->err);
    if (b->samples->directory < 0)
        return nn_fail(b->err, NN_ERR_IO, name, 0, 0, "the directory of the model is not known");
    return onnx_external_read(to, p, b->samples->directory, TENSOR_FILE_MOST, &b->scratch, b->err);
}

static nn_status make_weight(emit_body *b, int64_t tensor, const char *name)
{
    const eval_tensor *t = &b->model->main.tensors[tensor];
    json_line array = {.bytes = NULL};
    file_tensor contents;
    arena_mark mark = arena_get_mark(&b->scratch);
    nn_status s = read_tensor(b, &contents, t->contents, t->name);
    if (s == NN_OK) {
        emit_array(&array, b->arrays, &contents, name);
        line_text(&array, "", 1);
    }
    if (s == NN_OK && !array.failed) {
        const emit_word fills[] = {{"{name}", name}, {"{array}", array.bytes}, {NULL, NULL}};
        emit_fill(&b->weights, b->program->weight != NULL ? b->program->weight : "{name} = {array}", fills);
        line_raw(&b->weights, "\n");
    }
    if (s == NN_OK)
        s = array.failed ? nn_nomem(b->err) : b->arrays->status;
    nn_free(array.bytes);
    arena_release(&b->scratch, mark);
    return s;
}

const char *emit_tensor(emit_body *b, int64_t tensor)
{
    const eval_tensor *t = &b->model->main.tensors[tensor];
    if (b->named[tensor] != NULL)
        return b->named[tensor];
    const char *name = emit_new_name(&b->names, t->name);
    if (name == NULL)
        return NULL;
    b->named[tensor] = name;
    if (t->contents == NULL)
        return name;
    json_line text = {.bytes = NULL};
    bool good = make_weight(b, tensor, name) == NN_OK;
    emit_fill(&text, b->program->use != NULL ? b->program->use : "{name}", (const emit_word[]){{"{name}", name}, {NULL, NULL}});
    b->named[tensor] = good && !text.failed ? arena_strndup(&b->memory, text.bytes, text.size) : NULL;
    nn_free(text.bytes);
    return b->named[tensor];
}

/* ---- holes ---- */

typedef struct {
    emit_body *b;
    const eval_node *n;
    const emit_ways *ways;
    size_t samples;
    ref_node nodes[EMIT_SAMPLES]; /* the node in each sample */
    emit_size *sizes;             /* those that differ between samples, as the program has them */
    size_t n_sizes;
    bool doubles; /* numbers need all their digits */
    bool varies;  /* a hole of the text cannot be written at all sizes */
    uint32_t cause;
    json_line text;
    nn_status status;
} writing;

/* What is written differs from the first sample, and the program has no expression for it. */
static void vary(writing *w, const bool differs[EMIT_SAMPLES])
{
    w->varies = true;
    w->cause |= emit_samples_cause(w->b->samples, differs);
}

static void refuse(writing *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void refuse(writing *w, const char *fmt, ...)
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

static void put_held(writing *w)
{
    file_tensor t;
    arena_mark mark = arena_get_mark(&w->b->scratch);
    w->status = read_tensor(w->b, &t, w->n->held, w->n->name);
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
static void put_contents(writing *w, const ref_tensor *t)
{
    emit_body *b = w->b;
    const emit_sample *all = b->samples->at;
    file_tensor contents, other;
    bool differs[EMIT_SAMPLES] = {false}, any = false;
    if (t == NULL || t == w->nodes[0].held || !b->samples->constant[t - all[0].seen]) {
        refuse(w, "the contents of a constant were expected");
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
static void put_tensor(writing *w, const ref_tensor *t)
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

static void put_type(writing *w, const phrase_value *v)
{
    const char *name = v->kind == PHRASE_TEXT                                 ? v->s
                       : v->kind == PHRASE_INT && v->i > 0 && v->i < DT_COUNT ? dtype_name((dtype)v->i)
                       : v->kind == PHRASE_TENSOR && v->tensor != NULL        ? dtype_name(v->tensor->type)
                                                                              : "none";
    const spec_node *type = spec_get(w->b->program->types, name);
    if (type == NULL)
        refuse(w, "type %s cannot be written", name);
    else
        line_raw(&w->text, type->text);
}

/* A word of the table, or of an attribute; nothing that could end a string or a line. */
static void put_word(writing *w, const char *s)
{
    for (const char *c = s; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\'' || *c == '\\') {
            refuse(w, "text \"%.60s\" cannot be written", spec_show(s).s);
            return;
        }
    line_raw(&w->text, s);
}

/* A value in each sample. */
static void put_value(writing *w, const phrase_value *v, char format, bool closed);

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

static void put_list(writing *w, const phrase_value *v, char format)
{
    line_raw(&w->text, format == 't' ? "(" : "[");
    for (size_t i = 0; i < v->n; i++) {
        phrase_value items[EMIT_SAMPLES];
        for (size_t k = 0; k < w->samples; k++)
            items[k] = v[k].items[i];
        line_raw(&w->text, i > 0 ? ", " : "");
        put_value(w, items, items[0].kind == PHRASE_TEXT ? 's' : format, false);
    }
    line_raw(&w->text, format != 't' ? "]" : v->n == 1 ? ",)" : ")");
}

/* A whole number that differs between samples, as an expression of sizes. */
static void put_size(writing *w, const phrase_value *v, const bool differs[EMIT_SAMPLES], bool closed)
{
    int64_t values[EMIT_SAMPLES];
    for (size_t k = 0; k < w->samples; k++)
        values[k] = v[k].i;
    if (v->kind != PHRASE_INT || !emit_fit(&w->text, w->sizes, w->n_sizes, values, w->samples, closed))
        vary(w, differs);
}

static void put_number(writing *w, const phrase_value *v, char format, bool closed)
{
    bool differs[EMIT_SAMPLES] = {false}, any = false, certain = true;
    for (size_t k = 0; k < w->samples; k++) {
        differs[k] = !is_same(&v[0], &v[k]);
        any = any || differs[k];
        certain = certain && v[k].certain;
    }
    if (!certain)
        refuse(w, "a number depends on the inputs of the model");
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

static void put_value(writing *w, const phrase_value *v, char format, bool closed)
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

/* Evaluates a phrase in each sample. False: it fails. */
static bool evaluate(writing *w, int phrase, phrase_value v[EMIT_SAMPLES])
{
    bool differs[EMIT_SAMPLES] = {false};
    for (size_t k = 0; k < w->samples && w->status == NN_OK; k++) {
        nn_error why = {.message = ""};
        nn_status s = ref_phrase_eval(w->ways->phrases, (size_t)phrase, &w->nodes[k], &w->b->scratch, &v[k], &why);
        differs[k] = s != NN_OK;
        if (s == NN_ERR_NOMEM)
            w->status = nn_nomem(w->b->err);
        else if (s != NN_OK && k == 0)
            refuse(w, "%.200s (%.60s:%d)", why.message, why.file, why.line);
        else if (s != NN_OK) {
            vary(w, differs);
            return false;
        }
    }
    return w->status == NN_OK;
}

/* Whether a condition holds in all samples; if only in some, the program depends on the sizes. What depends on the inputs of the
 * model counts as `open`. */
static bool holds(writing *w, int phrase, bool open)
{
    phrase_value v[EMIT_SAMPLES];
    bool differs[EMIT_SAMPLES] = {false}, any = false, first = false;
    if (!evaluate(w, phrase, v))
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

/* Whether what must not depend on sizes does not. */
static bool is_fixed(writing *w, int phrase)
{
    phrase_value v[EMIT_SAMPLES];
    bool differs[EMIT_SAMPLES] = {false}, any = false;
    if (!evaluate(w, phrase, v))
        return false;
    for (size_t k = 0; k < w->samples; k++) {
        differs[k] = !is_same(&v[0], &v[k]);
        any = any || differs[k];
    }
    if (any)
        vary(w, differs);
    return !any;
}

/* ---- nodes ---- */

static bool has_constants(const writing *w, const emit_way *way)
{
    for (size_t i = 0; i < way->n_constants; i++) {
        size_t k = (size_t)way->constants[i];
        if (k < w->n->n_inputs && w->n->inputs[k] >= 0 && !w->b->samples->constant[w->n->inputs[k]])
            return false;
    }
    return true;
}

/* The text of a way. False: it cannot be written, at all sizes. */
static bool write_text(writing *w, const emit_way *way)
{
    w->text.size = 0;
    for (size_t i = 0; i < way->n && w->status == NN_OK && !w->varies; i++) {
        phrase_value v[EMIT_SAMPLES];
        line_raw(&w->text, way->pieces[i].text);
        if (way->pieces[i].phrase >= 0 && evaluate(w, way->pieces[i].phrase, v))
            put_value(w, v, way->pieces[i].format, true);
    }
    if (w->status == NN_OK && w->text.failed)
        w->status = nn_nomem(w->b->err);
    return w->status == NN_OK && !w->varies;
}

/* The first way that fits, and whose text can be written at all sizes. */
static const emit_way *choose(writing *w)
{
    bool constants = true;
    for (size_t i = 0; i < w->ways->n_bars && w->status == NN_OK; i++) {
        w->varies = false;
        if (holds(w, w->ways->bars[i].condition, true))
            refuse(w, "%.200s", w->ways->bars[i].reason);
        if (w->varies)
            return NULL;
    }
    for (size_t i = 0; i < w->ways->n_ways && w->status == NN_OK; i++) {
        const emit_way *way = &w->ways->ways[i];
        bool fits = has_constants(w, way);
        constants = constants && fits;
        w->varies = false;
        if (fits && (way->condition < 0 || holds(w, way->condition, false)) && (way->fixed < 0 || is_fixed(w, way->fixed)) &&
            write_text(w, way))
            return way;
    }
    if (w->cause == 0)
        refuse(w, constants ? "%s has no way of writing it" : "%s writes it only if some inputs are constants",
               w->b->program->name);
    return NULL;
}

/* The variables to which the values of the code go. */
static nn_status put_targets(writing *w, const emit_way *way)
{
    json_line *out = &w->b->body;
    size_t n = w->n->n_outputs, more = way->all ? n : (size_t)way->gives;
    bool list = way->all || way->gives > 0;
    n = n > 0 ? n : 1;
    for (size_t k = 0; k < n || k < more; k++) {
        int64_t t = k < w->n->n_outputs ? w->n->outputs[k] : -1;
        const char *name = t >= 0 ? emit_tensor(w->b, t) : "_";
        if (name == NULL)
            return nn_nomem(w->b->err);
        line_raw(out, k > 0 ? ", " : "");
        line_raw(out, name);
    }
    line_raw(out, list && n <= 1 && more <= 1 ? ", = " : " = ");
    return NN_OK;
}

/* The statements, and the last line as what is assigned. */
static nn_status put_code(writing *w, const emit_way *way)
{
    json_line *out = &w->b->body;
    char *text = w->text.bytes;
    size_t n = w->text.size;
    while (n > 0 && text[n - 1] == '\n')
        n--;
    size_t last = n;
    while (last > 0 && text[last - 1] != '\n')
        last--;
    line_text(out, text, last);
    nn_status s = put_targets(w, way);
    line_text(out, text + last, n - last);
    line_raw(out, "  # ");
    line_raw(out, w->n->op_type);
    line_raw(out, "\n");
    return s;
}

static void check_types(writing *w)
{
    const emit_sample *first = &w->b->samples->at[0];
    for (size_t i = 0; i < w->n->n_inputs + w->n->n_outputs; i++) {
        int64_t t = i < w->n->n_inputs ? w->n->inputs[i] : w->n->outputs[i - w->n->n_inputs];
        const char *type = t >= 0 ? dtype_name(first->seen[t].type) : NULL;
        if (t >= 0 && eval_run_value(&first->run, t) != NULL && spec_get(w->b->program->types, type) == NULL)
            refuse(w, "type %s cannot be written", type);
        w->doubles = w->doubles || (t >= 0 && first->seen[t].type == DT_DOUBLE);
    }
}

static nn_status find_ways(emit_body *b, const emit_ways **out, int op)
{
    nn_status s = NN_OK;
    if (!b->compiled[op]) {
        s = emit_ways_new(&b->ways[op], b->program, b->model->main.table->rules, op, &b->memory, b->err);
        b->compiled[op] = s == NN_OK;
    }
    *out = b->ways[op];
    return s;
}

static nn_status bind_sample(writing *w, size_t k, const ref_tensor *held)
{
    emit_body *b = w->b;
    const emit_sample *at = &b->samples->at[k];
    const eval_node *n = w->n;
    const ref_tensor **inputs = arena_calloc(&b->scratch, n->n_inputs + 1, sizeof *inputs);
    ref_tensor **outputs = arena_calloc(&b->scratch, n->n_outputs + 1, sizeof *outputs);
    if (inputs == NULL || outputs == NULL)
        return nn_nomem(b->err);
    for (size_t i = 0; i < n->n_inputs; i++)
        inputs[i] = n->inputs[i] >= 0 ? &at->seen[n->inputs[i]] : NULL;
    for (size_t i = 0; i < n->n_outputs; i++)
        outputs[i] = n->outputs[i] >= 0 && eval_run_value(&at->run, n->outputs[i]) != NULL ? &at->seen[n->outputs[i]] : NULL;
    w->nodes[k] = (ref_node){.op = n->op,
                             .attrs = n->attrs,
                             .n_attrs = n->n_attrs,
                             .inputs = inputs,
                             .n_inputs = n->n_inputs,
                             .outputs = outputs,
                             .n_outputs = n->n_outputs,
                             .held = held};
    return NN_OK;
}

/* Binds the node in each sample. */
static nn_status bind_node(writing *w, ref_tensor *held)
{
    emit_body *b = w->b;
    const Onnx__TensorProto *from = w->n->held;
    nn_status s = NN_OK;
    if (from != NULL) {
        file_tensor t;
        s = read_tensor(b, &t, from, w->n->name);
        *held = (ref_tensor){.type = s == NN_OK ? t.type : DT_NONE, .rank = 1, .n = s == NN_OK ? t.n : 0};
        held->dims[0] = (int64_t)held->n;
        s = s == NN_OK ? ref_from_raw(held, t.data, &b->scratch, b->err) : s;
    }
    w->samples = b->samples->n;
    for (size_t k = 0; s == NN_OK && k < w->samples; k++)
        s = bind_sample(w, k, from != NULL ? held : NULL);
    return s;
}

/* ---- sizes ---- */

static nn_status add_size(writing *w, int64_t tensor, int axis)
{
    enum { MOST = 24 };
    emit_body *b = w->b;
    emit_size size = {.text = ""};
    char number[24];
    bool differs = false;
    for (size_t k = 0; k < w->samples; k++) {
        size.values[k] = b->samples->at[k].seen[tensor].dims[axis];
        differs = differs || size.values[k] != size.values[0];
    }
    for (size_t i = 0; differs && i < w->n_sizes; i++)
        differs = memcmp(w->sizes[i].values, size.values, sizeof size.values) != 0;
    if (!differs || w->n_sizes == MOST)
        return NN_OK;
    if (w->sizes == NULL)
        w->sizes = arena_calloc(&b->scratch, MOST, sizeof *w->sizes);
    json_line text = {.bytes = NULL};
    const char *name = emit_tensor(b, tensor);
    if (w->sizes == NULL || name == NULL)
        return b->arrays->status != NN_OK ? b->arrays->status : nn_nomem(b->err);
    (void)snprintf(number, sizeof number, "%d", axis);
    emit_fill(&text, b->program->size, (const emit_word[]){{"{name}", name}, {"{axis}", number}, {NULL, NULL}});
    size.text = text.failed ? NULL : arena_strndup(&b->scratch, text.bytes, text.size);
    nn_free(text.bytes);
    w->sizes[w->n_sizes++] = size;
    return size.text != NULL ? NN_OK : nn_nomem(b->err);
}

/* Sizes that the code may name: those of the node's inputs, then the symbols. */
static nn_status find_sizes(writing *w)
{
    const emit_body *b = w->b;
    const emit_samples *all = b->samples;
    nn_status s = NN_OK;
    if (w->samples < 2 || b->program->size == NULL)
        return NN_OK;
    for (size_t i = 0; i < w->n->n_inputs; i++)
        for (int d = 0; s == NN_OK && w->n->inputs[i] >= 0 && d < all->at[0].seen[w->n->inputs[i]].rank; d++)
            s = add_size(w, w->n->inputs[i], d);
    for (size_t i = 0; s == NN_OK && i < all->n_symbols; i++)
        s = add_size(w, b->model->main.inputs[all->symbols[i].input], all->symbols[i].axis);
    return s;
}

static nn_status write_node(emit_body *b, const eval_node *n)
{
    writing w = {.b = b, .n = n, .status = NN_OK};
    ref_tensor held;
    if (n->kind != EVAL_OPERATOR) {
        refuse(&w, "graphs inside nodes cannot be written");
        return w.status;
    }
    w.status = find_ways(b, &w.ways, n->op);
    if (w.status == NN_OK && w.ways == NULL)
        refuse(&w, "%s does not have the operator", b->program->name);
    if (w.status == NN_OK)
        w.status = bind_node(&w, &held);
    if (w.status == NN_OK)
        w.status = find_sizes(&w);
    check_types(&w);
    const emit_way *way = w.status == NN_OK ? choose(&w) : NULL;
    if (way != NULL)
        w.status = put_code(&w, way);
    else if (w.status == NN_OK) {
        refuse(&w, "it cannot be written at all sizes");
        b->cause = w.cause;
    }
    nn_free(w.text.bytes);
    return w.status;
}

nn_status emit_body_write(emit_body *b)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < b->model->main.n_inputs; i++)
        if (emit_tensor(b, b->model->main.inputs[i]) == NULL)
            s = nn_nomem(b->err);
    for (size_t i = 0; s == NN_OK && i < b->model->main.n_nodes; i++) {
        arena_mark mark = arena_get_mark(&b->scratch);
        s = write_node(b, &b->model->main.nodes[i]);
        arena_release(&b->scratch, mark);
    }
    return s == NN_OK && (b->body.failed || b->weights.failed) ? nn_nomem(b->err) : s;
}

/* ---- helpers ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool uses(const char *text, size_t n, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length < n; i++)
        if (memcmp(text + i, word, length) == 0 && !is_letter(text[i + length]) && (i == 0 || !is_letter(text[i - 1])))
            return true;
    return false;
}

/* Helpers may use those before them. */
void emit_helpers(json_line *out, const emit_program *p, const json_line *text)
{
    bool used[100] = {false};
    size_t n = p->helpers != NULL ? p->helpers->count : 0;
    n = n > sizeof used ? sizeof used : n;
    for (size_t i = n; i-- > 0;) {
        used[i] = uses(text->bytes != NULL ? text->bytes : "", text->size, p->helpers->pairs[i].key);
        for (size_t k = i + 1; k < n; k++)
            used[i] = used[i] || (used[k] && uses(p->helpers->pairs[k].value->text, strlen(p->helpers->pairs[k].value->text),
                                                  p->helpers->pairs[i].key));
    }
    for (size_t i = 0; i < n; i++) {
        if (!used[i])
            continue;
        line_raw(out, p->helpers->pairs[i].value->text);
        line_raw(out, "\n\n");
    }
}
