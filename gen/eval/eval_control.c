/* Nodes that hold graphs: branches, loops and scans. What ONNX calls them is in specs/forms. */
#include "eval/eval_bind.h"
#include "form/form_rules.h"
#include "onnx.pb-c.h"

#include <string.h>

enum { OLDEST_SCAN = 9 }; /* scans of older opsets work on batches */

typedef struct {
    eval_binding *b;
    eval_graph *g;
    eval_node *to;
    const eval_attribute *attributes;
    size_t n;
    size_t read; /* attributes that were asked for and found */
    const eval_place *place;
    nn_error *err;
} control;

static const char *word(const control *c, form_word w)
{
    return c->b->m->words->words[w];
}

static const Onnx__AttributeProto *find(control *c, form_word w)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->attributes[i].name, word(c, w)) == 0) {
            c->read++;
            return c->attributes[i].value;
        }
    return NULL;
}

static dtype type_of(const eval_graph *g, int64_t tensor)
{
    return tensor >= 0 ? g->tensors[tensor].type : DT_NONE;
}

static nn_status bind_body(control *c, int k, form_word w, const eval_given_input *given, size_t n_given)
{
    arena *a = &c->b->m->memory;
    char shown[EVAL_NODE_SHOWN];
    const Onnx__AttributeProto *attribute = find(c, w);
    if (attribute == NULL || attribute->g == NULL)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s is absent, but the operator requires a graph there",
                       word(c, w));
    eval_show_node(shown, c->g, c->to);
    eval_place inside = *c->place;
    inside.path = arena_printf(a, "%s, %s, ", shown, word(c, w));
    inside.around = c->g;
    inside.depth++;
    inside.given = given;
    inside.n_given = n_given;
    eval_graph *body = arena_calloc(a, 1, sizeof *body);
    if (inside.path == NULL || body == NULL)
        return nn_nomem(c->err);
    nn_status s = eval_bind_graph(c->b, body, attribute->g, &inside);
    if (s == NN_OK && body->n_inputs != n_given)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "%.60s has %zu inputs; %zu were expected", word(c, w), body->n_inputs,
                       n_given);
    c->to->bodies[k] = body;
    return s;
}

/* Output i of the node has the type of output k of a body. */
static nn_status set_type(control *c, size_t i, const eval_graph *body, size_t k)
{
    dtype t = type_of(body, body->outputs[k]);
    eval_tensor *to = i < c->to->n_outputs && c->to->outputs[i] >= 0 ? &c->g->tensors[c->to->outputs[i]] : NULL;
    if (to != NULL && to->type != DT_NONE && t != DT_NONE && to->type != t)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "both branches must give output %zu the same type, not %s and %s", i,
                       dtype_name(to->type), dtype_name(t));
    if (to != NULL && t != DT_NONE)
        to->type = t;
    return NN_OK;
}

static nn_status few_outputs(const control *c, size_t n, const char *what)
{
    return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "has %zu outputs; %.60s gives %zu", c->to->n_outputs, what, n);
}

static nn_status bind_branches(control *c)
{
    static const form_word words[] = {WORD_THEN, WORD_ELSE};
    const eval_given_input none = {.absent = true};
    eval_node *to = c->to;
    nn_status s = NN_OK;
    to->kind = EVAL_BRANCH;
    if (to->n_inputs != 1)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "has %zu inputs; one, the condition, was expected", to->n_inputs);
    for (int k = 0; s == NN_OK && k < 2; k++) {
        s = bind_body(c, k, words[k], &none, 0);
        if (s == NN_OK && to->bodies[k]->n_outputs < to->n_outputs)
            s = few_outputs(c, to->bodies[k]->n_outputs, word(c, words[k]));
        for (size_t i = 0; s == NN_OK && i < to->n_outputs; i++)
            s = set_type(c, i, to->bodies[k], i);
    }
    return s;
}

/* The body of a loop or scan: its first `lead` inputs and outputs are no inputs and outputs of the node; then come `carried`
 * values. */
static nn_status bind_iterated(control *c, const eval_given_input *given, size_t n_given, size_t lead_in, size_t lead_out,
                               size_t carried)
{
    nn_status s = bind_body(c, 0, WORD_BODY, given, n_given);
    const eval_graph *body = c->to->bodies[0];
    if (s == NN_OK && (body->n_outputs < lead_out + carried || body->n_outputs - lead_out < c->to->n_outputs))
        s = few_outputs(c, body->n_outputs, word(c, WORD_BODY));
    for (size_t i = 0; s == NN_OK && i < carried; i++) {
        dtype before = given[lead_in + i].type, after = type_of(body, body->outputs[lead_out + i]);
        if (before != DT_NONE && after != DT_NONE && before != after)
            s = nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "carried value %zu is of type %s, but the body makes %s of it", i,
                        dtype_name(before), dtype_name(after));
    }
    for (size_t i = 0; s == NN_OK && i < c->to->n_outputs; i++)
        s = set_type(c, i, body, lead_out + i);
    return s;
}

static nn_status bind_loop(control *c)
{
    enum { COUNT, CONDITION, FIRST };
    const eval_node *to = c->to;
    size_t carried = to->n_inputs > FIRST ? to->n_inputs - FIRST : 0;
    eval_given_input *given = arena_calloc(&c->b->m->memory, carried + FIRST, sizeof *given);
    if (given == NULL)
        return nn_nomem(c->err);
    c->to->kind = EVAL_LOOP;
    given[COUNT].type = DT_INT64;
    given[CONDITION].type = DT_BOOL;
    if (to->n_inputs == 0)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "has neither a trip count nor a condition: it never ends");
    for (size_t i = 0; i < carried; i++) {
        if (to->inputs[FIRST + i] < 0)
            return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "input %zu is absent, but a carried value needs one", FIRST + i);
        given[FIRST + i].type = type_of(c->g, to->inputs[FIRST + i]);
    }
    return bind_iterated(c, given, carried + FIRST, FIRST, 1, carried);
}

/* A list of an attribute: empty, or as long as there are inputs or outputs. */
static nn_status read_list(control *c, form_word w, size_t n, const int64_t **out)
{
    const Onnx__AttributeProto *a = find(c, w);
    *out = a != NULL && a->n_ints > 0 ? a->ints : NULL;
    if (*out != NULL && a->n_ints != n)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s has %zu elements; %zu were expected", word(c, w), a->n_ints,
                       n);
    return NN_OK;
}

static nn_status bind_scan(control *c)
{
    eval_node *to = c->to;
    const Onnx__AttributeProto *count = find(c, WORD_SCANNED);
    to->kind = EVAL_SCAN;
    if (c->g->table->opset < OLDEST_SCAN)
        return nn_fail(c->err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "scans of opset %d work on batches; they are known from opset %d",
                       c->g->table->opset, OLDEST_SCAN);
    if (count == NULL || count->i < 1 || (uint64_t)count->i > to->n_inputs)
        return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s: a number from 1 to that of the inputs was expected",
                       word(c, WORD_SCANNED));
    eval_given_input *given = arena_calloc(&c->b->m->memory, to->n_inputs + 1, sizeof *given);
    if (given == NULL)
        return nn_nomem(c->err);
    for (size_t i = 0; i < to->n_inputs; i++) {
        if (to->inputs[i] < 0)
            return nn_fail(c->err, NN_ERR_IO, NULL, 0, 0, "input %zu is absent, but the operator requires it", i);
        given[i].type = type_of(c->g, to->inputs[i]);
    }
    eval_scan *scan = &to->scan;
    scan->n_inputs = (size_t)count->i;
    size_t states = to->n_inputs - scan->n_inputs;
    nn_status s = bind_iterated(c, given, to->n_inputs, 0, 0, states);
    size_t stacked = s == NN_OK ? to->bodies[0]->n_outputs - states : 0;
    if (s == NN_OK)
        s = read_list(c, WORD_INPUT_AXES, scan->n_inputs, &scan->axes[0]);
    if (s == NN_OK)
        s = read_list(c, WORD_INPUT_DIRECTIONS, scan->n_inputs, &scan->backward[0]);
    if (s == NN_OK)
        s = read_list(c, WORD_OUTPUT_AXES, stacked, &scan->axes[1]);
    return s == NN_OK ? read_list(c, WORD_OUTPUT_DIRECTIONS, stacked, &scan->backward[1]) : s;
}

nn_status eval_bind_control(eval_binding *b, eval_graph *g, eval_node *to, const Onnx__NodeProto *from,
                            const eval_attribute *attributes, size_t n, const eval_place *place, bool *found, nn_error *err)
{
    static const struct {
        form_word word;
        nn_status (*bind)(control *c);
    } kinds[] = {{WORD_IF, bind_branches}, {WORD_LOOP, bind_loop}, {WORD_SCAN, bind_scan}};
    control c = {.b = b, .g = g, .to = to, .attributes = attributes, .n = n, .place = place, .err = err};
    bool graphs = false;
    for (size_t i = 0; i < n; i++)
        graphs |= attributes[i].value->g != NULL;
    if (!graphs || !eval_is_standard(from->domain))
        return NN_OK;
    nn_status s = eval_bind_words(b);
    for (size_t i = 0; s == NN_OK && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(to->op_type, word(&c, kinds[i].word)) != 0)
            continue;
        *found = true;
        s = kinds[i].bind(&c);
        if (s == NN_OK && c.read < n)
            s = nn_fail(err, NN_ERR_IO, NULL, 0, 0, "has an attribute that the operator does not have");
        return s;
    }
    return s;
}

nn_status eval_bind_sparse(eval_binding *b, const Onnx__NodeProto *from, const Onnx__SparseTensorProto **out)
{
    const Onnx__AttributeProto *a = from->n_attribute == 1 ? from->attribute[0] : NULL;
    *out = NULL;
    if (a == NULL || a->sparse_tensor == NULL || a->name == NULL || from->op_type == NULL || !eval_is_standard(from->domain))
        return NN_OK;
    nn_status s = eval_bind_words(b);
    if (s != NN_OK || strcmp(from->op_type, b->m->words->words[WORD_CONSTANT]) != 0 ||
        strcmp(a->name, b->m->words->words[WORD_SPARSE_VALUE]) != 0 || from->n_input > 0 || from->n_output != 1 ||
        from->output[0][0] == '\0')
        return s;
    if (a->sparse_tensor->values == NULL || a->sparse_tensor->indices == NULL)
        return nn_fail(b->err, NN_ERR_IO, b->shown, 0, 0, "has a sparse tensor without values or indices");
    *out = a->sparse_tensor;
    return NN_OK;
}
