#include "stats/structure.h"

#include <string.h>

/* Two lanes of 64 bits. Each is a chain of the finaliser of MurmurHash3 (A. Appleby) over words. */
typedef struct {
    uint64_t a, b;
} print;

static uint64_t mixed(uint64_t x, uint64_t m1, uint64_t m2)
{
    x = (x ^ (x >> 33)) * m1;
    x = (x ^ (x >> 33)) * m2;
    return x ^ (x >> 33);
}

static void word(print *p, uint64_t w)
{
    p->a = mixed(p->a + 0x9e3779b97f4a7c15u, 0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u) ^ w;
    p->b = mixed(p->b + 0xd1b54a32d192ed03u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu) ^
           mixed(w, 0x9fb21c651e98df25u, 0xc4ceb9fe1a85ec53u);
}

static void finish(print *p)
{
    word(p, 0);
    word(p, 1);
}

static void text(print *p, const char *s)
{
    size_t n = strlen(s);
    word(p, n);
    for (size_t i = 0; i < n; i += 8) {
        uint64_t w = 0;
        for (size_t k = i; k < n && k < i + 8; k++)
            w |= (uint64_t)(unsigned char)s[k] << (8 * (k - i));
        word(p, w);
    }
}

static void real(print *p, double x)
{
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    word(p, w);
}

static void add(print *p, print q)
{
    word(p, q.a);
    word(p, q.b);
}

static void shape(print *p, const tensor_desc *d)
{
    word(p, (uint64_t)d->type << 8 | (uint64_t)d->rank);
    for (int k = 0; k < d->rank; k++)
        word(p, (uint64_t)d->dims[k]);
}

static void attribute(print *p, const attr_value *a)
{
    text(p, a->name);
    word(p, (uint64_t)a->kind);
    switch (a->kind) {
    case ATTR_INT:
        word(p, (uint64_t)a->i);
        break;
    case ATTR_FLOAT:
        real(p, a->f);
        break;
    case ATTR_STRING:
        text(p, a->s);
        break;
    case ATTR_TENSOR:
        word(p, a->n);
        break; /* contents of a tensor are weights, not structure */
    case ATTR_HELD:
        break; /* the same; its shape is that of the output */
    case ATTR_INTS:
    case ATTR_FLOATS:
    case ATTR_STRINGS:
        word(p, a->n);
        for (size_t i = 0; i < a->n; i++)
            if (a->kind == ATTR_INTS)
                word(p, (uint64_t)a->ints[i]);
            else if (a->kind == ATTR_FLOATS)
                real(p, a->floats[i]);
            else
                text(p, a->strings[i]);
    }
}

static print leaf(const graph_tensor *t)
{
    print p = {1, 2};
    word(&p, t->kind == TENSOR_INPUT ? 1 : 2);
    word(&p, t->kind == TENSOR_INPUT ? t->serial : (uint64_t)t->consumers);
    shape(&p, &t->desc);
    finish(&p);
    return p;
}

static print node_print(const graph *g, const graph_node *n, const print *tensors)
{
    print p = {3, 4};
    text(&p, n->op_type);
    word(&p, n->n_attrs);
    for (size_t i = 0; i < n->n_attrs; i++)
        attribute(&p, &n->attrs[i]);
    word(&p, n->n_inputs);
    for (size_t i = 0; i < n->n_inputs; i++) {
        int32_t t = n->inputs[i];
        add(&p, t < 0 ? (print){0, 0} : g->tensors[t].kind == TENSOR_NODE ? tensors[t] : leaf(&g->tensors[t]));
    }
    word(&p, n->n_outputs);
    for (size_t i = 0; i < n->n_outputs; i++)
        if (n->outputs[i] >= 0)
            shape(&p, &g->tensors[n->outputs[i]].desc);
        else
            word(&p, 0);
    finish(&p);
    return p;
}

bool structure_of(const graph *g, arena *mem, uint8_t out[STRUCTURE_SIZE])
{
    arena_mark mark = arena_get_mark(mem);
    print *tensors = arena_calloc(mem, g->n_tensors + 1, sizeof *tensors);
    if (tensors == NULL)
        return false;
    print all = {5, 6}, sum = {0, 0};
    for (size_t k = 0; k < g->n_nodes; k++) {
        const graph_node *n = &g->nodes[g->order[k]];
        print p = node_print(g, n, tensors);
        sum.a += p.a; /* a sum, so that the order does not matter */
        sum.b += p.b;
        for (size_t i = 0; i < n->n_outputs; i++)
            if (n->outputs[i] >= 0) {
                print *t = &tensors[n->outputs[i]];
                *t = p;
                word(t, i);
                finish(t);
            }
    }
    word(&all, g->n_nodes);
    add(&all, sum);
    word(&all, g->n_inputs);
    for (size_t i = 0; i < g->n_inputs; i++)
        add(&all, leaf(&g->tensors[g->inputs[i]]));
    for (size_t i = 0; i < g->n_outputs; i++) {
        const graph_tensor *t = &g->tensors[g->outputs[i]];
        add(&all, t->kind == TENSOR_NODE ? tensors[g->outputs[i]] : leaf(t));
    }
    finish(&all);
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(all.a >> (56 - 8 * i));
        out[8 + i] = (uint8_t)(all.b >> (56 - 8 * i));
    }
    arena_release(mem, mark);
    return true;
}

uint64_t structure_node(const graph *g, size_t node)
{
    const graph_node *n = &g->nodes[node];
    print p = {7, 8};
    text(&p, n->op_type);
    word(&p, n->n_attrs);
    for (size_t i = 0; i < n->n_attrs; i++)
        attribute(&p, &n->attrs[i]);
    word(&p, n->n_inputs);
    for (size_t i = 0; i < n->n_inputs + n->n_outputs; i++) {
        const int32_t t = i < n->n_inputs ? n->inputs[i] : n->outputs[i - n->n_inputs];
        word(&p, t < 0 ? 0 : g->tensors[t].kind == TENSOR_INIT ? 1 : 2);
        if (t >= 0)
            shape(&p, &g->tensors[t].desc);
    }
    finish(&p);
    return p.a;
}

void structure_hex(const uint8_t s[STRUCTURE_SIZE], char out[STRUCTURE_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < STRUCTURE_SIZE; i++) {
        out[2 * i] = digits[s[i] >> 4];
        out[2 * i + 1] = digits[s[i] & 15];
    }
    out[2 * STRUCTURE_SIZE] = '\0';
}

bool structure_parse(const char *hex, uint8_t out[STRUCTURE_SIZE])
{
    for (size_t i = 0; i < 2 * STRUCTURE_SIZE; i++) {
        unsigned c = (unsigned char)hex[i], v = c - '0' < 10 ? c - '0' : c - 'a' < 6 ? c - 'a' + 10 : 16;
        if (v > 15)
            return false;
        out[i / 2] = (uint8_t)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
    }
    return hex[2 * STRUCTURE_SIZE] == '\0';
}
