#include "corpus/symbol_line.h"

void symbol_line_dims(json_line *j, const graph *g, const tensor_desc *d)
{
    line_key(j, "dims");
    line_raw(j, "[");
    for (int k = 0; k < d->rank; k++) {
        const graph_symbol *symbol = graph_symbol_of(g, d, k);
        line_next(j);
        if (symbol != NULL)
            line_string(j, symbol->name);
        else if (tensor_dim_varies(d, g->n_worlds, k))
            line_raw(j, "null");
        else
            line_int(j, d->dims[k]);
    }
    line_raw(j, "]");
}

void symbol_line_sizes(json_line *j, const graph *g)
{
    if (g->n_worlds == 0)
        return;
    line_key(j, "symbols");
    line_raw(j, "{");
    for (size_t i = 0; i < g->n_symbols; i++) {
        bool used = false;
        for (size_t t = 0; t < g->n_inputs; t++)
            for (int k = 0; k < g->tensors[g->inputs[t]].desc.rank; k++)
                used |= graph_symbol_of(g, &g->tensors[g->inputs[t]].desc, k) == &g->symbols[i];
        if (!used)
            continue;
        line_key(j, g->symbols[i].name);
        line_raw(j, "[");
        for (size_t w = 0; w < g->n_worlds; w++) {
            line_next(j);
            line_int(j, g->symbols[i].size[w]);
        }
        line_raw(j, "]");
    }
    line_raw(j, "}");
}
