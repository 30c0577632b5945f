#include "build/build_share.h"
#include "build/build_log.h"

#include <string.h>

#define SCAN 64 /* earlier initializers that are considered for each */

typedef struct {
    build_state *s;
    int32_t *user;  /* for each initializer with one use outside motifs, its node; -1: another tensor */
    uint32_t *slot; /* and the input of the node */
    int32_t *next;  /* the initializer that gave way to it last, whose node takes it as well; -1: none */
    int32_t *same;  /* the next of a ring of initializers with the same contents on purpose, whose nodes must differ as well */
} sharing;

static bool open_sharing(sharing *h, builder *b)
{
    build_state *s = &b->s;
    const size_t n = s->n_tensors;
    *h = (sharing){.s = s};
    h->user = arena_alloc(&b->memory, n * sizeof *h->user);
    h->slot = arena_alloc(&b->memory, n * sizeof *h->slot);
    h->next = arena_alloc(&b->memory, n * sizeof *h->next);
    h->same = arena_alloc(&b->memory, n * sizeof *h->same);
    if (!h->user || !h->slot || !h->next || !h->same)
        return false;
    for (size_t t = 0; t < n; t++) {
        h->user[t] = h->next[t] = -1;
        h->same[t] = (int32_t)t;
    }
    for (size_t v = 0; v < s->n_nodes; v++)
        for (size_t i = 0; !s->nodes[v].motif && i < s->nodes[v].n_inputs; i++) {
            const int32_t t = s->nodes[v].inputs[i];
            if (t >= 0 && s->tensors[t].kind == TENSOR_INIT && s->tensors[t].consumers == 1) {
                h->user[t] = (int32_t)v;
                h->slot[t] = (uint32_t)i;
            }
        }
    return true;
}

static bool same_list(const content *a, const content *b)
{
    return a->n_list == b->n_list && (a->n_list == 0 || memcmp(a->list, b->list, a->n_list * sizeof *a->list) == 0);
}

/* Contents that suit both initializers, and are not much narrower than either's. false: there are none. */
static bool common(const graph_tensor *a, const graph_tensor *b, content *c)
{
    const content *x = &a->init, *y = &b->init;
    *c = *x;
    if (!tensor_shape_equal(&a->desc, &b->desc) || x->kind != y->kind)
        return false;
    if (x->kind == CONTENT_UNIFORM) {
        c->lo = x->lo > y->lo ? x->lo : y->lo;
        c->hi = x->hi < y->hi ? x->hi : y->hi;
        const double width = c->hi - c->lo, a_width = x->hi - x->lo, b_width = y->hi - y->lo;
        const double narrow = a_width < b_width ? a_width : b_width, wide = a_width < b_width ? b_width : a_width;
        return c->lo <= c->hi && 2 * width >= narrow && 4 * width >= wide;
    }
    return x->negative == y->negative && x->lo == y->lo && x->hi == y->hi && x->count == y->count && x->axis == y->axis &&
           same_list(x, y);
}

/* Whether two nodes would differ in nothing but attributes if t and u were equal. */
static bool would_equal(const sharing *h, int32_t v, int32_t w, int32_t t, int32_t u)
{
    const graph_node *a = &h->s->nodes[v], *b = &h->s->nodes[w];
    bool equal = a->op == b->op && a->n_inputs == b->n_inputs;
    for (size_t i = 0; i < a->n_inputs && equal; i++)
        equal = a->inputs[i] == b->inputs[i] || (a->inputs[i] == t && b->inputs[i] == u);
    return v == w || equal;
}

/* Whether the node of u would be equal to a node that takes t, or to one whose initializer has the contents of t. */
static bool collides(const sharing *h, int32_t t, int32_t u)
{
    bool any = false;
    int32_t o = t;
    do {
        for (int32_t k = o; k >= 0; k = h->next[k])
            any |= would_equal(h, h->user[k], h->user[u], o, u);
        o = h->same[o];
    } while (o != t);
    return any;
}

/* An earlier initializer, outside motifs, that can have the same contents; -1: none. */
static int32_t find_partner(const sharing *h, int32_t u, content *c)
{
    int scanned = 0;
    for (int32_t t = u - 1; t >= 0 && scanned < SCAN; t--) {
        const graph_tensor *x = &h->s->tensors[t];
        if (x->kind != TENSOR_INIT || x->consumers == 0 || h->user[t] < 0)
            continue;
        scanned++;
        if (common(x, &h->s->tensors[u], c) && !collides(h, t, u))
            return t;
    }
    return -1;
}

/* Gives the initializers of t's ring these contents. */
static void narrow(sharing *h, int32_t t, const content *c)
{
    int32_t o = t;
    do {
        graph_tensor *x = &h->s->tensors[o];
        x->init = *c;
        if (c->kind == CONTENT_UNIFORM)
            x->desc.range = iv(c->lo, c->hi);
        o = h->same[o];
    } while (o != t);
}

/* Lets the node of u take t. */
static void give_way(sharing *h, int32_t t, int32_t u)
{
    graph_tensor *x = &h->s->tensors[t], *y = &h->s->tensors[u];
    h->s->nodes[h->user[u]].inputs[h->slot[u]] = t;
    x->consumers++;
    y->consumers = 0;
    h->next[u] = h->next[t];
    h->next[t] = u;
}

/* Gives u the contents of t. */
static void repeat_contents(sharing *h, int32_t t, int32_t u)
{
    h->s->tensors[u].serial = h->s->tensors[t].serial;
    h->same[u] = h->same[t];
    h->same[t] = u;
}

static void remap(int32_t *ids, size_t n, const int32_t *to)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = ids[i] < 0 ? -1 : to[ids[i]];
}

/* Removes the initializers that no node takes. to: memory for a number for each tensor. */
static void compact(builder *b, int32_t *to, int32_t *outputs, size_t n_outputs)
{
    build_state *s = &b->s;
    size_t kept = 0;
    for (size_t t = 0; t < s->n_tensors; t++) {
        to[t] = (int32_t)kept;
        if (s->tensors[t].kind != TENSOR_INIT || s->tensors[t].consumers > 0) {
            log_renumber(b, t, kept);
            s->tensors[kept++] = s->tensors[t];
        }
    }
    s->n_tensors = kept;
    b->n_address = b->n_address < kept ? b->n_address : kept;
    for (size_t v = 0; v < s->n_nodes; v++) {
        remap(s->nodes[v].inputs, s->nodes[v].n_inputs, to);
        remap(s->nodes[v].outputs, s->nodes[v].n_outputs, to);
    }
    remap(s->inputs.items, s->inputs.n, to);
    remap(outputs, n_outputs, to);
}

/* What is to happen with an initializer. */
static bool wanted(builder *b, manner_key key)
{
    return manner_says(b->manner, key) && tape_chance(b->t, "initializer", b->manner->value[key], 1000);
}

bool build_share(builder *b, int32_t *outputs, size_t n_outputs)
{
    build_state *s = &b->s;
    sharing h;
    if ((!manner_says(b->manner, MANNER_shared) && !manner_says(b->manner, MANNER_equal_contents)) || b->ops->common[0] > 0)
        return true;
    if (!open_sharing(&h, b))
        return false;
    for (int32_t u = 0; u < (int32_t)s->n_tensors; u++) {
        if (h.user[u] < 0)
            continue;
        log_about(b, u);
        const bool share = wanted(b, MANNER_shared), repeat = !share && wanted(b, MANNER_equal_contents);
        content c;
        const int32_t t = share || repeat ? find_partner(&h, u, &c) : -1;
        if (t < 0)
            continue;
        if (share)
            give_way(&h, t, u);
        else
            repeat_contents(&h, t, u);
        narrow(&h, t, &c);
    }
    log_about(b, -1);
    compact(b, h.next, outputs, n_outputs);
    return true;
}
