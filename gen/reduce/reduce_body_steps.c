/* Steps inside bodies and functions. Tensors that removed nodes made become inputs of the main graph, which a body sees, and which
 * a function gets as a new input; or a body gets an initializer. */
#include "reduce/reduce_inline.h"
#include "reduce/reduce_site.h"
#include "reduce/reduce_step.h"

#include <string.h>

/* ---- a branch, a turn of a loop or the nodes of a function in place of the node ---- */

size_t step_count_inlined(const reduce_base *b)
{
    reduce_inline_items items;
    reduce_inline_list(&items, b->m);
    nn_free(items.all);
    return items.failed ? 0 : items.n;
}

/* A graph output that is another's tensor goes. */
static void drop_twins(Onnx__GraphProto *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->n_output; i++) {
        bool twin = g->output[i]->name == NULL;
        for (size_t k = 0; k < kept && !twin; k++)
            twin = strcmp(g->output[k]->name, g->output[i]->name) == 0;
        if (!twin)
            g->output[kept++] = g->output[i];
    }
    g->n_output = kept;
}

enum { INLINED = 100000 }; /* nodes of a candidate */

bool step_inlined(reduce_edit *e, const bool *chosen)
{
    reduce_inline_items items;
    size_t n = 0;
    reduce_inline_list(&items, e->base->m);
    for (size_t i = 0; i < items.n && !items.failed; i++)
        if (chosen[i])
            items.all[n++] = items.all[i];
    reduce_inline x = {.m = e->base->m, .memory = &e->memory, .chosen = items.all, .n_chosen = n, .room = INLINED};
    bool good = !items.failed && (n == 0 || reduce_inline_run(&x, &e->g, &e->m.functions));
    if (x.large)
        good = reduce_edit_revert(e);
    else if (good)
        drop_twins(&e->g);
    reduce_inline_close(&x);
    nn_free(items.all);
    return good;
}

/* ---- nodes ---- */

size_t step_count_inner(const reduce_base *b)
{
    return reduce_inner_nodes(b->m);
}

static bool is_output(const reduce_site *s, const char *name)
{
    bool found = false;
    for (size_t i = 0; s->graph != NULL && i < s->graph->n_output; i++)
        found = found || (s->graph->output[i]->name != NULL && strcmp(s->graph->output[i]->name, name) == 0);
    for (size_t i = 0; s->function != NULL && i < s->function->n_output; i++)
        found = found || strcmp(s->function->output[i], name) == 0;
    return found;
}

/* A constant that stands for a body's tensor. NULL: its shape is not known, or out of memory. */
static const Onnx__TensorProto *constant_for(reduce_edit *e, const reduce_fact *f)
{
    bool exact = true;
    if (f == NULL)
        return NULL;
    const Onnx__TensorProto *t = f->value != NULL ? f->value : reduce_invent(f->type, &exact, &e->memory);
    return exact ? t : NULL;
}

typedef struct {
    reduce_sites *x;
    reduce_site *s;
    reduce_names reads; /* of the nodes that stay, after this one */
    bool constants;
} removal;

/* Whether a node's results can be defined otherwise. */
static bool can_go(removal *r, const Onnx__NodeProto *n)
{
    reduce_edit *e = r->x->e;
    for (size_t k = 0; k < n->n_output; k++) {
        const char *name = n->output[k];
        bool output = is_output(r->s, name);
        if (name[0] == '\0' || (!output && !reduce_names_has(&r->reads, name)))
            continue;
        const char *key = r->s->prefix != NULL ? reduce_site_key(r->x, r->s, name) : NULL;
        const reduce_fact *f = reduce_find_fact(e->base, key);
        if (f == NULL || (f->type == NULL && f->value == NULL) || (output && r->s->function != NULL))
            return false;
        if ((output || (r->constants && r->s->graph != NULL)) && constant_for(e, f) == NULL)
            return false;
    }
    return true;
}

static bool add_initializer(removal *r, const char *name, const Onnx__TensorProto *value)
{
    Onnx__GraphProto *g = r->s->graph;
    Onnx__TensorProto *t = arena_alloc(&r->x->e->memory, sizeof *t);
    Onnx__TensorProto **list = arena_alloc(&r->x->e->memory, (g->n_initializer + 2) * sizeof *list);
    if (t == NULL || list == NULL)
        return false;
    if (g->n_initializer > 0)
        memcpy(list, g->initializer, g->n_initializer * sizeof *list);
    *t = *value;
    t->name = arena_strdup(&r->x->e->memory, name);
    list[g->n_initializer++] = t;
    g->initializer = list;
    return t->name != NULL;
}

/* Defines what a removed node made and the site still uses. */
static bool define(removal *r, const char *name)
{
    reduce_edit *e = r->x->e;
    bool output = is_output(r->s, name);
    if (name[0] == '\0' || (!output && !reduce_names_has(&r->reads, name)))
        return true;
    char *key = (char *)(uintptr_t)reduce_site_key(r->x, r->s, name);
    const reduce_fact *f = reduce_find_fact(e->base, key);
    if (output || (r->constants && r->s->graph != NULL)) {
        const Onnx__TensorProto *value = constant_for(e, f);
        return value != NULL && add_initializer(r, name, value);
    }
    if (key == NULL)
        return false;
    reduce_site_rename(r->s, name, key);
    return reduce_site_pass(r->x, r->s, key);
}

/* Adds names that are read, so that they stay sorted. */
static void add_reads(reduce_names *to, const Onnx__NodeProto *n)
{
    reduce_reads(to, n);
    reduce_names_sort(to);
}

static bool remove_from(removal *r, const bool *chosen)
{
    reduce_edit *e = r->x->e;
    size_t n = *r->s->n_nodes;
    bool *gone = arena_calloc(&e->memory, n + 1, 1), any = false, good = gone != NULL;
    for (size_t i = n; good && i-- > 0;) {
        gone[i] = chosen[i] && can_go(r, r->s->nodes[i]);
        any = any || gone[i];
        if (!gone[i])
            add_reads(&r->reads, r->s->nodes[i]);
    }
    Onnx__NodeProto **was = any ? arena_alloc(&e->memory, n * sizeof *was) : NULL;
    if (!any)
        return good && !r->reads.failed;
    if (was == NULL)
        return false;
    /* Keys must be found while the nodes are there. */
    for (size_t i = 0; good && i < n; i++)
        for (size_t k = 0; good && gone[i] && k < r->s->nodes[i]->n_output; k++)
            good = define(r, r->s->nodes[i]->output[k]);
    *r->s->n_nodes = reduce_filter(r->s->nodes, n, gone);
    return good && !r->reads.failed;
}

static bool remove_inner(reduce_edit *e, const bool *chosen, bool constants)
{
    reduce_sites x;
    if (!reduce_sites_open(&x, e))
        return false;
    size_t *sizes = arena_alloc(&e->memory, (x.n + 1) * sizeof *sizes);
    if (sizes == NULL)
        return false;
    for (size_t i = 0; i < x.n; i++)
        sizes[i] = *x.all[i].n_nodes;
    for (size_t i = 0; i < x.n; i++) {
        removal r = {.x = &x, .s = &x.all[i], .constants = constants};
        bool good = remove_from(&r, chosen);
        reduce_names_free(&r.reads);
        if (!good)
            return false;
        chosen += sizes[i];
    }
    return true;
}

bool step_inner(reduce_edit *e, const bool *chosen)
{
    return remove_inner(e, chosen, false);
}

bool step_inner_constant(reduce_edit *e, const bool *chosen)
{
    return remove_inner(e, chosen, true);
}

/* ---- bypass ---- */

/* The operand that stands for the only result of a node. */
static char *through(const reduce_sites *x, const reduce_site *s, const Onnx__NodeProto *n)
{
    const char *result = NULL;
    for (size_t k = 0; k < n->n_output; k++) {
        if (n->output[k][0] != '\0' && result != NULL)
            return NULL;
        result = n->output[k][0] != '\0' ? n->output[k] : result;
    }
    const char *key = result != NULL && s->prefix != NULL ? reduce_site_key(x, s, result) : NULL;
    for (size_t k = 0; key != NULL && k < n->n_input; k++) {
        const char *other = n->input[k][0] != '\0' ? reduce_site_key(x, s, n->input[k]) : NULL;
        if (other != NULL && reduce_same_kind(x->e->base, key, other))
            return n->input[k];
    }
    return NULL;
}

static bool made_there(const reduce_site *s, const char *name)
{
    for (size_t i = 0; i < *s->n_nodes; i++)
        for (size_t k = 0; k < s->nodes[i]->n_output; k++)
            if (strcmp(s->nodes[i]->output[k], name) == 0)
                return true;
    return false;
}

/* An output of the site can be another tensor only if that is made there and is no output yet. */
static bool rename_output(reduce_site *s, const char *from, char *to)
{
    if (!is_output(s, from))
        return true;
    if (!made_there(s, to) || is_output(s, to))
        return false;
    for (size_t i = 0; s->graph != NULL && i < s->graph->n_output; i++)
        if (strcmp(s->graph->output[i]->name, from) == 0)
            s->graph->output[i]->name = to;
    for (size_t i = 0; s->function != NULL && i < s->function->n_output; i++)
        if (strcmp(s->function->output[i], from) == 0)
            s->function->output[i] = to;
    return true;
}

bool step_inner_bypass(reduce_edit *e, const bool *chosen)
{
    reduce_sites x;
    if (!reduce_sites_open(&x, e))
        return false;
    for (size_t j = 0; j < x.n; j++) {
        reduce_site *s = &x.all[j];
        size_t n = *s->n_nodes;
        bool *gone = arena_calloc(&e->memory, n + 1, 1);
        if (gone == NULL)
            return false;
        for (size_t i = n; i-- > 0;) {
            char *to = chosen[i] ? through(&x, s, s->nodes[i]) : NULL;
            const char *from = to != NULL ? s->nodes[i]->output[0] : NULL;
            gone[i] = to != NULL && from[0] != '\0' && rename_output(s, from, to);
            if (gone[i])
                reduce_site_rename(s, from, to);
        }
        *s->n_nodes = reduce_filter(s->nodes, n, gone);
        chosen += n;
    }
    return !arena_failed(&e->memory);
}

/* ---- results and inputs that nothing uses ---- */

size_t step_count_sites(const reduce_base *b)
{
    return reduce_count_sites(b->m);
}

static void add_used(reduce_names *to, Onnx__NodeProto *const *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reduce_reads(to, nodes[i]);
}

/* All names that anything reads; a name that two graphs use counts in both. */
static bool used_anywhere(reduce_names *to, const reduce_sites *x)
{
    const Onnx__GraphProto *g = &x->e->g;
    *to = (reduce_names){.names = NULL};
    add_used(to, g->node, g->n_node);
    for (size_t i = 0; i < g->n_output; i++)
        reduce_names_add(to, g->output[i]->name);
    for (size_t j = 0; j < x->n; j++) {
        const reduce_site *s = &x->all[j];
        add_used(to, s->nodes, *s->n_nodes);
        for (size_t i = 0; s->graph != NULL && i < s->graph->n_output; i++)
            reduce_names_add(to, s->graph->output[i]->name);
        for (size_t i = 0; s->function != NULL && i < s->function->n_output; i++)
            reduce_names_add(to, s->function->output[i]);
    }
    reduce_names_sort(to);
    return !to->failed;
}

static void drop_at(void *list, size_t *n, size_t at)
{
    void **all = list;
    if (at >= *n)
        return;
    memmove(all + at, all + at + 1, (*n - at - 1) * sizeof *all);
    --*n;
}

/* Drops a result of a node with branches, which have no inputs, from all of them. */
static void drop_result(Onnx__NodeProto *n, size_t at)
{
    drop_at(n->output, &n->n_output, at);
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->g != NULL)
            drop_at(n->attribute[i]->g->output, &n->attribute[i]->g->n_output, at);
}

static bool has_branches(const Onnx__NodeProto *n)
{
    bool any = false;
    for (size_t i = 0; i < n->n_attribute; i++) {
        if (n->attribute[i]->n_graphs > 0 || (n->attribute[i]->g != NULL && n->attribute[i]->g->n_input > 0))
            return false;
        any = any || n->attribute[i]->g != NULL;
    }
    return any;
}

static void drop_unused(reduce_site *s, const reduce_names *used)
{
    Onnx__NodeProto *n = s->holder;
    if (s->graph != NULL && !has_branches(n))
        return;
    for (size_t k = n->n_output; k-- > 0;) {
        if (n->n_output < 2 || reduce_names_has(used, n->output[k]))
            continue;
        if (s->graph != NULL)
            drop_result(n, k);
        else if (k < s->function->n_output) {
            drop_at(n->output, &n->n_output, k);
            drop_at(s->function->output, &s->function->n_output, k);
        }
    }
    for (size_t k = s->function != NULL ? s->function->n_input : 0; k-- > 0;)
        if (!reduce_names_has(used, s->function->input[k])) {
            drop_at(s->function->input, &s->function->n_input, k);
            drop_at(n->input, &n->n_input, k);
        }
}

bool step_inner_results(reduce_edit *e, const bool *chosen)
{
    reduce_sites x;
    reduce_names used;
    if (!reduce_sites_open(&x, e))
        return false;
    bool good = used_anywhere(&used, &x);
    for (size_t j = 0; good && j < x.n; j++)
        if (chosen[j] && x.all[j].holder != NULL && (x.all[j].graph != NULL || x.all[j].calls == 1))
            drop_unused(&x.all[j], &used);
    reduce_names_free(&used);
    return good;
}

/* ---- constants that nothing uses ---- */

bool step_inner_initializers(reduce_edit *e, const bool *chosen)
{
    reduce_sites x;
    reduce_names used;
    if (!reduce_sites_open(&x, e))
        return false;
    bool good = used_anywhere(&used, &x);
    for (size_t j = 0; good && j < x.n; j++) {
        Onnx__GraphProto *g = x.all[j].graph;
        size_t kept = 0;
        if (!chosen[j] || g == NULL)
            continue;
        g->n_value_info = 0;
        for (size_t i = 0; i < g->n_initializer; i++)
            if (reduce_names_has(&used, g->initializer[i]->name))
                g->initializer[kept++] = g->initializer[i];
        g->n_initializer = kept;
    }
    for (size_t j = 0; good && j < x.n; j++)
        if (chosen[j] && x.all[j].function != NULL)
            x.all[j].function->n_value_info = 0;
    reduce_names_free(&used);
    return good;
}
