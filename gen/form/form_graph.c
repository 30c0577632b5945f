#include "form/form_graph.h"
#include "write/contents.h"

#include <stdio.h>
#include <string.h>

uint32_t form_draw(form_model *m, uint32_t n)
{
    return (uint32_t)((uint64_t)bulk_next(&m->random) * (n > 0 ? n : 1) >> 32);
}

bool form_chance(form_model *m, uint32_t share)
{
    return form_draw(m, 1000) < share;
}

void form_count(form_model *m, form_feature f)
{
    m->counts[f]++;
}

/* ---- memory ---- */

void *form_memory(form_model *m, size_t n)
{
    void *p = arena_calloc(m->a, 1, n);
    m->failed |= p == NULL;
    return p;
}

/* An object that fits into the spare. */
static void *object(form_model *m, size_t n)
{
    void *p = form_memory(m, n);
    if (p == NULL)
        p = memset(&m->spare, 0, sizeof m->spare);
    return p;
}

const char *form_text(form_model *m, const char *fmt, ...)
{
    char text[640];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *s = arena_strndup(m->a, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    m->failed |= s == NULL;
    return s != NULL ? s : "";
}

void form_insert(form_model *m, form_list *list, size_t at, void *item)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity < 4 ? 4 : 2 * list->capacity;
        void **items = form_memory(m, capacity * sizeof *items);
        if (items == NULL)
            return;
        if (list->n > 0)
            memcpy(items, list->items, list->n * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof *list->items);
    list->items[at] = item;
    list->n++;
}

void form_push(form_model *m, form_list *list, void *item)
{
    form_insert(m, list, list->n, item);
}

void form_remove(form_list *list, const void *item)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] != item)
            list->items[kept++] = list->items[i];
    list->n = kept;
}

bool form_holds(const form_list *list, const void *item)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == item)
            return true;
    return false;
}

/* ---- construction ---- */

tensor_desc form_desc(dtype type, int rank, const int64_t *dims)
{
    tensor_desc d = {.type = type, .rank = rank};
    if (!dtype_limits(type, &d.range.lo, &d.range.hi))
        d.range.lo = d.range.hi = 0;
    for (int i = 0; i < rank; i++)
        d.dims[i] = dims[i];
    return d;
}

form_value *form_value_new(form_model *m, form_graph *home, const tensor_desc *desc)
{
    form_value *v = object(m, sizeof *v);
    v->name = form_text(m, "form_%u", m->serial++);
    v->desc = *desc;
    v->home = home;
    v->tensor = -1;
    return v;
}

form_node *form_node_new(form_model *m, form_graph *home, const char *op_type, const char *domain)
{
    form_node *n = object(m, sizeof *n);
    n->name = form_text(m, "form_%s_%u", op_type, m->serial++);
    n->op_type = op_type;
    n->domain = domain;
    n->doc = "";
    n->home = home;
    return n;
}

void form_add_input(form_model *m, form_node *n, form_value *v)
{
    form_push(m, &n->inputs, v);
}

form_value *form_add_output(form_model *m, form_node *n, const tensor_desc *desc)
{
    form_value *v = form_value_new(m, n->home, desc);
    v->producer = n;
    form_push(m, &n->outputs, v);
    return v;
}

form_graph *form_graph_new(form_model *m, form_graph *parent, const char *name)
{
    form_graph *g = object(m, sizeof *g);
    g->name = form_text(m, "%s_%u", name, m->serial++);
    g->doc = "";
    g->parent = parent;
    g->function = parent != NULL ? parent->function : NULL;
    g->told = 100;
    form_push(m, &m->graphs, g);
    return g;
}

/* ---- constants ---- */

Onnx__TensorProto *form_tensor(form_model *m, const tensor_desc *desc, const void *bytes)
{
    Onnx__TensorProto *t = object(m, sizeof *t);
    *t = (Onnx__TensorProto)ONNX__TENSOR_PROTO__INIT;
    t->n_dims = (size_t)desc->rank;
    t->dims = form_memory(m, ((size_t)desc->rank + 1) * sizeof *t->dims);
    if (t->dims == NULL)
        return t;
    memcpy(t->dims, desc->dims, (size_t)desc->rank * sizeof *t->dims);
    t->has_data_type = 1;
    t->data_type = (int32_t)desc->type;
    t->has_raw_data = 1;
    t->raw_data.len = dtype_stored(desc->type, (size_t)tensor_elements(desc));
    t->raw_data.data = (uint8_t *)(uintptr_t)bytes;
    return t;
}

form_value *form_constant(form_model *m, form_graph *home, const tensor_desc *desc, const void *bytes)
{
    form_value *v = form_value_new(m, home, desc);
    v->data = form_tensor(m, desc, bytes);
    form_push(m, &home->constants, v);
    return v;
}

/* Room for the elements, and their number. */
static void *elements(form_model *m, const tensor_desc *d)
{
    return form_memory(m, values_bytes(d) + 8);
}

form_value *form_constant_int(form_model *m, form_graph *home, int64_t x)
{
    tensor_desc d = form_desc(DT_INT64, 0, NULL);
    d.range = (interval){(double)x, (double)x};
    void *bytes = elements(m, &d);
    if (bytes != NULL)
        values_store_whole(bytes, d.type, &x, 1);
    return form_constant(m, home, &d, bytes);
}

form_value *form_constant_bool(form_model *m, form_graph *home, bool x)
{
    tensor_desc d = form_desc(DT_BOOL, 0, NULL);
    d.range = (interval){x, x};
    uint8_t *bytes = elements(m, &d);
    if (bytes != NULL)
        *bytes = x;
    return form_constant(m, home, &d, bytes);
}

form_value *form_filler(form_model *m, form_graph *home, const tensor_desc *desc)
{
    tensor_desc d = *desc;
    size_t n = (size_t)tensor_elements(&d), size = dtype_size(d.type);
    uint8_t *bytes = elements(m, &d);
    if (bytes == NULL)
        return form_constant(m, home, &d, NULL);
    double lo = d.range.lo, hi = d.range.hi, x = lo <= 0 && hi >= 0 ? 0 : lo > 0 ? lo : hi;
    nn_error unused;
    int64_t whole = 0, most;
    double real = 0;
    if (dtype_is_float(d.type)) {
        if (values_real_bounds(d.type, x, hi > x ? hi : x, &real, &x, &unused) != NN_OK)
            real = 0;
        for (size_t i = 0; i < n; i++)
            values_store_real(bytes + i * size, d.type, &real, 1);
    } else {
        if (values_whole_bounds(d.type, x, hi > x ? hi : x, &whole, &most, &unused) != NN_OK)
            whole = 0;
        for (size_t i = 0; i < n; i++)
            values_store_whole(bytes + i * size, d.type, &whole, 1);
    }
    dtype_pack(d.type, n, bytes, bytes);
    return form_constant(m, home, &d, bytes);
}

form_value *form_constant_copy(form_model *m, form_graph *home, const form_value *from)
{
    form_value *v = form_value_new(m, home, &from->desc);
    v->data = from->data;
    form_push(m, &home->constants, v);
    return v;
}

/* ---- attributes ---- */

Onnx__AttributeProto *form_attr_new(form_model *m, const char *name, Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *p = object(m, sizeof *p);
    *p = (Onnx__AttributeProto)ONNX__ATTRIBUTE_PROTO__INIT;
    p->name = (char *)(uintptr_t)name;
    p->has_type = 1;
    p->type = type;
    return p;
}

void form_attr_message(form_model *m, form_node *n, Onnx__AttributeProto *message)
{
    form_attr *a = object(m, sizeof *a);
    a->name = message->name;
    a->message = message;
    form_push(m, &n->attrs, a);
}

void form_attr_graph(form_model *m, form_node *n, const char *name, form_graph *g)
{
    form_attr *a = object(m, sizeof *a);
    a->name = name;
    a->graph = g;
    form_push(m, &n->attrs, a);
}

void form_attr_int(form_model *m, form_node *n, const char *name, int64_t x)
{
    Onnx__AttributeProto *p = form_attr_new(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    p->has_i = 1;
    p->i = x;
    form_attr_message(m, n, p);
}

void form_attr_ints(form_model *m, form_node *n, const char *name, const int64_t *x, size_t count)
{
    Onnx__AttributeProto *p = form_attr_new(m, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    p->ints = form_memory(m, (count + 1) * sizeof *p->ints);
    if (p->ints == NULL)
        return;
    memcpy(p->ints, x, count * sizeof *p->ints);
    p->n_ints = count;
    form_attr_message(m, n, p);
}

/* ---- scopes and uses ---- */

unsigned form_depth(const form_graph *g)
{
    unsigned depth = 0;
    for (; g->parent != NULL; g = g->parent)
        depth++;
    return depth;
}

bool form_is_inside(const form_graph *g, const form_graph *outer)
{
    while (g != NULL && g != outer)
        g = g->parent;
    return g != NULL;
}

static void each_use_in(form_model *m, form_graph *g, form_visit *visit, void *data)
{
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++)
        form_each_use(m, FORM_NODE(g->nodes, i), visit, data);
    for (size_t i = 0; i < g->outputs.n; i++)
        visit(data, (form_value **)&g->outputs.items[i]);
}

void form_each_use(form_model *m, form_node *n, form_visit *visit, void *data)
{
    for (size_t i = 0; i < n->inputs.n; i++)
        if (n->inputs.items[i] != NULL)
            visit(data, (form_value **)&n->inputs.items[i]);
    for (size_t i = 0; i < n->attrs.n && !m->failed; i++)
        if (FORM_ATTR(n->attrs, i)->graph != NULL)
            each_use_in(m, FORM_ATTR(n->attrs, i)->graph, visit, data);
}

typedef struct {
    const form_value *from;
    form_value *to;
} replacement;

static void replace(void *data, form_value **slot)
{
    const replacement *r = data;
    if (*slot == r->from)
        *slot = r->to;
}

void form_replace_in(form_model *m, form_node *n, const form_value *from, form_value *to)
{
    form_each_use(m, n, replace, &(replacement){from, to});
}

void form_replace(form_model *m, form_graph *g, const form_value *from, form_value *to, const form_node *except)
{
    replacement r = {from, to};
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++)
        if (g->nodes.items[i] != except)
            form_each_use(m, FORM_NODE(g->nodes, i), replace, &r);
}

typedef struct {
    const form_value *v;
    size_t n;
} counter;

static void count_use(void *data, form_value **slot)
{
    counter *c = data;
    c->n += *slot == c->v;
}

size_t form_uses(form_model *m, form_graph *g, const form_value *v)
{
    counter c = {v, 0};
    each_use_in(m, g, count_use, &c);
    return c.n;
}

/* ---- order ---- */

typedef struct {
    form_model *m;
    const form_graph *g;
    form_list *to;
} collecting;

static void collect_producer(void *data, form_value **slot)
{
    collecting *c = data;
    if ((*slot)->home == c->g && (*slot)->producer != NULL)
        form_push(c->m, c->to, (*slot)->producer);
}

/* Emits a node after the nodes that it depends on: a depth-first walk with a stack of its own. */
static void emit(form_model *m, form_graph *g, form_node *first, uint32_t epoch, form_list *out)
{
    form_list stack = {.n = 0};
    form_push(m, &stack, first);
    while (stack.n > 0 && !m->failed) {
        form_node *n = FORM_NODE(stack, stack.n - 1);
        if (n->mark == epoch) { /* its producers are emitted now, or it was reached twice */
            stack.n--;
            if (n->done != epoch)
                form_push(m, out, n);
            n->done = epoch;
            continue;
        }
        n->mark = epoch;
        collecting c = {m, g, &(form_list){.n = 0}};
        form_each_use(m, n, collect_producer, &c);
        for (size_t i = c.to->n; i > 0; i--)
            if (FORM_NODE(*c.to, i - 1)->mark != epoch)
                form_push(m, &stack, c.to->items[i - 1]);
    }
}

void form_sort(form_model *m, form_graph *g, bool random)
{
    form_list from = {.n = 0}, out = {.n = 0};
    uint32_t epoch = ++m->epoch;
    for (size_t i = 0; i < g->nodes.n; i++)
        form_insert(m, &from, random ? form_draw(m, (uint32_t)i + 1) : i, g->nodes.items[i]);
    for (size_t i = 0; i < from.n && !m->failed; i++)
        if (FORM_NODE(from, i)->mark != epoch)
            emit(m, g, FORM_NODE(from, i), epoch, &out);
    if (!m->failed)
        g->nodes = out;
}

/* ---- copies ---- */

typedef struct {
    uint32_t epoch;
} cloning;

static void twin_use(void *data, form_value **slot)
{
    const cloning *c = data;
    if ((*slot)->mark == c->epoch)
        *slot = (*slot)->twin;
}

static form_value *twin_of(form_model *m, form_value *v, form_graph *home, uint32_t epoch)
{
    form_value *w = form_value_new(m, home, &v->desc);
    w->data = v->data;
    v->twin = w;
    v->mark = epoch;
    return w;
}

static form_graph *clone_graph(form_model *m, const form_graph *g, form_graph *parent, uint32_t epoch);

static form_node *clone_node(form_model *m, const form_node *n, form_graph *home, uint32_t epoch)
{
    form_node *w = form_node_new(m, home, n->op_type, n->domain);
    w->calls = n->calls;
    for (size_t i = 0; i < n->inputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(n->inputs, i);
        if (v != NULL)
            twin_use(&(cloning){epoch}, &v);
        form_push(m, &w->inputs, v);
    }
    for (size_t i = 0; i < n->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(n->outputs, i), *t = v != NULL ? twin_of(m, v, home, epoch) : NULL;
        if (t != NULL)
            t->producer = w;
        form_push(m, &w->outputs, t);
    }
    for (size_t i = 0; i < n->attrs.n && !m->failed; i++) {
        form_attr *a = FORM_ATTR(n->attrs, i);
        if (a->graph != NULL)
            form_attr_graph(m, w, a->name, clone_graph(m, a->graph, home, epoch));
        else
            form_push(m, &w->attrs, a);
    }
    return w;
}

static form_graph *clone_graph(form_model *m, const form_graph *g, form_graph *parent, uint32_t epoch)
{
    form_graph *w = form_graph_new(m, parent, "copy");
    w->told = g->told;
    for (size_t i = 0; i < g->inputs.n && !m->failed; i++)
        form_push(m, &w->inputs, twin_of(m, FORM_VALUE(g->inputs, i), w, epoch));
    for (size_t i = 0; i < g->constants.n && !m->failed; i++)
        form_push(m, &w->constants, twin_of(m, FORM_VALUE(g->constants, i), w, epoch));
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++)
        form_push(m, &w->nodes, clone_node(m, FORM_NODE(g->nodes, i), w, epoch));
    for (size_t i = 0; i < g->outputs.n && !m->failed; i++) {
        form_value *v = FORM_VALUE(g->outputs, i);
        twin_use(&(cloning){epoch}, &v);
        form_push(m, &w->outputs, v);
    }
    return w;
}

form_graph *form_clone(form_model *m, const form_graph *g, form_graph *parent)
{
    return clone_graph(m, g, parent, ++m->epoch);
}

form_graph *form_clone_part(form_model *m, const form_list *nodes, const form_list *outputs, form_graph *parent)
{
    form_graph *w = form_graph_new(m, parent, "copy");
    uint32_t epoch = ++m->epoch;
    for (size_t i = 0; i < nodes->n && !m->failed; i++)
        form_push(m, &w->nodes, clone_node(m, FORM_NODE(*nodes, i), w, epoch));
    for (size_t i = 0; i < outputs->n && !m->failed; i++)
        form_push(m, &w->outputs, FORM_VALUE(*outputs, i)->twin);
    return w;
}

form_node *form_clone_node(form_model *m, form_node *n)
{
    return clone_node(m, n, n->home, ++m->epoch);
}
