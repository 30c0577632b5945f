#include "base/mix.h"
#include "form/form_control.h"
#include "form/form_names.h"
#include "form/form_neutral.h"
#include "form/form_read.h"
#include "form/form_storage.h"
#include "write/contents.h"

#include <stdio.h>
#include <string.h>

#define IR_OF_FUNCTIONS 8
#define IR_OF_DEFAULTS 9

/* ---- which forms ---- */

static nn_status unknown_form(const char *word, nn_error *err)
{
    const char *near = spec_nearest(word, form_kind_words, FORM_KINDS);
    if (near != NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "form %.40s: unknown; did you mean %s?", word, near);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                   "form %.40s: expected all or a list of if, loop, scan, function, storage, names and neutral, each perhaps with "
                   "a share, such as if:0.5",
                   word);
}

static nn_status parse_one(form_choice *out, const form_rules *rules, const char *part, size_t n, nn_error *err)
{
    char word[48];
    size_t length = strcspn(part, ":,");
    uint32_t share = 1000;
    (void)snprintf(word, sizeof word, "%.*s", (int)(length < 47 ? length : 47), part);
    const char *p = part + length;
    const bool shared = length < n;
    if (shared && (p++, !form_share(&p, &share) || p != part + n))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "form %.40s: expected a share from 0 to 1 after the colon", word);
    if (strcmp(word, "all") == 0) {
        for (size_t i = 0; i < FORM_KINDS; i++)
            out->share[i] = shared ? share : rules->shares[i];
        return NN_OK;
    }
    for (size_t i = 0; i < FORM_KINDS; i++)
        if (strcmp(word, form_kind_words[i]) == 0) {
            out->share[i] = share;
            return NN_OK;
        }
    return unknown_form(word, err);
}

nn_status form_choice_parse(form_choice *out, const form_rules *rules, const char *list, nn_error *err)
{
    *out = (form_choice){.on = false};
    nn_status s = NN_OK;
    for (const char *p = list; s == NN_OK && *p != '\0';) {
        size_t n = strcspn(p, ",");
        s = parse_one(out, rules, p, n, err);
        p += n;
        if (*p == ',' && *++p == '\0')
            s = unknown_form("", err);
    }
    for (size_t i = 0; i < FORM_KINDS; i++)
        out->on |= out->share[i] > 0;
    return s;
}

/* ---- applying them ---- */

static void choose(form_model *m)
{
    const form_choice *c = m->request->choice;
    uint32_t sum = 0;
    for (size_t i = 0; i < FORM_KINDS; i++) {
        sum += c->share[i];
        if (form_chance(m, c->share[i]))
            m->applied |= 1u << i;
    }
    if (m->applied != 0 || !m->request->copies)
        return;
    uint32_t at = form_draw(m, sum);
    size_t i = 0;
    for (; i + 1 < FORM_KINDS && at >= c->share[i]; i++)
        at -= c->share[i];
    m->applied = 1u << i;
}

static bool has(const form_model *m, form_kind k)
{
    return (m->applied >> k & 1) != 0;
}

static void function(form_model *m)
{
    if (form_draw(m, 3) == 0)
        form_function_shared(m);
    else
        form_function_part(m);
}

/* Parts become branches, bodies and functions, in a random order. */
static void take_parts(form_model *m)
{
    static const struct {
        form_kind kind;
        form_limit limit;
        void (*apply)(form_model *m);
    } forms[] = {{FORM_IF, LIMIT_IF, form_if},
                 {FORM_LOOP, LIMIT_LOOP, form_loop},
                 {FORM_SCAN, LIMIT_SCAN, form_scan},
                 {FORM_FUNCTION, LIMIT_FUNCTION, function}};
    uint32_t due[4], left = 0;
    for (size_t i = 0; i < 4; i++) {
        due[i] = has(m, forms[i].kind) ? 1 + form_draw(m, m->rules->limits[forms[i].limit]) : 0;
        left += due[i];
    }
    for (; left > 0 && !m->failed; left--) {
        uint32_t at = form_draw(m, left);
        size_t i = 0;
        for (; i < 3 && at >= due[i]; i++)
            at -= due[i];
        due[i]--;
        forms[i].apply(m);
    }
}

/* Functions have no initializers: nodes give their constants. */
static void settle_functions(form_model *m)
{
    for (size_t i = 0; i < m->functions.n && !m->failed; i++) {
        form_graph *g = FORM_FUNCTION(m->functions, i)->body;
        while (g->constants.n > 0 && !m->failed)
            form_constant_node(m, g, FORM_VALUE(g->constants, g->constants.n - 1));
        if (FORM_FUNCTION(m->functions, i)->defaults.n > 0 && m->ir < IR_OF_DEFAULTS)
            m->ir = IR_OF_DEFAULTS;
    }
    if (m->functions.n > 0 && m->ir < IR_OF_FUNCTIONS)
        m->ir = IR_OF_FUNCTIONS;
}

static void apply(form_model *m)
{
    choose(m);
    for (uint32_t n = has(m, FORM_NEUTRAL) ? 1 + form_draw(m, m->rules->limits[LIMIT_NEUTRAL]) : 0; n > 0 && !m->failed; n--)
        form_neutral_steps(m);
    take_parts(m);
    settle_functions(m);
    if (has(m, FORM_STORAGE))
        form_storage(m);
    if (has(m, FORM_NEUTRAL))
        form_neutral_end(m);
    if (has(m, FORM_NAMES))
        form_names(m);
}

/* ---- inputs and outputs ---- */

/* The plain graph with the inputs and outputs of the formed one. */
static bool ports(form_result *out, form_model *m, const graph *g, form_value **values)
{
    const form_list *in = &m->main->inputs, *to = &m->main->outputs;
    size_t room = g->n_tensors + in->n;
    graph *p = &out->g;
    *p = *g;
    p->tensors = form_memory(m, (room + 1) * sizeof *p->tensors);
    p->inputs = form_memory(m, (in->n + 1) * sizeof *p->inputs);
    p->outputs = form_memory(m, (to->n + 1) * sizeof *p->outputs);
    out->names.tensors = form_memory(m, (room + 1) * sizeof *out->names.tensors);
    if (m->failed)
        return false;
    memcpy(p->tensors, g->tensors, g->n_tensors * sizeof *p->tensors);
    for (size_t i = 0; i < g->n_tensors; i++)
        out->names.tensors[i] = values[i] != NULL ? values[i]->name : NULL;
    p->n_inputs = in->n;
    for (size_t i = 0; i < in->n; i++) {
        form_value *v = FORM_VALUE(*in, i);
        if (v->tensor < 0) {
            v->tensor = (int32_t)p->n_tensors++;
            p->tensors[v->tensor] = (graph_tensor){.kind = TENSOR_INPUT, .desc = v->desc, .producer = -1, .serial = (uint32_t)i};
            out->names.tensors[v->tensor] = v->name;
        }
        p->inputs[i] = v->tensor;
    }
    p->n_outputs = to->n;
    for (size_t i = 0; i < to->n; i++) {
        p->outputs[i] = FORM_VALUE(*to, i)->tensor;
        p->tensors[p->outputs[i]].output = true;
    }
    return true;
}

nn_status form_make(form_result *out, const form_request *q, arena *a, nn_error *err)
{
    form_model *m = arena_calloc(a, 1, sizeof *m);
    *out = (form_result){.model = m, .names = *q->names};
    if (m == NULL)
        return nn_nomem(err);
    *m = (form_model){.a = a, .rules = q->rules, .request = q, .ir = onnx_ir_version(q->onnx->opset)};
    values_stream(&m->random, q->onnx->seed, q->onnx->index, VALUES_FORM, q->variant, 0);
    nn_status s = onnx_message(&m->plain, q->g, q->names, q->onnx, a, err);
    if (s != NN_OK)
        return s;
    form_value **values = form_memory(m, (q->g->n_tensors + 1) * sizeof *values);
    if (values == NULL)
        return nn_nomem(err);
    form_read(m, q->g, q->names, values);
    if (!m->failed)
        apply(m);
    if (m->failed || !ports(out, m, q->g, values))
        return nn_nomem(err);
    out->counts = m->counts;
    out->applied = m->applied;
    return NN_OK;
}

size_t form_files(const form_model *m)
{
    return m->files.n;
}

void form_file_at(const form_model *m, size_t i, const char **name, const void **bytes, size_t *size)
{
    const form_file *f = m->files.items[i];
    *name = f->name;
    *bytes = f->bytes;
    *size = f->n;
}

/* ---- structure ---- */

static uint64_t mix_number(uint64_t h, uint64_t x)
{
    return mix64(h ^ x) + MIX_STEP;
}

void form_structure(const form_model *m, uint8_t structure[16])
{
    uint64_t h = m->applied;
    for (size_t i = 0; i < m->graphs.n; i++) {
        const form_graph *g = FORM_GRAPH(m->graphs, i);
        h = mix_number(h, g->constants.n << 32 | g->nodes.n << 16 | g->outputs.n);
        for (size_t k = 0; k < g->nodes.n; k++)
            h = fnv_text(h, FORM_NODE(g->nodes, k)->op_type);
    }
    for (size_t i = 0; i < FORM_FEATURES; i++)
        h = mix_number(h, m->counts[i]);
    for (size_t i = 0; i < 16; i++)
        structure[i] ^= (uint8_t)((i < 8 ? h : mix64(h)) >> 8 * (i % 8));
}
