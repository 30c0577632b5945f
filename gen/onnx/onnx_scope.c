#include "onnx/onnx_scope.h"
#include "onnx.pb-c.h"

#include <stdlib.h>
#include <string.h>

nn_status onnx_wrong(const char *file, const char *what, const char *name, nn_error *err)
{
    char text[81];
    size_t n = 0;
    for (; name != NULL && name[n] != '\0' && n < sizeof text - 1; n++)
        text[n] = name[n] >= ' ' && name[n] <= '~' ? name[n] : '?';
    text[n] = '\0';
    return nn_fail(err, NN_ERR_IO, file, 0, 0, name != NULL ? "%s: %s" : "%s%s", what, text);
}

static int by_name(const void *a, const void *b)
{
    const onnx_definition *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static void define(onnx_scope *s, const char *name, int64_t place, uint32_t number)
{
    if (name != NULL && name[0] != '\0')
        s->all[s->n++] = (onnx_definition){name, place, number};
}

onnx_definition *onnx_scope_find(const onnx_scope *s, const char *name)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        int order = strcmp(s->all[middle].name, name);
        if (order == 0)
            return &s->all[middle];
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return NULL;
}

nn_status onnx_scope_open(onnx_scope *s, const onnx_scope *up, const Onnx__GraphProto *g, const char *file, nn_error *err)
{
    *s = (onnx_scope){.up = up};
    size_t room = g->n_input + g->n_initializer + g->n_sparse_initializer;
    for (size_t i = 0; i < g->n_node; i++)
        room += g->node[i]->n_output;
    s->all = nn_calloc(room + 1, sizeof *s->all);
    if (s->all == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < g->n_input; i++)
        define(s, g->input[i]->name, ONNX_INPUT, (uint32_t)i);
    for (size_t i = 0; i < g->n_initializer; i++)
        define(s, g->initializer[i]->name, ONNX_CONSTANT, 0);
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        if (g->sparse_initializer[i]->values != NULL)
            define(s, g->sparse_initializer[i]->values->name, ONNX_CONSTANT, 0);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            define(s, g->node[i]->output[k], (int64_t)i, 0);
    qsort(s->all, s->n, sizeof *s->all, by_name);
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (n > 0 && strcmp(s->all[n - 1].name, s->all[i].name) == 0) {
            if (s->all[n - 1].place != ONNX_INPUT || s->all[i].place != ONNX_CONSTANT)
                return onnx_wrong(file, "defines a tensor twice", s->all[i].name, err);
            n--;
        }
        s->all[n++] = s->all[i];
    }
    s->n = n;
    return NN_OK;
}

void onnx_scope_close(onnx_scope *s)
{
    nn_free(s->all);
    *s = (onnx_scope){.all = NULL};
}
