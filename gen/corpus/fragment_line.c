#include "corpus/fragment_line.h"

static void open_dims(json_line *j, const tensor_desc *d)
{
    line_raw(j, "[");
    for (int k = 0; k < d->rank; k++) {
        line_next(j);
        if (d->open >> k & 1)
            line_raw(j, "null");
        else
            line_int(j, d->dims[k]);
    }
    line_raw(j, "]");
}

void fragment_line_open(json_line *j, const graph *g, const char *const *names)
{
    bool any = false;
    for (size_t i = 0; i < g->n_tensors; i++) {
        if (g->tensors[i].desc.open == 0 || names[i] == NULL)
            continue;
        if (!any) {
            line_key(j, "open");
            line_raw(j, "{");
        }
        any = true;
        line_key(j, names[i]);
        open_dims(j, &g->tensors[i].desc);
    }
    line_raw(j, any ? "}" : "");
}

void fragment_line_random(json_line *j, const graph *g, const op_set *ops)
{
    bool any = false;
    for (size_t k = 0; k < g->n_nodes; k++) {
        const graph_node *n = &g->nodes[k];
        bool again = !n->random;
        for (size_t i = 0; i < k && !again; i++)
            again = g->nodes[i].random && g->nodes[i].op == n->op;
        if (again)
            continue;
        if (!any) {
            line_key(j, "random");
            line_raw(j, "[");
        } else {
            line_next(j);
        }
        any = true;
        line_string(j, ops->ops[n->op].name);
    }
    line_raw(j, any ? "]" : "");
}
