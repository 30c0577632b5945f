#include "form/form_read.h"

static void add_values(form_model *m, form_list *to, form_value **values, const int32_t *tensors, size_t n)
{
    for (size_t i = 0; i < n; i++)
        form_push(m, to, tensors[i] >= 0 ? values[tensors[i]] : NULL);
}

static void read_values(form_model *m, const graph *g, const model_names *names, form_value **values)
{
    size_t next = 0;
    for (size_t i = 0; i < g->n_tensors && !m->failed; i++) {
        values[i] = NULL;
        if (names->tensors[i] == NULL)
            continue;
        form_value *v = form_value_new(m, m->main, &g->tensors[i].desc);
        v->name = names->tensors[i];
        v->tensor = (int32_t)i;
        values[i] = v;
        if (g->tensors[i].kind == TENSOR_INIT) { /* in the order of the message */
            v->data = m->plain->graph->initializer[next++];
            form_push(m, &m->main->constants, v);
        }
    }
}

static void read_node(form_model *m, const graph_node *from, const Onnx__NodeProto *p, form_value **values)
{
    form_node *n = form_node_new(m, m->main, p->op_type, "");
    n->name = p->name;
    add_values(m, &n->inputs, values, from->inputs, from->n_inputs);
    add_values(m, &n->outputs, values, from->outputs, from->n_outputs);
    for (size_t i = 0; i < p->n_attribute; i++)
        form_attr_message(m, n, p->attribute[i]);
    for (size_t i = 0; i < n->outputs.n; i++)
        if (n->outputs.items[i] != NULL)
            FORM_VALUE(n->outputs, i)->producer = n;
    form_push(m, &m->main->nodes, n);
}

void form_read(form_model *m, const graph *g, const model_names *names, form_value **values)
{
    m->main = form_graph_new(m, NULL, "main");
    m->main->name = m->plain->graph->name;
    read_values(m, g, names, values);
    add_values(m, &m->main->inputs, values, g->inputs, g->n_inputs);
    for (size_t i = 0; i < g->n_nodes && !m->failed; i++)
        read_node(m, &g->nodes[g->order[i]], m->plain->graph->node[i], values);
    add_values(m, &m->main->outputs, values, g->outputs, g->n_outputs);
}
