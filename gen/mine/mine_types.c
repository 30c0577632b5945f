#include "mine/mine_types.h"
#include "rules/opmodel_rules.h"

#include <string.h>

const onnx_view_attribute *mine_attribute(const mine_model *x, uint32_t node, const char *name)
{
    const onnx_view_node *n = &x->view.nodes[node];
    for (uint32_t i = 0; i < n->n_attributes; i++)
        if (strcmp(x->view.attributes[n->first_attribute + i].name, name) == 0)
            return &x->view.attributes[n->first_attribute + i];
    return NULL;
}

static dtype only_type(dtype_mask mask)
{
    for (int t = 1; t < DT_COUNT; t++)
        if (mask == dtype_bit((dtype)t))
            return (dtype)t;
    return DT_NONE;
}

/* The type that an attribute states. */
static dtype stated_type(const mine_model *x, const op_model *op, uint32_t node)
{
    for (size_t i = 0; i < op->rules->n_vars; i++) {
        const rule_var *v = &op->rules->vars[i];
        const onnx_view_attribute *a = v->attr == ATTR_TYPE_DTYPE ? mine_attribute(x, node, v->name) : NULL;
        if (a != NULL && a->kind == ONNX_INT && a->ints[0] > 0 && a->ints[0] < DT_COUNT)
            return (dtype)a->ints[0];
    }
    return DT_NONE;
}

dtype mine_shared_type(const mine_model *x, const op_model *op, uint32_t node, int var)
{
    size_t n = x->view.nodes[node].n_operands;
    for (size_t k = 0; k < n && var >= 0; k++) {
        int input = mine_input_of_slot(op, k, n);
        const onnx_view_tensor *t = mine_operand(x, node, k);
        if (input >= 0 && op->inputs[input].type_var == var && t != NULL && t->type != DT_NONE)
            return t->type;
    }
    return DT_NONE;
}

void mine_infer_types(const mine_models *m, mine_model *x)
{
    for (uint32_t node = 0; node < x->view.n_nodes; node++) {
        const onnx_view_node *n = &x->view.nodes[node];
        const op_model *op = x->ops[node] >= 0 ? &m->ops->ops[x->ops[node]] : NULL;
        for (uint32_t k = 0; op != NULL && k < n->n_results; k++) {
            int64_t t = x->view.operands[n->first_result + k];
            const op_output *out = &op->outputs[k < op->n_outputs ? k : op->n_outputs - 1];
            if (t < 0 || x->view.tensors[t].type != DT_NONE || op->n_outputs == 0)
                continue;
            dtype type = only_type(out->types);
            type = type != DT_NONE ? type : mine_shared_type(x, op, node, out->type_var);
            x->view.tensors[t].type = type != DT_NONE ? type : k == 0 ? stated_type(x, op, node) : DT_NONE;
        }
    }
}
