#include "stats/stats.h"

#include <string.h>

nn_status stats_init(stats *s, const op_set *ops, const class_table *classes, nn_error *err)
{
    *s = (stats){.ops = ops, .classes = classes};
    s->op_nodes = nn_calloc(ops->n_all + 1, sizeof *s->op_nodes);
    s->op_models = nn_calloc(ops->n_all + 1, sizeof *s->op_models);
    s->last_model = nn_calloc(ops->n_all + 1, sizeof *s->last_model);
    s->class_counts = nn_calloc(classes->n_classes + 1, sizeof *s->class_counts);
    nn_status status =
        s->op_nodes != NULL && s->op_models != NULL && s->last_model != NULL && s->class_counts != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; i < STATS_PATHS && status == NN_OK; i++)
        status = seqset_init(&s->paths[i], ops->n_all, i + STATS_PATH_LEAST, err);
    if (status != NN_OK)
        stats_free(s);
    return status;
}

nn_status stats_count_motifs(stats *s, size_t n, nn_error *err)
{
    s->motifs = nn_calloc(n + 1, sizeof *s->motifs);
    s->n_motifs = s->motifs != NULL ? n : 0;
    return s->motifs != NULL ? NN_OK : nn_nomem(err);
}

void stats_free(stats *s)
{
    nn_free(s->motifs);
    nn_free(s->dims);
    nn_free(s->op_nodes);
    nn_free(s->op_models);
    nn_free(s->class_counts);
    nn_free(s->level);
    nn_free(s->last_model);
    for (size_t i = 0; i < STATS_PATHS; i++)
        seqset_free(&s->paths[i]);
    *s = (stats){0};
}

void stats_add_dim(stats *s, int64_t key, uint64_t count)
{
    size_t lo = 0, hi = s->n_dims;
    while (lo < hi) {
        size_t middle = (lo + hi) / 2;
        if (s->dims[middle].key < key)
            lo = middle + 1;
        else
            hi = middle;
    }
    if (lo < s->n_dims && s->dims[lo].key == key) {
        s->dims[lo].count += count;
        return;
    }
    memmove(&s->dims[lo + 1], &s->dims[lo], (s->n_dims - lo) * sizeof *s->dims);
    s->dims[lo] = (stats_bin){key, count};
    s->n_dims++;
}

nn_status stats_reserve(stats *s, const graph *g, nn_error *err)
{
    size_t dims = 0;
    for (size_t i = 0; i < g->n_tensors; i++)
        dims += (size_t)g->tensors[i].desc.rank;
    return nn_grow((void **)&s->level, &s->level_capacity, g->n_tensors, sizeof *s->level) &&
                   nn_grow((void **)&s->dims, &s->dims_capacity, s->n_dims + dims, sizeof *s->dims)
               ? NN_OK
               : nn_nomem(err);
}

static void add_spread(stats_spread *p, uint64_t x, uint64_t models)
{
    p->sum += x;
    p->least = models == 1 || x < p->least ? x : p->least;
    p->greatest = x > p->greatest ? x : p->greatest;
}

static const attr_value *find_attr(const graph_node *n, const char *name)
{
    for (size_t i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0)
            return &n->attrs[i];
    return NULL;
}

static void add_classes(stats *s, const graph_node *n)
{
    const class_operator *c = &s->classes->operators[n->op];
    for (size_t i = 0; i < c->n_subjects; i++) {
        const class_subject *subject = &c->subjects[i];
        size_t input = (size_t)subject->input;
        size_t k = subject->input < 0 ? class_of_attr(subject, find_attr(n, subject->name))
                                      : class_of_input(subject, input < n->n_inputs && n->inputs[input] >= 0);
        s->class_counts[subject->first + k]++;
    }
}

/* Whether one of n tensors has sizes. */
static bool any_sized(const graph *g, const int32_t *tensors, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (tensors[k] >= 0 && tensor_sizes(&g->tensors[tensors[k]].desc) != NULL)
            return true;
    return false;
}

/* Whether one of n tensors has no elements. */
static bool any_empty(const graph *g, const int32_t *tensors, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (tensors[k] >= 0 && g->tensors[tensors[k]].kind != TENSOR_INIT && tensor_is_empty(&g->tensors[tensors[k]].desc))
            return true;
    return false;
}

/* Counts one node; returns its depth. */
static uint32_t add_node(stats *s, const graph *g, const graph_node *n)
{
    uint32_t level = 0;
    size_t data = 0;
    for (size_t k = 0; k < n->n_inputs; k++) {
        int32_t t = n->inputs[k];
        if (t < 0 || g->tensors[t].kind == TENSOR_INIT)
            continue;
        data++;
        level = s->level[t] > level ? s->level[t] : level;
    }
    level++;
    s->joins += data >= 2;
    s->sized_nodes += g->n_worlds > 0 && (any_sized(g, n->inputs, n->n_inputs) || any_sized(g, n->outputs, n->n_outputs));
    s->empty_nodes += any_empty(g, n->inputs, n->n_inputs) || any_empty(g, n->outputs, n->n_outputs);
    s->op_nodes[n->op]++;
    s->op_models[n->op] += s->last_model[n->op] != s->models;
    s->last_model[n->op] = s->models;
    add_classes(s, n);
    for (size_t k = 0; k < n->n_outputs; k++) {
        int32_t t = n->outputs[k];
        if (t < 0)
            continue;
        const tensor_desc *d = &g->tensors[t].desc;
        s->level[t] = level;
        s->ranks[d->rank]++;
        for (int i = 0; i < d->rank; i++)
            if (!(d->open >> i & 1) &&
                (tensor_sizes(d) == NULL || graph_symbol_of(g, d, i) != NULL || !tensor_dim_varies(d, g->n_worlds, i)))
                stats_add_dim(s, d->dims[i], 1);
    }
    return level;
}

/* Adds the sequences of all paths that end at `end` and continue upwards from a node. end: the `length` operators of the path so
 * far, with the node's operator first. */
static void add_paths(stats *s, const graph *g, const graph_node *n, uint16_t *end, size_t length)
{
    for (size_t k = 0; k < n->n_inputs; k++) {
        int32_t from = n->inputs[k] < 0 ? -1 : g->tensors[n->inputs[k]].producer;
        if (from < 0)
            continue;
        end[-1] = g->nodes[from].op;
        seqset_add(&s->paths[length + 1 - STATS_PATH_LEAST], end - 1);
        if (length + 2 - STATS_PATH_LEAST < STATS_PATHS)
            add_paths(s, g, &g->nodes[from], end - 1, length + 1);
    }
}

static void add_all_paths(stats *s, const graph *g)
{
    uint16_t ops[STATS_PATHS + STATS_PATH_LEAST - 1], *end = &ops[STATS_PATHS + STATS_PATH_LEAST - 2];
    for (size_t i = 0; i < g->n_nodes; i++) {
        *end = g->nodes[i].op;
        add_paths(s, g, &g->nodes[i], end, 1);
    }
}

void stats_add(stats *s, const graph *g)
{
    memset(s->level, 0, g->n_tensors * sizeof *s->level);
    s->models++;
    const uint64_t empty = s->empty_nodes;
    s->sized_models += g->n_worlds > 0;
    s->nodes += g->n_nodes;
    uint32_t depth = 0;
    for (size_t i = 0; i < g->n_nodes; i++) {
        uint32_t level = add_node(s, g, &g->nodes[g->order[i]]);
        depth = level > depth ? level : depth;
    }
    for (size_t i = 0; i < g->n_tensors; i++)
        if (g->tensors[i].kind != TENSOR_INIT) {
            s->tensors++;
            s->reused += g->tensors[i].consumers >= 2;
        }
    s->empty_models += s->empty_nodes > empty;
    add_all_paths(s, g);
    add_spread(&s->depth, depth, s->models);
    add_spread(&s->outputs, g->n_outputs, s->models);
    add_spread(&s->graph_inputs, g->n_inputs, s->models);
}

static void merge_spread(stats_spread *into, const stats_spread *from, bool first)
{
    into->sum += from->sum;
    into->least = first || from->least < into->least ? from->least : into->least;
    into->greatest = from->greatest > into->greatest ? from->greatest : into->greatest;
}

nn_status stats_merge(stats *into, const stats *from, nn_error *err)
{
    if (from->models == 0)
        return NN_OK;
    if (!nn_grow((void **)&into->dims, &into->dims_capacity, into->n_dims + from->n_dims, sizeof *into->dims))
        return nn_nomem(err);
#define X(name) merge_spread(&into->name, &from->name, into->models == 0);
    STATS_SPREADS(X)
#undef X
    for (size_t i = 0; i < into->n_motifs; i++)
        into->motifs[i] += from->motifs[i];
    into->models += from->models;
    into->nodes += from->nodes;
    into->joins += from->joins;
    into->tensors += from->tensors;
    into->reused += from->reused;
    into->wide += from->wide;
    into->empty_models += from->empty_models;
    into->empty_nodes += from->empty_nodes;
    into->sized_models += from->sized_models;
    into->sized_nodes += from->sized_nodes;
    for (size_t i = 0; i <= NN_MAX_RANK; i++)
        into->ranks[i] += from->ranks[i];
    for (size_t i = 0; i < into->ops->n_all; i++) {
        into->op_nodes[i] += from->op_nodes[i];
        into->op_models[i] += from->op_models[i];
    }
    for (size_t i = 0; i < into->classes->n_classes; i++)
        into->class_counts[i] += from->class_counts[i];
    for (size_t i = 0; i < from->n_dims; i++)
        stats_add_dim(into, from->dims[i].key, from->dims[i].count);
    for (size_t i = 0; i < STATS_PATHS; i++)
        seqset_merge(&into->paths[i], &from->paths[i]);
    return NN_OK;
}

static size_t seen(const stats *s, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += s->op_nodes[i] > 0;
    return n;
}

size_t stats_covered(const stats *s)
{
    return seen(s, 0, s->ops->n_ops);
}

size_t stats_inner(const stats *s)
{
    return seen(s, s->ops->n_ops, s->ops->n_all);
}
