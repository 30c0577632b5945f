#include "emit/emit_body.h"
#include "emit/emit_hole.h"
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

nn_status emit_read_tensor(emit_body *b, file_tensor *to, const Onnx__TensorProto *p, const char *name)
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
    nn_status s = emit_read_tensor(b, &contents, t->contents, t->name);
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

/* ---- nodes ---- */

static bool has_constants(const emit_writing *w, const emit_way *way)
{
    for (size_t i = 0; i < way->n_constants; i++) {
        size_t k = (size_t)way->constants[i];
        if (k < w->n->n_inputs && w->n->inputs[k] >= 0 && !w->b->samples->constant[w->n->inputs[k]])
            return false;
    }
    return true;
}

/* The text of a way. False: it cannot be written, at all sizes. */
static bool write_text(emit_writing *w, const emit_way *way)
{
    w->text.size = 0;
    for (size_t i = 0; i < way->n && w->status == NN_OK && !w->varies; i++) {
        phrase_value v[EMIT_SAMPLES];
        line_raw(&w->text, way->pieces[i].text);
        if (way->pieces[i].phrase >= 0 && emit_evaluate(w, way->pieces[i].phrase, v))
            emit_put_value(w, v, way->pieces[i].format, true);
    }
    if (w->status == NN_OK && w->text.failed)
        w->status = nn_nomem(w->b->err);
    return w->status == NN_OK && !w->varies;
}

/* The first way that fits, and whose text can be written at all sizes. */
static const emit_way *choose(emit_writing *w)
{
    bool constants = true;
    for (size_t i = 0; i < w->ways->n_bars && w->status == NN_OK; i++) {
        w->varies = false;
        if (emit_holds(w, w->ways->bars[i].condition, true))
            emit_refuse(w, "%.200s", w->ways->bars[i].reason);
        if (w->varies)
            return NULL;
    }
    for (size_t i = 0; i < w->ways->n_ways && w->status == NN_OK; i++) {
        const emit_way *way = &w->ways->ways[i];
        bool fits = has_constants(w, way);
        constants = constants && fits;
        w->varies = false;
        if (fits && (way->condition < 0 || emit_holds(w, way->condition, false)) &&
            (way->fixed < 0 || emit_is_fixed(w, way->fixed)) && write_text(w, way))
            return way;
    }
    if (w->cause == 0)
        emit_refuse(w, constants ? "%s has no way of writing it" : "%s writes it only if some inputs are constants",
                    w->b->program->name);
    return NULL;
}

/* The variables to which the values of the code go. */
static nn_status put_targets(emit_writing *w, const emit_way *way)
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
static nn_status put_code(emit_writing *w, const emit_way *way)
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

static void check_types(emit_writing *w)
{
    const emit_sample *first = &w->b->samples->at[0];
    for (size_t i = 0; i < w->n->n_inputs + w->n->n_outputs; i++) {
        int64_t t = i < w->n->n_inputs ? w->n->inputs[i] : w->n->outputs[i - w->n->n_inputs];
        const char *type = t >= 0 ? dtype_name(first->seen[t].type) : NULL;
        if (t >= 0 && eval_run_value(&first->run, t) != NULL && spec_get(w->b->program->types, type) == NULL)
            emit_refuse(w, "type %s cannot be written", type);
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

static nn_status bind_sample(emit_writing *w, size_t k, const ref_tensor *held)
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
static nn_status bind_node(emit_writing *w, ref_tensor *held)
{
    emit_body *b = w->b;
    const Onnx__TensorProto *from = w->n->held;
    nn_status s = NN_OK;
    if (from != NULL) {
        file_tensor t;
        s = emit_read_tensor(b, &t, from, w->n->name);
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

static nn_status add_size(emit_writing *w, int64_t tensor, int axis)
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
static nn_status find_sizes(emit_writing *w)
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

/* Whether what the branches of a node give has one shape. */
static bool is_alike(const emit_body *b, const eval_node *n)
{
    for (size_t k = 0; k < b->samples->n; k++) {
        const ref_tensor *all = b->samples->at[k].seen, *to = &all[n->outputs[0]];
        for (size_t i = 1; i < n->n_inputs; i++) {
            const ref_tensor *from = &all[n->inputs[i]];
            if (from->rank != to->rank || memcmp(from->dims, to->dims, (size_t)to->rank * sizeof to->dims[0]) != 0)
                return false;
        }
    }
    return true;
}

static nn_status write_node(emit_body *b, const eval_node *n)
{
    emit_writing w = {.b = b, .n = n, .status = NN_OK};
    ref_tensor held;
    w.status = find_ways(b, &w.ways, n->op);
    if (w.status == NN_OK && w.ways == NULL)
        emit_refuse(&w, "%s does not have the operator", b->program->name);
    if (n->bodies[0] != NULL && !is_alike(b, n))
        emit_refuse(&w, "its branches give different shapes");
    if (w.status == NN_OK)
        w.status = bind_node(&w, &held);
    if (w.status == NN_OK)
        w.status = find_sizes(&w);
    check_types(&w);
    const emit_way *way = w.status == NN_OK ? choose(&w) : NULL;
    if (way != NULL)
        w.status = put_code(&w, way);
    else if (w.status == NN_OK) {
        emit_refuse(&w, "it cannot be written at all sizes");
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
