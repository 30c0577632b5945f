/* Calls of the model's functions, and attributes that refer to those of a call. */
#include "eval/eval_bind.h"
#include "onnx.pb-c.h"
#include "onnx/onnx_function.h"

#include <string.h>

/* ---- attributes ---- */

/* What a reference stands for. *out NULL: the call leaves it out. */
static nn_status follow(const Onnx__AttributeProto **out, const Onnx__AttributeProto *a, const onnx_call *call, nn_error *err)
{
    bool known = false;
    if (call == NULL)
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s refers to an attribute of a function, but is in none", a->name);
    *out = onnx_attribute_of(call, a);
    for (size_t i = 0; i < call->function->n_attribute; i++)
        known |= strcmp(call->function->attribute[i], a->ref_attr_name) == 0;
    if (*out == NULL && !known)
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s refers to attribute %.60s, which the function does not have",
                       a->name, a->ref_attr_name);
    if (*out != NULL && ((*out)->g != NULL || (*out)->n_graphs > 0))
        return nn_fail(err, NN_ERR_UNSUPPORTED, NULL, 0, 0, "attribute %.60s takes a graph from the call of a function", a->name);
    if (*out != NULL && a->has_type && (*out)->has_type && a->type != (*out)->type)
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "attribute %.60s refers to an attribute of another type", a->name);
    return NN_OK;
}

nn_status eval_bind_attributes(eval_binding *b, const Onnx__NodeProto *from, const onnx_call *call, eval_attribute **out, size_t *n,
                               nn_error *err)
{
    eval_attribute *all = arena_calloc(&b->m->memory, from->n_attribute + 1, sizeof *all);
    nn_status s = all != NULL ? NN_OK : nn_nomem(err);
    *out = all;
    *n = 0;
    for (size_t i = 0; s == NN_OK && i < from->n_attribute; i++) {
        const Onnx__AttributeProto *a = from->attribute[i], *value = a;
        if (a->name == NULL || *a->name == '\0')
            return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "has an attribute without a name");
        for (size_t k = 0; k < i; k++)
            if (strcmp(from->attribute[k]->name, a->name) == 0)
                return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "has attribute %.60s twice", a->name);
        if (a->ref_attr_name != NULL && *a->ref_attr_name != '\0')
            s = follow(&value, a, call, err);
        if (s == NN_OK && value != NULL)
            all[(*n)++] = (eval_attribute){a->name, value};
    }
    return s;
}

/* ---- functions ---- */

/* The opset of the standard operators inside the function: as it states, or that of the model. */
static nn_status find_table(eval_binding *b, const Onnx__FunctionProto *f, const eval_table **table)
{
    for (size_t i = 0; i < f->n_opset_import; i++) {
        if (eval_is_standard(f->opset_import[i]->domain))
            return eval_bind_table(b, f->opset_import[i]->version, table);
    }
    *table = &b->m->tables[0];
    return NN_OK;
}

nn_status eval_bind_call(eval_binding *b, eval_graph *g, eval_node *to, const Onnx__NodeProto *from, const Onnx__FunctionProto *f,
                         const eval_place *place, nn_error *err)
{
    arena *a = &b->m->memory;
    const onnx_call call = {.up = place->call, .function = f, .node = from};
    char shown[EVAL_NODE_SHOWN];
    eval_show_node(shown, g, to);
    to->kind = EVAL_CALL;
    if (onnx_calls(place->call, f))
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "the function calls itself");
    if (to->n_inputs > f->n_input || to->n_outputs > f->n_output)
        return nn_fail(err, NN_ERR_IO, NULL, 0, 0, "has %zu inputs and %zu outputs; the function has %zu and %zu", to->n_inputs,
                       to->n_outputs, f->n_input, f->n_output);
    const Onnx__GraphProto *inner = onnx_function_graph(f, a);
    eval_given_input *given = arena_calloc(a, f->n_input + 1, sizeof *given);
    eval_place inside = {.call = &call, .depth = place->depth + 1, .given = given, .n_given = f->n_input};
    inside.path = arena_printf(a, "%s, ", shown);
    to->bodies[0] = arena_calloc(a, 1, sizeof *to->bodies[0]);
    if (inner == NULL || given == NULL || inside.path == NULL || to->bodies[0] == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < f->n_input; i++) {
        bool here = i < to->n_inputs && to->inputs[i] >= 0;
        given[i] = (eval_given_input){.absent = !here, .type = here ? g->tensors[to->inputs[i]].type : DT_NONE};
    }
    nn_status s = find_table(b, f, &inside.table);
    if (s == NN_OK)
        s = eval_bind_graph(b, to->bodies[0], inner, &inside);
    for (size_t i = 0; s == NN_OK && i < to->n_outputs; i++)
        if (to->outputs[i] >= 0)
            g->tensors[to->outputs[i]].type = to->bodies[0]->tensors[to->bodies[0]->outputs[i]].type;
    return s;
}
