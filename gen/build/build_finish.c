#include "build/build_finish.h"
#include "build/build_budget.h"
#include "build/build_constants.h"
#include "build/build_extra.h"
#include "build/build_log.h"
#include "build/build_share.h"
#include "build/build_worlds.h"

/* Sorts producers before consumers: depth-first from each node in order of creation, with an explicit stack on the heap (Tarjan,
 * "Depth-first search and linear graph algorithms", 1972). */
static void topological_order(builder *b, uint32_t *order)
{
    const build_state *s = &b->s;
    size_t n = s->n_nodes, done = 0;
    int32_t *next = b->degrees, *stack = b->degrees + n; /* next: the input of a node to visit next; -1: the node was not visited */
    for (size_t i = 0; i < n; i++)
        next[i] = -1;
    for (size_t i = 0; i < n; i++) {
        size_t depth = 0;
        if (next[i] < 0) {
            next[i] = 0;
            stack[depth++] = (int32_t)i;
        }
        while (depth > 0) {
            int32_t v = stack[depth - 1];
            const graph_node *node = &s->nodes[v];
            if ((size_t)next[v] == node->n_inputs) {
                order[done++] = (uint32_t)v;
                depth--;
                continue;
            }
            int32_t t = node->inputs[next[v]++], p = t < 0 ? -1 : s->tensors[t].producer;
            if (p >= 0 && next[p] < 0) {
                next[p] = 0;
                stack[depth++] = p;
            }
        }
    }
}

/* Chooses the first output of data of each live node, and further unconsumed ones at random, up to the limit. Returns their
 * number. */
static size_t choose_outputs(builder *b, const uint32_t *order, int32_t *outputs)
{
    build_state *s = &b->s;
    size_t n = 0, live = s->live.n, to_show = s->shown;
    for (size_t k = 0; k < s->n_nodes; k++) {
        const graph_node *node = &s->nodes[order[k]];
        bool due = state_node_live(s, (int32_t)order[k]);
        for (size_t o = 0; o < node->n_outputs; o++) {
            int32_t t = node->outputs[o];
            bool shown = t >= 0 && s->notes[t].shown;
            if (t < 0 || (!shown && s->notes[t].free_at < 0) || (!shown && s->notes[t].weak) ||
                !(b->ops->data >> s->tensors[t].desc.type & 1))
                continue;
            log_about(b, t);
            if (!shown && !due && (n + live + to_show >= b->limit || !tape_chance(b->t, "further output", 1, 2)))
                continue;
            bool closes = due && s->notes[t].free_at >= 0 && !s->notes[t].weak;
            live -= closes;
            due = due && !closes;
            to_show -= shown && to_show > 0;
            s->tensors[t].output = true;
            outputs[n++] = t;
        }
    }
    log_about(b, -1);
    return n;
}

/* Lets data of sources be graph outputs, as the manner states, while there may be more. */
static void show_sources(builder *b, const uint32_t *order, int32_t *outputs, size_t *n_outputs)
{
    build_state *s = &b->s;
    const size_t most = build_most_outputs(s->n_nodes);
    if (!manner_says(b->manner, MANNER_source_outputs))
        return;
    for (size_t k = 0; k < s->n_nodes; k++) {
        const graph_node *node = &s->nodes[order[k]];
        for (size_t o = 0; b->ops->ops[node->op].flags & OP_SOURCE && o < node->n_outputs && *n_outputs < most; o++) {
            const int32_t t = node->outputs[o];
            if (t < 0 || s->tensors[t].output || !(b->ops->data >> s->tensors[t].desc.type & 1) ||
                !tape_chance(b->t, "source output", b->manner->value[MANNER_source_outputs], 1000))
                continue;
            s->tensors[t].output = true;
            outputs[(*n_outputs)++] = t;
        }
    }
}

/* Marks the nodes outside motifs that have inputs, are no sources, and depend on no graph input. false: out of memory. */
static bool mark_folded(builder *b, const uint32_t *order)
{
    build_state *s = &b->s;
    bool *below = arena_calloc(&b->memory, s->n_tensors + 1, sizeof *below);
    for (size_t i = 0; below && i < s->inputs.n; i++)
        below[s->inputs.items[i]] = true;
    for (size_t k = 0; below && k < s->n_nodes; k++) {
        graph_node *node = &s->nodes[order[k]];
        bool any = false;
        for (size_t i = 0; i < node->n_inputs; i++)
            any |= node->inputs[i] >= 0 && below[node->inputs[i]];
        for (size_t o = 0; o < node->n_outputs; o++)
            if (node->outputs[o] >= 0)
                below[node->outputs[o]] = any;
        node->folded = !any && node->n_inputs > 0 && !node->motif && !(b->ops->ops[node->op].flags & OP_SOURCE);
    }
    return below != NULL;
}

lower_result build_finish(builder *b)
{
    build_state *s = &b->s;
    const size_t extra = b->extra.equal + b->extra.held, all = s->n_nodes + extra;
    size_t most = (s->live.n > b->limit ? s->live.n : b->limit) + s->shown + extra;
    most = most > build_most_outputs(all) ? most : build_most_outputs(all);
    void *p = b->degrees;
    bool ok = nn_grow(&p, &b->cap_degrees, 2 * all, sizeof *b->degrees);
    b->degrees = p;
    uint32_t *order = arena_alloc(&b->memory, all * sizeof *order);
    int32_t *outputs = arena_alloc(&b->memory, most * sizeof *outputs);
    if (!ok || !order || !outputs)
        return LOWER_NOMEM;
    topological_order(b, order);
    size_t n_outputs = choose_outputs(b, order, outputs);
    if (!build_constants(b, order, outputs, n_outputs) || !build_share(b, outputs, n_outputs))
        return LOWER_NOMEM;
    if (b->constants > 0 && !mark_folded(b, order))
        return LOWER_NOMEM;
    if (extra > 0) {
        lower_result res = build_extra_add(b, outputs, &n_outputs);
        if (res != LOWER_OK)
            return res;
        topological_order(b, order);
    }
    show_sources(b, order, outputs, &n_outputs);
    for (size_t i = 0; i < s->inputs.n; i++)
        s->tensors[s->inputs.items[i]].serial = (uint32_t)i;
    b->out = (graph){.tensors = s->tensors,
                     .n_tensors = s->n_tensors,
                     .nodes = s->nodes,
                     .n_nodes = s->n_nodes,
                     .order = order,
                     .inputs = s->inputs.items,
                     .n_inputs = s->inputs.n,
                     .outputs = outputs,
                     .n_outputs = n_outputs};
    build_worlds_finish(b, &b->out);
    return LOWER_OK;
}
