#include "emit/emit_body.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_external.h"
#include "reference/ref_graph.h"

#include <stdio.h>
#include <string.h>

/* ---- tensors ---- */

/* Which tensors are the same for all inputs. */
static void find_constants(emit_body *b)
{
    const eval_model *m = b->model;
    for (size_t i = 0; i < m->main.n_tensors; i++)
        b->constant[i] = m->main.tensors[i].contents != NULL;
    for (size_t i = 0; i < m->main.n_nodes; i++) {
        const eval_node *n = &m->main.nodes[i];
        bool constant = n->kind == EVAL_OPERATOR && (m->main.table->ops->ops[n->op].flags & OP_NONDETERMINISTIC) == 0;
        for (size_t k = 0; k < n->n_inputs; k++)
            constant = constant && (n->inputs[k] < 0 || b->constant[n->inputs[k]]);
        for (size_t k = 0; k < n->n_outputs; k++)
            if (n->outputs[k] >= 0)
                b->constant[n->outputs[k]] = constant;
    }
}

/* All tensors as they are seen by expressions: nothing is known of the contents of those that depend on inputs. */
static nn_status hide_contents(emit_body *b)
{
    size_t most = 0;
    for (size_t i = 0; i < b->model->main.n_tensors; i++) {
        const ref_tensor *t = eval_run_value(b->run, (int64_t)i);
        most = t != NULL && t->n > most ? t->n : most;
    }
    ref_tensor none = {.type = DT_FLOAT32, .n = most};
    nn_status s = ref_unknown(&none, &b->memory, b->err);
    for (size_t i = 0; s == NN_OK && i < b->model->main.n_tensors; i++) {
        const ref_tensor *t = eval_run_value(b->run, (int64_t)i);
        if (t == NULL)
            continue;
        b->unknown[i] = *t;
        if (b->constant[i])
            continue;
        b->unknown[i].w = NULL;
        b->unknown[i].v = none.v;
        b->unknown[i].e = none.e;
    }
    return s;
}

static bool is_exact(const ref_tensor *t)
{
    for (size_t i = 0; t->w == NULL && i < t->n; i++)
        if (t->v == NULL || t->e[i] > 0 || t->v[i] - t->v[i] != 0)
            return false;
    return true;
}

/* Whether what depends on inputs does not: it is computed from shapes alone. */
static nn_status is_known(emit_body *b, const eval_node *n, bool *known)
{
    enum { ELEMENTS = 64 };
    const ref_tensor **inputs = arena_calloc(&b->scratch, n->n_inputs + 1, sizeof *inputs);
    ref_tensor *all = arena_calloc(&b->scratch, n->n_outputs + 1, sizeof *all);
    ref_tensor **outputs = arena_calloc(&b->scratch, n->n_outputs + 1, sizeof *outputs);
    nn_error ignored;
    if (inputs == NULL || all == NULL || outputs == NULL)
        return nn_nomem(b->err);
    for (size_t i = 0; i < n->n_inputs; i++)
        inputs[i] = n->inputs[i] >= 0 ? &b->unknown[n->inputs[i]] : NULL;
    *known = true;
    for (size_t i = 0; i < n->n_outputs; i++) {
        const ref_tensor *t = n->outputs[i] >= 0 ? eval_run_value(b->run, n->outputs[i]) : NULL;
        if (t == NULL)
            continue;
        *known = *known && !dtype_is_float(t->type) && t->n <= ELEMENTS;
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
    nn_status s = n->held != NULL ? NN_ERR_TABLE : ref_compute(b->model->main.table->rules, &node, &results, &b->scratch, &ignored);
    for (size_t i = 0; i < n->n_outputs; i++)
        *known = *known && s == NN_OK && (outputs[i] == NULL || is_exact(outputs[i]));
    arena_free(&results);
    return s == NN_ERR_NOMEM ? nn_nomem(b->err) : NN_OK;
}

static bool has_symbols(const eval_model *m)
{
    for (size_t i = 0; i < m->main.n_inputs; i++) {
        const Onnx__ValueInfoProto *v = m->main.tensors[m->main.inputs[i]].stated;
        const Onnx__TensorShapeProto *shape =
            v != NULL && v->type != NULL && v->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ? v->type->tensor_type->shape
                                                                                                       : NULL;
        for (size_t d = 0; shape != NULL && d < shape->n_dim; d++)
            if (shape->dim[d]->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
                return true;
        if (shape == NULL)
            return true;
    }
    return false;
}

/* What is computed from shapes is constant if the sizes of the inputs are stated. */
static nn_status find_known(emit_body *b)
{
    const eval_model *m = b->model;
    nn_status s = NN_OK;
    const bool sized = !has_symbols(m);
    for (size_t i = 0; s == NN_OK && sized && i < m->main.n_nodes; i++) {
        const eval_node *n = &m->main.nodes[i];
        bool known = false;
        arena_mark mark = arena_get_mark(&b->scratch);
        for (size_t k = 0; k < n->n_outputs; k++)
            known = known || (n->kind == EVAL_OPERATOR && n->outputs[k] >= 0 && !b->constant[n->outputs[k]]);
        if (known)
            s = is_known(b, n, &known);
        arena_release(&b->scratch, mark);
        for (size_t k = 0; s == NN_OK && known && k < n->n_outputs; k++)
            if (n->outputs[k] >= 0 && eval_run_value(b->run, n->outputs[k]) != NULL) {
                b->constant[n->outputs[k]] = true;
                b->unknown[n->outputs[k]] = *eval_run_value(b->run, n->outputs[k]);
            }
    }
    return s;
}

nn_status emit_body_open(emit_body *b, const emit_program *p, const eval_run *run, emit_arrays *arrays, nn_error *err)
{
    const eval_model *m = run->m;
    *b = (emit_body){.program = p, .run = run, .model = m, .arrays = arrays, .err = err};
    arena_init(&b->memory, 0);
    arena_init(&b->scratch, 0);
    b->names.a = &b->memory;
    b->named = arena_calloc(&b->memory, m->main.n_tensors + 1, sizeof *b->named);
    b->constant = arena_calloc(&b->memory, m->main.n_tensors + 1, sizeof *b->constant);
    b->unknown = arena_calloc(&b->memory, m->main.n_tensors + 1, sizeof *b->unknown);
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
    find_constants(b);
    nn_status s = hide_contents(b);
    return s == NN_OK ? find_known(b) : s;
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
    if (b->run->directory < 0)
        return nn_fail(b->err, NN_ERR_IO, name, 0, 0, "the directory of the model is not known");
    return onnx_external_read(to, p, b->run->directory, TENSOR_FILE_MOST, &b->scratch, b->err);
}

/* The template with the name and array in the place of {name} and {array}. */
static void put_template(json_line *out, const char *template, const char *name, const json_line *array)
{
    for (const char *s = template; *s != '\0';) {
        if (strncmp(s, "{name}", 6) == 0) {
            line_raw(out, name);
            s += 6;
        } else if (strncmp(s, "{array}", 7) == 0 && array != NULL) {
            line_text(out, array->bytes != NULL ? array->bytes : "", array->size);
            s += 7;
        } else
            line_text(out, s++, 1);
    }
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
        put_template(&b->weights, b->program->weight != NULL ? b->program->weight : "{name} = {array}", name, &array);
        line_raw(&b->weights, "\n");
        s = array.failed ? nn_nomem(b->err) : b->arrays->status;
    }
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
    put_template(&text, b->program->use != NULL ? b->program->use : "{name}", name, NULL);
    b->named[tensor] = good && !text.failed ? arena_strndup(&b->memory, text.bytes, text.size) : NULL;
    nn_free(text.bytes);
    return b->named[tensor];
}

/* ---- holes ---- */

typedef struct {
    emit_body *b;
    const eval_node *n;
    const emit_ways *ways;
    ref_node node;
    bool doubles; /* numbers need all their digits */
    json_line text;
    nn_status status;
} writing;

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

/* The contents of a constant. */
static void put_contents(writing *w, const ref_tensor *t)
{
    emit_body *b = w->b;
    if (t == NULL || t == w->node.held || !b->constant[t - b->unknown]) {
        refuse(w, "the contents of a constant were expected");
        return;
    }
    const ref_tensor *value = eval_run_value(b->run, t - b->unknown);
    file_tensor contents = {.type = t->type, .rank = t->rank, .n = t->n};
    uint8_t *values = arena_alloc(&b->scratch, (t->n + 1) * dtype_size(t->type));
    float *bounds = arena_alloc(&b->scratch, (t->n + 1) * sizeof *bounds);
    if (values == NULL || bounds == NULL) {
        w->status = nn_nomem(b->err);
        return;
    }
    memcpy(contents.dims, t->dims, sizeof t->dims);
    ref_to_raw(value, values, bounds);
    contents.data = values;
    emit_array(&w->text, b->arrays, &contents, w->n->op_type);
}

/* The variable of a tensor of the node. */
static void put_tensor(writing *w, const ref_tensor *t)
{
    const char *name = NULL;
    if (t != NULL && t == w->node.held) {
        put_held(w);
        return;
    }
    if (t == NULL) {
        line_raw(&w->text, "None");
        return;
    }
    name = emit_tensor(w->b, t - w->b->unknown);
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

static void put_value(writing *w, const phrase_value *v, char format);

static void put_list(writing *w, const phrase_value *v, char format)
{
    line_raw(&w->text, format == 't' ? "(" : "[");
    for (size_t i = 0; i < v->n; i++) {
        line_raw(&w->text, i > 0 ? ", " : "");
        put_value(w, &v->items[i], v->items[i].kind == PHRASE_TEXT ? 's' : format);
    }
    line_raw(&w->text, format != 't' ? "]" : v->n == 1 ? ",)" : ")");
}

static void put_number(writing *w, const phrase_value *v, char format)
{
    if (!v->certain)
        refuse(w, "a number depends on the inputs of the model");
    else if (format == 'b')
        line_raw(&w->text, (v->kind == PHRASE_INT ? v->i != 0 : v->r < 0 || v->r > 0) ? "True" : "False");
    else if (v->kind == PHRASE_INT)
        line_int(&w->text, v->i);
    else
        emit_real(&w->text, v->r, w->doubles || (double)(float)v->r < v->r || (double)(float)v->r > v->r ? DT_DOUBLE : DT_FLOAT32);
}

static void put_value(writing *w, const phrase_value *v, char format)
{
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
        put_number(w, v, format);
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

static phrase_value evaluate(writing *w, int phrase)
{
    phrase_value v = {.kind = PHRASE_INT};
    nn_error why = {.message = ""};
    if (w->status != NN_OK)
        return v;
    nn_status s = ref_phrase_eval(w->ways->phrases, (size_t)phrase, &w->node, &w->b->scratch, &v, &why);
    if (s == NN_ERR_NOMEM)
        w->status = nn_nomem(w->b->err);
    else if (s != NN_OK)
        refuse(w, "%.200s (%.60s:%d)", why.message, why.file, why.line);
    return v;
}

/* Whether a condition holds. What depends on the inputs of the model counts as `open`. */
static bool holds(writing *w, int phrase, bool open)
{
    phrase_value v = evaluate(w, phrase);
    return v.certain ? v.kind == PHRASE_INT && v.i != 0 : open;
}

/* ---- nodes ---- */

static bool has_constants(const writing *w, const emit_way *way)
{
    for (size_t i = 0; i < way->n_constants; i++) {
        size_t k = (size_t)way->constants[i];
        if (k < w->n->n_inputs && w->n->inputs[k] >= 0 && !w->b->constant[w->n->inputs[k]])
            return false;
    }
    return true;
}

static const emit_way *choose(writing *w)
{
    bool constants = true;
    for (size_t i = 0; i < w->ways->n_bars && w->status == NN_OK; i++)
        if (holds(w, w->ways->bars[i].condition, true))
            refuse(w, "%.200s", w->ways->bars[i].reason);
    for (size_t i = 0; i < w->ways->n_ways && w->status == NN_OK; i++) {
        const emit_way *way = &w->ways->ways[i];
        bool fits = has_constants(w, way);
        if (fits && (way->condition < 0 || holds(w, way->condition, false)))
            return way;
        constants = constants && fits;
    }
    refuse(w, constants ? "%s has no way of writing it" : "%s writes it only if some inputs are constants", w->b->program->name);
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
    for (size_t i = 0; i < w->n->n_inputs + w->n->n_outputs; i++) {
        int64_t t = i < w->n->n_inputs ? w->n->inputs[i] : w->n->outputs[i - w->n->n_inputs];
        const char *type = t >= 0 ? dtype_name(w->b->unknown[t].type) : NULL;
        if (t >= 0 && eval_run_value(w->b->run, t) != NULL && spec_get(w->b->program->types, type) == NULL)
            refuse(w, "type %s cannot be written", type);
        w->doubles = w->doubles || (t >= 0 && w->b->unknown[t].type == DT_DOUBLE);
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

static nn_status bind_node(writing *w, ref_tensor *held)
{
    const emit_body *b = w->b;
    const eval_node *n = w->n;
    const ref_tensor **inputs = arena_calloc(&w->b->scratch, n->n_inputs + 1, sizeof *inputs);
    ref_tensor **outputs = arena_calloc(&w->b->scratch, n->n_outputs + 1, sizeof *outputs);
    if (inputs == NULL || outputs == NULL)
        return nn_nomem(b->err);
    for (size_t i = 0; i < n->n_inputs; i++)
        inputs[i] = n->inputs[i] >= 0 ? &b->unknown[n->inputs[i]] : NULL;
    for (size_t i = 0; i < n->n_outputs; i++)
        outputs[i] = n->outputs[i] >= 0 && eval_run_value(b->run, n->outputs[i]) != NULL ? &b->unknown[n->outputs[i]] : NULL;
    w->node = (ref_node){.op = n->op,
                         .attrs = n->attrs,
                         .n_attrs = n->n_attrs,
                         .inputs = inputs,
                         .n_inputs = n->n_inputs,
                         .outputs = outputs,
                         .n_outputs = n->n_outputs};
    if (n->held == NULL)
        return NN_OK;
    file_tensor t;
    nn_status s = read_tensor(w->b, &t, n->held, n->name);
    *held = (ref_tensor){.type = s == NN_OK ? t.type : DT_NONE, .rank = 1, .n = s == NN_OK ? t.n : 0};
    held->dims[0] = (int64_t)held->n;
    w->node.held = held;
    return s == NN_OK ? ref_from_raw(held, t.data, &w->b->scratch, b->err) : s;
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
    check_types(&w);
    const emit_way *way = w.status == NN_OK ? choose(&w) : NULL;
    for (size_t i = 0; w.status == NN_OK && i < way->n; i++) {
        line_raw(&w.text, way->pieces[i].text);
        if (way->pieces[i].phrase < 0)
            continue;
        phrase_value v = evaluate(&w, way->pieces[i].phrase);
        if (w.status == NN_OK)
            put_value(&w, &v, way->pieces[i].format);
    }
    if (w.status == NN_OK && w.text.failed)
        w.status = nn_nomem(b->err);
    if (w.status == NN_OK)
        w.status = put_code(&w, way);
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
