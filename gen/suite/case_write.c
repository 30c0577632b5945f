#include "suite/case_write.h"
#include "suite/case_graph.h"
#include "write/model_dir.h"

#include <stdio.h>
#include <string.h>

nn_status case_writer_open(case_writer *w, uint64_t seed, int root, const char *above, nn_error *err)
{
    *w = (case_writer){.seed = seed, .root = root, .above = above};
    arena_init(&w->mem, 0);
    return sha256_new(&w->hasher, err);
}

void case_writer_close(case_writer *w)
{
    onnx_buffer_free(&w->model);
    onnx_buffer_free(&w->input);
    model_outputs_free(&w->outputs);
    sha256_free(w->hasher);
    arena_free(&w->mem);
}

/* The case that is being written. */
typedef struct {
    case_writer *w;
    const nn_table *table;
    char name[96];
    graph g;
    model_names names;
    onnx_request request;
    outputs_of of;
    model_dir dir;
    json_line *line;
} writing;

/* ---- files ---- */

/* Each case has streams of contents of its own, which do not depend on other cases. */
static uint64_t stream_of(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *name != '\0'; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return h;
}

static nn_status put(writing *x, long set, const char *file, const onnx_buffer *b, nn_error *err)
{
    uint8_t digest[SHA256_SIZE];
    char path[64], hex[SHA256_HEX_SIZE];
    nn_status s = sha256_digest(x->w->hasher, b->bytes, b->size, digest, err);
    if (s != NN_OK)
        return s;
    sha256_hex(digest, hex);
    (void)snprintf(path, sizeof path, "%s%s", set < 0 ? "" : "test_data_set_0/", file);
    line_key(x->line, path);
    line_string(x->line, hex);
    x->w->files++;
    x->w->bytes += b->size;
    return x->w->root < 0 ? NN_OK : model_dir_put(&x->dir, set, file, b->bytes, b->size, err);
}

static nn_status put_output(writing *x, size_t i, bool bound, nn_error *err)
{
    char file[40];
    nn_status s = model_outputs_write(&x->w->outputs, &x->of, 0, i, bound, err);
    (void)snprintf(file, sizeof file, "%s_%zu.pb", bound ? "bound" : "output", i);
    return s == NN_OK ? put(x, 0, file, bound ? &x->w->outputs.bound : &x->w->outputs.value, err) : s;
}

static nn_status put_files(writing *x, nn_error *err)
{
    case_writer *w = x->w;
    nn_status s = onnx_write_model(&w->model, &x->g, &x->names, &x->request, &w->mem, err);
    if (s == NN_OK)
        s = put(x, -1, "model.onnx", &w->model, err);
    for (size_t i = 0; i < x->g.n_inputs && s == NN_OK; i++) {
        char file[40];
        (void)snprintf(file, sizeof file, "input_%zu.pb", i);
        s = onnx_write_input(&w->input, &x->g, &x->names, &x->request, 0, i, &w->mem, err);
        if (s == NN_OK)
            s = put(x, 0, file, &w->input, err);
    }
    for (size_t i = 0; i < x->g.n_outputs && s == NN_OK; i++)
        s = put_output(x, i, false, err);
    for (size_t i = 0; i < x->g.n_outputs && s == NN_OK; i++)
        s = put_output(x, i, true, err);
    return s;
}

/* ---- the line of the index ---- */

static void put_tensor(writing *x, const char *name, const tensor_desc *d)
{
    line_next(x->line);
    line_raw(x->line, "{");
    line_key(x->line, "name");
    line_string(x->line, name);
    line_key(x->line, "type");
    line_string(x->line, dtype_name(d->type));
    line_key(x->line, "dims");
    line_raw(x->line, "[");
    for (int i = 0; i < d->rank; i++) {
        line_next(x->line);
        line_int(x->line, d->dims[i]);
    }
    line_raw(x->line, "]");
}

static void put_inputs(writing *x, const op_instance *in)
{
    line_key(x->line, "inputs");
    line_raw(x->line, "[");
    for (size_t i = 0; i < in->n_inputs; i++) {
        if (in->inputs[i].kind == INST_ABSENT)
            continue;
        put_tensor(x, in->op->inputs[in->inputs[i].input].name, &in->inputs[i].desc);
        line_key(x->line, "initializer");
        line_raw(x->line, in->inputs[i].kind == INST_INIT ? "true}" : "false}");
    }
    line_raw(x->line, "]");
}

/* The outputs, after they have been computed. */
static void put_outputs(writing *x)
{
    line_key(x->line, "outputs");
    line_raw(x->line, "[");
    for (size_t i = 0; i < x->g.n_outputs; i++) {
        const int32_t t = x->g.outputs[i];
        put_tensor(x, x->names.tensors[t], &x->g.tensors[t].desc);
        line_key(x->line, "unbounded");
        line_int(x->line, (int64_t)x->w->outputs.kept[i].tolerance.unbounded);
        line_raw(x->line, "}");
    }
    line_raw(x->line, "]");
}

static nn_status put_classes(writing *x, const case_search *s, nn_error *err)
{
    line_key(x->line, "classes");
    line_raw(x->line, "[");
    for (size_t i = 0; i < s->facets.n; i++) {
        if (s->classes[i] < 0)
            continue;
        const char *text = facet_text(&s->facets, (size_t)s->classes[i], &x->w->mem);
        if (text == NULL)
            return nn_nomem(err);
        line_next(x->line);
        line_string(x->line, text);
    }
    line_raw(x->line, "]");
    return NN_OK;
}

static void key_int(json_line *line, const char *key, int64_t value)
{
    line_key(line, key);
    line_int(line, value);
}

/* "Name, version 11: T = float32, X: rank 4, ..." */
static nn_status put_description(writing *x, const case_search *s, nn_error *err)
{
    const op_model *op = s->facets.op;
    const char *text = arena_printf(&x->w->mem, "%s, version %d", op->name, op->since), *between = ": ";
    for (size_t i = 0; i < s->facets.n && text != NULL; i++) {
        if (s->classes[i] < 0)
            continue;
        const char *class = facet_text(&s->facets, (size_t)s->classes[i], &x->w->mem);
        text = class != NULL ? arena_printf(&x->w->mem, "%s%s%s", text, between, class) : NULL;
        between = ", ";
    }
    if (text == NULL)
        return nn_nomem(err);
    line_key(x->line, "description");
    line_string(x->line, text);
    return NN_OK;
}

static nn_status put_line(writing *x, const case_search *s, nn_error *err)
{
    line_raw(x->line, "{");
    line_key(x->line, "case");
    line_string(x->line, x->name);
    line_key(x->line, "operator");
    line_string(x->line, s->facets.op->name);
    key_int(x->line, "version", s->facets.op->since);
    key_int(x->line, "opset", x->table->options.opset);
    nn_status st = put_description(x, s, err);
    if (st == NN_OK)
        st = put_classes(x, s, err);
    key_int(x->line, "new", (int64_t)s->gain);
    put_inputs(x, &s->x);
    line_key(x->line, "files");
    line_raw(x->line, "{");
    if (st == NN_OK)
        st = put_files(x, err);
    line_raw(x->line, "}");
    if (st == NN_OK)
        put_outputs(x);
    line_raw(x->line, "}\n");
    return st == NN_OK && x->line->failed ? nn_nomem(err) : st;
}

nn_status case_write(case_writer *w, const nn_table *table, const case_search *s, uint64_t number, json_line *line, nn_error *err)
{
    writing x = {.w = w, .table = table, .line = line};
    arena_reset(&w->mem);
    model_outputs_forget(&w->outputs);
    (void)snprintf(x.name, sizeof x.name, "test_%.60s_v%d_%03llu", s->facets.op->name, s->facets.op->since,
                   (unsigned long long)number);
    nn_status st = case_graph(&x.g, &s->x, &w->mem, err);
    if (st == NN_OK)
        st = model_names_new(&x.names, &x.g, table->ops, &w->mem, err);
    if (st != NN_OK)
        return st;
    const onnx_property properties[] = {{"nngen.version", NNGEN_VERSION}, {"nngen.table_digest", table->digest}};
    x.request = (onnx_request){.opset = (int)table->options.opset,
                               .name = x.name,
                               .properties = properties,
                               .n_properties = sizeof properties / sizeof properties[0],
                               .seed = w->seed,
                               .index = stream_of(x.name)};
    x.of = (outputs_of){.rules = table->reference,
                        .ops = table->all,
                        .views = &x.g,
                        .n_views = 1,
                        .names = &x.names,
                        .request = &x.request,
                        .sets = 1};
    if (w->root >= 0)
        st = model_dir_begin(&x.dir, w->root, w->above, x.name, err);
    if (st != NN_OK)
        return st;
    st = put_line(&x, s, err);
    if (st == NN_OK && w->root >= 0)
        st = model_dir_end(&x.dir, err);
    if (st != NN_OK && w->root >= 0)
        model_dir_drop(&x.dir);
    return st;
}
