#include "emit/emit.h"
#include "base/file_read.h"
#include "base/file_write.h"
#include "base/flag_row.h"
#include "emit/emit_body.h"
#include "emit/emit_data.h"
#include "emit/emit_file.h"
#include "emit/emit_flat.h"
#include "emit/emit_onnx.h"
#include "emit/emit_options.h"
#include "emit/emit_samples.h"
#include "eval/eval_table.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_parse.h"
#include "reference/ref_graph.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MODEL_MOST = INT32_MAX, INLINE = 64, SIZE = 2 };

typedef struct {
    const emit_options *o;
    json_line *out;
    emit_report_fn *tell;
    void *told;
    emit_program program;
    emit_file file;
    emit_arrays arrays;
    emit_data data;
    file_bytes bytes;
    Onnx__ModelProto *model; /* in memory */
    int directory;
    const char *name;    /* the model's file, without its directories */
    const char *archive; /* the file of large arrays, without its directories */
    arena memory;
    nn_error *err;
} command;

/* ---- reading ---- */

static bool is_initializer(const Onnx__GraphProto *g, const char *name)
{
    for (size_t i = 0; i < g->n_initializer; i++)
        if (g->initializer[i]->name != NULL && strcmp(g->initializer[i]->name, name) == 0)
            return true;
    return false;
}

static nn_status name_tensors(command *c)
{
    const Onnx__GraphProto *g = c->model->graph;
    const char **inputs = arena_calloc(&c->memory, g->n_input + 1, sizeof *inputs);
    const char **outputs = arena_calloc(&c->memory, g->n_output + 1, sizeof *outputs);
    size_t n = 0;
    if (inputs == NULL || outputs == NULL)
        return nn_nomem(c->err);
    for (size_t i = 0; i < g->n_input; i++)
        if (g->input[i]->name != NULL && !is_initializer(g, g->input[i]->name))
            inputs[n++] = g->input[i]->name;
    for (size_t i = 0; i < g->n_output; i++)
        outputs[i] = g->output[i]->name != NULL ? g->output[i]->name : "";
    nn_status s = emit_data_open(&c->data, inputs, n, outputs, g->n_output, c->err);
    if (s == NN_OK)
        s = emit_data_read(&c->data, c->o->model, (uint64_t)c->o->set, c->err);
    bool stored = n == 0;
    for (size_t i = 0; i < n && s == NN_OK; i++)
        stored = stored || c->data.inputs[i].value != NULL;
    if (s == NN_OK && !stored && c->o->set > 0)
        s = nn_fail(c->err, NN_ERR_USAGE, NULL, 0, 0, "--set %lld: there are no inputs of this set beside %.1000s",
                    (long long)c->o->set, c->o->model);
    return s;
}

static nn_status read_program(command *c)
{
    spec_file *files = NULL;
    const spec_file *all = spec_embedded_programs;
    size_t n = spec_embedded_programs_count;
    nn_status s = NN_OK;
    if (c->o->specs != NULL) {
        s = spec_read_folder(&files, &n, c->o->specs, "programs", &c->memory, c->err);
        all = files;
    }
    return s == NN_OK ? emit_program_read(&c->program, c->o->as, all, n, &c->memory, c->err) : s;
}

/* ---- inputs that are not stored ---- */

static int64_t size_of(const command *c, const Onnx__TensorShapeProto__Dimension *d)
{
    int64_t x = SIZE;
    if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
        return d->dim_value;
    for (size_t i = 0; d->dim_param != NULL && i < c->o->dims.n; i++) {
        const char *equals = strrchr(c->o->dims.items[i], '=');
        if (equals != NULL && strlen(d->dim_param) == (size_t)(equals - c->o->dims.items[i]) &&
            strncmp(c->o->dims.items[i], d->dim_param, (size_t)(equals - c->o->dims.items[i])) == 0)
            (void)flag_read_number(equals + 1, &x);
    }
    return x;
}

static void fill(file_tensor *t, uint8_t *data)
{
    for (size_t i = 0; i < t->n; i++) {
        double x = (double)((int64_t)((i * 37 + 11) % 129) - 64) / 64;
        float f = (float)x;
        uint16_t half = half_bits(x);
        if (t->type == DT_FLOAT32)
            memcpy(data + i * 4, &f, 4);
        else if (t->type == DT_DOUBLE)
            memcpy(data + i * 8, &x, 8);
        else if (t->type == DT_FLOAT16)
            memcpy(data + i * 2, &half, 2);
        else
            data[i * dtype_size(t->type)] = (uint8_t)(i % 2);
    }
}

/* Numbers between -1 and 1. */
static nn_status make_input(command *c, emit_stored *to)
{
    const Onnx__GraphProto *g = c->model->graph;
    const Onnx__TypeProto__Tensor *type = NULL;
    for (size_t i = 0; i < g->n_input; i++)
        if (g->input[i]->name != NULL && strcmp(g->input[i]->name, to->name) == 0 && g->input[i]->type != NULL &&
            g->input[i]->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
            type = g->input[i]->type->tensor_type;
    if (type == NULL || type->shape == NULL || type->elem_type < 1 || type->elem_type >= DT_COUNT ||
        dtype_size((dtype)type->elem_type) == 0 || type->shape->n_dim > FILE_TENSOR_RANK)
        return nn_fail(c->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "input \"%.100s\": neither a value nor a type and shape are stored",
                       to->name);
    file_tensor *t = arena_calloc(&c->memory, 1, sizeof *t);
    if (t == NULL)
        return nn_nomem(c->err);
    *t = (file_tensor){.name = to->name, .type = (dtype)type->elem_type, .rank = (int)type->shape->n_dim};
    int64_t n = 1;
    for (int d = 0; d < t->rank; d++) {
        t->dims[d] = size_of(c, type->shape->dim[d]);
        if (t->dims[d] < 0 || !nn_mul64(n, t->dims[d], &n) || n > INT32_MAX)
            return nn_fail(c->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "input \"%.100s\" is too large", to->name);
    }
    t->n = (size_t)n;
    uint8_t *data = arena_calloc(&c->memory, t->n + 1, dtype_size(t->type));
    if (data == NULL)
        return nn_nomem(c->err);
    fill(t, data);
    t->data = data;
    to->value = t;
    return NN_OK;
}

static nn_status make_inputs(command *c)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < c->data.n_inputs; i++)
        if (c->data.inputs[i].value == NULL)
            s = make_input(c, &c->data.inputs[i]);
    return s;
}

/* ---- the model in a framework ---- */

static nn_status open_arrays(command *c)
{
    size_t most = c->o->out == NULL ? SIZE_MAX : c->o->most >= 0 ? (size_t)c->o->most : INLINE;
    return emit_arrays_open(&c->arrays, most, &c->memory, c->err);
}

static void on_unsupported(void *data, const char *what)
{
    const command *c = data;
    char text[700];
    (void)snprintf(text, sizeof text, "not in the table: %.640s", what);
    c->tell(c->told, text);
}

/* Outputs that are not stored are those of the table. */
static nn_status take_outputs(command *c, const eval_run *run)
{
    for (size_t i = 0; i < c->data.n_outputs && i < run->m->main.n_outputs; i++) {
        const ref_tensor *y = eval_run_value(run, run->m->main.outputs[i]);
        if (c->data.outputs[i].value != NULL || y == NULL)
            continue;
        file_tensor *both = arena_calloc(&c->memory, 2, sizeof *both);
        uint8_t *values = arena_alloc(&c->memory, (y->n + 1) * dtype_size(y->type));
        float *bounds = arena_alloc(&c->memory, (y->n + 1) * sizeof *bounds);
        if (both == NULL || values == NULL || bounds == NULL)
            return nn_nomem(c->err);
        ref_to_raw(y, values, bounds);
        both[0] = (file_tensor){.name = c->data.outputs[i].name, .type = y->type, .rank = y->rank, .n = y->n, .data = values};
        memcpy(both[0].dims, y->dims, sizeof y->dims);
        both[1] = both[0];
        both[1].type = DT_FLOAT32;
        both[1].data = (const uint8_t *)bounds;
        c->data.outputs[i].value = &both[0];
        c->data.outputs[i].bound = &both[1];
    }
    return NN_OK;
}

static nn_status write_body(command *c, const emit_samples *samples, uint32_t *cause)
{
    emit_body b = {.program = NULL};
    const eval_model *m = samples->model;
    nn_status s = emit_body_open(&b, &c->program, samples, &c->arrays, c->err);
    if (s == NN_OK)
        s = emit_body_write(&b);
    *cause = b.cause;
    for (size_t i = 0; s == NN_OK && i < m->main.n_inputs + m->main.n_outputs; i++) {
        bool input = i < m->main.n_inputs;
        const char *name = emit_tensor(&b, input ? m->main.inputs[i] : m->main.outputs[i - m->main.n_inputs]);
        json_line *to = &c->file.blocks[input ? BLOCK_PARAMETERS : BLOCK_RESULTS];
        line_raw(to, to->size > 0 ? ", " : "");
        line_raw(to, name != NULL ? name : "");
        s = name != NULL ? NN_OK : nn_nomem(c->err);
    }
    if (s == NN_OK) {
        emit_helpers(&c->file.blocks[BLOCK_HELPERS], &c->program, &b.body);
        c->file.blocks[BLOCK_WEIGHTS] = b.weights;
        c->file.blocks[BLOCK_BODY] = b.body;
        b.weights = b.body = (json_line){.bytes = NULL};
    }
    emit_body_close(&b);
    return s;
}

/* Writes the body for all sizes of as many symbolic dimensions as can be: those for which it fails are fixed. */
static nn_status write_at_all_sizes(command *c, emit_samples *samples)
{
    nn_status s = NN_OK;
    if (c->o->fixed != 0 || c->program.size == NULL)
        s = emit_samples_fix(samples, ~0U, "--static", c->err);
    for (;;) {
        uint32_t cause = 0;
        if (s == NN_OK)
            s = emit_samples_compute(samples, c->err);
        if (s == NN_OK)
            s = write_body(c, samples, &cause);
        if (s != NN_ERR_UNSUPPORTED || cause == 0)
            return s;
        s = emit_samples_fix(samples, cause, c->err->message, c->err);
        emit_arrays_close(&c->arrays);
        if (s == NN_OK)
            s = open_arrays(c);
    }
}

static void write_shape(command *c, const emit_samples *samples, size_t input, json_line *to)
{
    const file_tensor *t = c->data.inputs[input].value;
    line_raw(to, "[");
    for (int d = 0; d < t->rank; d++) {
        int symbol = emit_samples_symbol(samples, input, d);
        line_raw(to, d > 0 ? ", " : "");
        if (symbol >= 0 && samples->symbols[symbol].fixed == NULL)
            line_raw(to, "None");
        else
            line_int(to, t->dims[d]);
    }
    line_raw(to, "]");
}

/* Types and shapes of the inputs, by the program's template for one. */
static void write_specification(command *c, const emit_samples *samples)
{
    json_line *to = &c->file.blocks[BLOCK_SPECIFICATION];
    for (size_t i = 0; c->program.specification != NULL && i < c->data.n_inputs; i++) {
        json_line shape = {.bytes = NULL};
        const spec_node *type = spec_get(c->program.types, dtype_name(c->data.inputs[i].value->type));
        write_shape(c, samples, i, &shape);
        line_text(&shape, "", 1);
        line_raw(to, i > 0 ? ", " : "");
        if (!shape.failed)
            emit_fill(to, c->program.specification,
                      (const emit_word[]){{"{shape}", shape.bytes}, {"{type}", type != NULL ? type->text : "None"}, {NULL, NULL}});
        to->failed = to->failed || shape.failed;
        nn_free(shape.bytes);
    }
}

/* The symbolic dimensions of an input. */
static void write_symbols(json_line *to, const emit_samples *samples, size_t input, const file_tensor *t)
{
    bool any = false;
    for (int d = 0; d < t->rank; d++) {
        int symbol = emit_samples_symbol(samples, input, d);
        if (symbol < 0 || samples->symbols[symbol].fixed != NULL)
            continue;
        if (!any) {
            line_raw(to, "        ");
            emit_string(to, t->name);
        }
        line_raw(to, any ? ", " : ": {");
        line_int(to, d);
        line_raw(to, ": ");
        emit_string(to, samples->symbols[symbol].name);
        any = true;
    }
    line_raw(to, any ? "},\n" : "");
}

static void write_dynamic(command *c, const emit_samples *samples)
{
    json_line *to = &c->file.blocks[BLOCK_DYNAMIC];
    char text[700];
    line_raw(to, "# Dimensions of inputs that may have other sizes: axis -> name. The program is right at any size.\n");
    for (size_t i = 0; i < samples->n_symbols; i++) {
        const emit_symbol *symbol = &samples->symbols[i];
        if (symbol->fixed == NULL)
            continue;
        (void)snprintf(text, sizeof text, "# %.100s has the size %lld only: %.500s", symbol->name, (long long)symbol->size,
                       symbol->fixed);
        nn_one_line(text);
        line_raw(to, text);
        line_raw(to, "\n");
    }
    line_raw(to, "def dynamic():\n    return {\n");
    for (size_t i = 0; i < c->data.n_inputs; i++)
        write_symbols(to, samples, i, c->data.inputs[i].value);
    line_raw(to, "    }\n");
}

static nn_status emit_samples_and_body(command *c, const eval_model *m)
{
    emit_samples samples;
    nn_status s = emit_samples_open(&samples, m, c->data.inputs, c->data.n_inputs, c->directory, c->err);
    if (s == NN_OK)
        s = write_at_all_sizes(c, &samples);
    if (s == NN_OK) {
        write_dynamic(c, &samples);
        write_specification(c, &samples);
        s = take_outputs(c, &samples.at[0].run);
    }
    emit_samples_close(&samples);
    return s;
}

/* Branches whose conditions follow from shapes are known before they are written. */
static nn_status flatten(command *c, eval_model *flat, const eval_model *m)
{
    emit_samples known = {.model = NULL};
    nn_status s = NN_OK;
    const bool branches = emit_has_branches(m);
    if (branches) {
        s = emit_samples_open(&known, m, c->data.inputs, c->data.n_inputs, c->directory, c->err);
        s = s == NN_OK && c->o->fixed != 0 ? emit_samples_fix(&known, ~0U, "--static", c->err) : s;
        s = s == NN_OK ? emit_samples_compute(&known, c->err) : s;
    }
    if (s == NN_OK)
        s = emit_flat(flat, m, c->program.branch, branches ? &known : NULL, &c->memory, c->err);
    emit_samples_close(&known);
    return s;
}

static nn_status emit_operators(command *c)
{
    eval_source from = {.unsupported = on_unsupported, .data = c};
    eval_model m = {.file = NULL}, flat;
    nn_status s = eval_read_table(&from, c->o->specs, &c->memory, c->err);
    if (s == NN_OK)
        s = eval_model_open(&m, c->bytes.bytes, c->bytes.n, &from, c->o->model, c->err);
    if (s != NN_OK)
        return s;
    if (m.unsupported > 0)
        s = nn_fail(c->err, NN_ERR_UNSUPPORTED, c->o->model, 0, 0, "uses what the operator table does not have, in %zu place%s",
                    m.unsupported, m.unsupported == 1 ? "" : "s");
    if (s == NN_OK)
        s = flatten(c, &flat, &m);
    if (s == NN_OK)
        s = emit_samples_and_body(c, &flat);
    eval_model_close(&m);
    return s;
}

/* ---- the text ---- */

static void write_inputs(command *c)
{
    json_line *to = &c->file.blocks[BLOCK_INPUTS], *signature = &c->file.blocks[BLOCK_SIGNATURE];
    char name[40];
    line_raw(to, "def inputs():\n    return {\n");
    for (size_t i = 0; i < c->data.n_inputs; i++) {
        (void)snprintf(name, sizeof name, "input_%zu", i);
        line_raw(to, "        ");
        emit_string(to, c->data.inputs[i].name);
        line_raw(to, ": ");
        emit_array(to, &c->arrays, c->data.inputs[i].value, name);
        line_raw(to, ",\n");
        line_raw(signature, i > 0 ? ", " : "");
        emit_string(signature, c->data.inputs[i].name);
    }
    line_raw(to, "    }\n");
}

static void write_expected(command *c)
{
    json_line *to = &c->file.blocks[BLOCK_EXPECTED];
    char name[40];
    line_raw(to, "# (value, bound) of each output; a correct result is within the bound. None: not known.\n"
                 "def expected():\n    return [\n");
    for (size_t i = 0; i < c->data.n_outputs; i++) {
        const emit_stored *y = &c->data.outputs[i];
        line_raw(to, "        (");
        (void)snprintf(name, sizeof name, "output_%zu", i);
        if (y->value != NULL)
            emit_array(to, &c->arrays, y->value, name);
        line_raw(to, y->value != NULL ? ", " : "None, ");
        (void)snprintf(name, sizeof name, "bound_%zu", i);
        if (y->bound != NULL)
            emit_array(to, &c->arrays, y->bound, name);
        line_raw(to, y->bound != NULL ? "),\n" : "None),\n");
    }
    line_raw(to, "    ]\n");
}

static void write_title(command *c)
{
    json_line *to = &c->file.blocks[BLOCK_TITLE];
    char text[400];
    int64_t opset = 0;
    for (size_t i = 0; i < c->model->n_opset_import; i++)
        if (c->model->opset_import[i]->domain == NULL || *c->model->opset_import[i]->domain == '\0')
            opset = c->model->opset_import[i]->version;
    (void)snprintf(text, sizeof text, "%.200s: %zu nodes, opset %lld", c->name, c->model->graph->n_node, (long long)opset);
    for (char *s = text; *s != '\0'; s++)
        if (*s == '"' || *s == '\\')
            *s = '?';
    nn_one_line(text);
    line_raw(to, text);
}

static void write_arrays(command *c)
{
    json_line *to = &c->file.blocks[BLOCK_ARRAYS];
    if (c->arrays.n == 0)
        return;
    line_raw(to, "data = np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), ");
    emit_string(to, c->archive);
    line_raw(to, "))\n");
}

/* FILE with .npz in the place of .py */
static nn_status name_archive(command *c, char *path, size_t size)
{
    size_t n = strlen(c->o->out);
    if (n > 3 && strcmp(c->o->out + n - 3, ".py") == 0)
        n -= 3;
    if (n + 5 > size)
        return nn_fail(c->err, NN_ERR_IO, c->o->out, 0, 0, "the path is too long");
    (void)snprintf(path, size, "%.*s.npz", (int)n, c->o->out);
    const char *slash = strrchr(path, '/');
    c->archive = slash != NULL ? slash + 1 : path;
    return NN_OK;
}

static nn_status write_blocks(command *c)
{
    nn_status s = make_inputs(c);
    if (s == NN_OK && emit_file_has(&c->program, BLOCK_BUILD))
        s = emit_onnx(&c->file.blocks[BLOCK_BUILD], c->model, c->directory, &c->arrays, c->err);
    if (s == NN_OK && emit_file_has(&c->program, BLOCK_BODY))
        s = emit_operators(c);
    if (s != NN_OK)
        return s;
    write_title(c);
    write_inputs(c);
    write_expected(c);
    write_arrays(c);
    return c->arrays.status;
}

static nn_status write_all(command *c)
{
    char path[4096] = "";
    json_line text = {.bytes = NULL};
    const void *bytes = NULL;
    size_t n = 0;
    nn_status s = c->o->out != NULL ? name_archive(c, path, sizeof path) : NN_OK;
    if (s == NN_OK)
        s = write_blocks(c);
    if (s == NN_OK)
        s = emit_file_write(c->o->out != NULL ? &text : c->out, &c->file, &c->program, c->err);
    if (s == NN_OK)
        s = emit_archive(&c->arrays, &bytes, &n);
    if (s == NN_OK && bytes != NULL)
        s = file_put(path, bytes, n, c->err);
    if (s == NN_OK && c->o->out != NULL)
        s = file_put(c->o->out, text.bytes, text.size, c->err);
    nn_free(text.bytes);
    return s;
}

static nn_status run(command *c)
{
    const char *slash = strrchr(c->o->model, '/');
    c->name = slash != NULL ? slash + 1 : c->o->model;
    const char *folder = slash != NULL ? arena_strndup(&c->memory, c->o->model, (size_t)(slash - c->o->model) + 1) : ".";
    if (folder == NULL)
        return nn_nomem(c->err);
    nn_status s = read_program(c);
    if (s == NN_OK)
        s = file_read(&c->bytes, AT_FDCWD, c->o->model, 0, MODEL_MOST, c->o->model, c->err);
    if (s == NN_OK)
        s = onnx_parse_all(&c->model, c->bytes.bytes, c->bytes.n, &c->memory, c->o->model, c->err);
    if (s == NN_OK)
        s = name_tensors(c);
    if (s == NN_OK)
        s = open_arrays(c);
    if (s != NN_OK)
        return s;
    c->directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s = write_all(c);
    if (c->directory >= 0)
        (void)close(c->directory);
    return s;
}

nn_status emit_run_command(int argc, char *const *argv, json_line *out, emit_report_fn *tell, void *data, nn_error *err)
{
    emit_options o;
    nn_status s = emit_options_parse(&o, argc, argv, err);
    command c = {.o = &o, .out = out, .tell = tell, .told = data, .directory = -1, .err = err};
    arena_init(&c.memory, 0);
    if (s == NN_OK && o.help != 0)
        emit_options_help(out);
    else if (s == NN_OK)
        s = run(&c);
    emit_arrays_close(&c.arrays);
    emit_data_close(&c.data);
    emit_file_free(&c.file);
    file_bytes_free(&c.bytes);
    arena_free(&c.memory);
    emit_options_free(&o);
    return s == NN_OK && out->failed ? nn_nomem(err) : s;
}
