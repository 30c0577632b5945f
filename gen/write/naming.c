#include "write/naming.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char *at, *end;
} text;

static void put(text *t, const char *s)
{
    size_t n = strlen(s), room = (size_t)(t->end - t->at);
    n = n < room ? n : room;
    memcpy(t->at, s, n);
    t->at += n;
}

static void put_number(text *t, uint64_t x)
{
    char digits[24];
    size_t n = sizeof digits - 1;
    digits[n] = '\0';
    do
        digits[--n] = (char)('0' + x % 10);
    while ((x /= 10) != 0);
    put(t, digits + n);
}

void model_name(char out[MODEL_NAME_SIZE], uint64_t index, uint64_t copies)
{
    const unsigned long long copy = copies > 1 ? index % copies : 0;
    int n = snprintf(out, MODEL_NAME_SIZE, "test_%06llu", (unsigned long long)(copies > 1 ? index / copies : index));
    if (copy > 0 && n > 0)
        (void)snprintf(out + n, MODEL_NAME_SIZE - (size_t)n, "_v%llu", copy);
}

/* prefix + node + "_" + the operator's name of its k-th input or output. Elements of a variadic one, which is always the last,
 * are numbered. */
static const char *part_name(arena *a, const char *prefix, const char *node, const char *word, size_t k, bool numbered)
{
    char buffer[256];
    text t = {buffer, buffer + sizeof buffer - 1};
    put(&t, prefix);
    put(&t, node);
    put(&t, "_");
    put(&t, word);
    if (numbered)
        put_number(&t, k);
    return arena_strndup(a, buffer, (size_t)(t.at - buffer));
}

static const char *output_name(arena *a, const char *node, const op_model *op, size_t k)
{
    if (op == NULL || op->n_outputs == 0)
        return part_name(a, "", node, "out", k, true);
    const op_output *last = &op->outputs[op->n_outputs - 1];
    if (k < op->n_outputs && !op->outputs[k].variadic)
        return part_name(a, "", node, op->outputs[k].name, 0, false);
    return part_name(a, "", node, last->name, k + 1 - op->n_outputs, true);
}

static const char *initializer_name(arena *a, const char *node, const op_model *op, size_t k)
{
    if (op == NULL || op->n_inputs == 0)
        return part_name(a, "init_", node, "in", k, true);
    const op_input *last = &op->inputs[op->n_inputs - 1];
    if (k < op->n_inputs && op->inputs[k].max_arity == 1)
        return part_name(a, "init_", node, op->inputs[k].name, 0, false);
    return part_name(a, "init_", node, last->name, k, true);
}

nn_status model_names_new(model_names *out, const graph *g, const op_set *ops, arena *a, nn_error *err)
{
    out->tensors = arena_calloc(a, g->n_tensors, sizeof *out->tensors);
    out->nodes = arena_calloc(a, g->n_nodes, sizeof *out->nodes);
    if (out->tensors == NULL || out->nodes == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < g->n_inputs; i++) {
        char buffer[40];
        text t = {buffer, buffer + sizeof buffer - 1};
        put(&t, "input_");
        put_number(&t, i);
        out->tensors[g->inputs[i]] = arena_strndup(a, buffer, (size_t)(t.at - buffer));
    }
    for (size_t i = 0; i < g->n_nodes; i++) {
        const graph_node *n = &g->nodes[g->order[i]];
        const op_model *op = ops != NULL ? &ops->ops[n->op] : NULL;
        char buffer[128];
        text t = {buffer, buffer + sizeof buffer - 1};
        put(&t, n->op_type);
        put(&t, "_");
        put_number(&t, i);
        const char *name = arena_strndup(a, buffer, (size_t)(t.at - buffer));
        if (name == NULL)
            return nn_nomem(err);
        out->nodes[g->order[i]] = name;
        for (size_t k = 0; k < n->n_outputs; k++)
            if (n->outputs[k] >= 0)
                out->tensors[n->outputs[k]] = output_name(a, name, op, k);
        for (size_t k = 0; k < n->n_inputs; k++)
            if (n->inputs[k] >= 0 && g->tensors[n->inputs[k]].kind == TENSOR_INIT && out->tensors[n->inputs[k]] == NULL)
                out->tensors[n->inputs[k]] = initializer_name(a, name, op, k);
    }
    return arena_failed(a) ? nn_nomem(err) : NN_OK;
}

/* Reads digits; *p moves behind them. */
static uint64_t read_digits(const char **p)
{
    uint64_t x = 0;
    for (; **p >= '0' && **p <= '9' && x < UINT64_MAX / 100; (*p)++)
        x = 10 * x + (uint64_t)(**p - '0');
    return x;
}

bool model_index(const char *name, uint64_t copies, uint64_t *index)
{
    static const char prefix[] = "test_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *p = name + sizeof prefix - 1;
    *index = read_digits(&p);
    if (copies > 1) {
        uint64_t copy = 0;
        if (p[0] == '_' && p[1] == 'v' && (p += 2, copy = read_digits(&p)) >= copies)
            return false;
        if (*index > UINT64_MAX / copies - 1)
            return false;
        *index = *index * copies + copy;
    }
    char same[MODEL_NAME_SIZE];
    model_name(same, *index, copies);
    return strcmp(name, same) == 0;
}
