#include "form/form_control.h"
#include "form/form_region.h"

#include <string.h>

/* ---- attributes by reference ---- */

static Onnx__AttributeProto *renamed(form_model *m, const Onnx__AttributeProto *from, const char *name)
{
    Onnx__AttributeProto *p = form_attr_new(m, name, from->type);
    if (m->failed)
        return p;
    *p = *from;
    p->name = (char *)(uintptr_t)name;
    return p;
}

/* Inside the function the attribute refers to the function's; the call has its value, or refers on, or the function has it. */
static void lift(form_model *m, form_function *f, form_node *call, form_node *inside, size_t i)
{
    form_attr *a = FORM_ATTR(inside->attrs, i);
    const char *name = form_text(m, "%s_%u", a->name, m->serial++);
    if (a->message->ref_attr_name == NULL && form_draw(m, 4) == 0) {
        form_push(m, &f->defaults, renamed(m, a->message, name));
        form_count(m, FORM_FUNCTION_DEFAULT);
    } else {
        form_attr_message(m, call, renamed(m, a->message, name));
        form_push(m, &f->attributes, (void *)(uintptr_t)name);
    }
    Onnx__AttributeProto *reference = form_attr_new(m, a->name, a->message->type);
    reference->ref_attr_name = (char *)(uintptr_t)name;
    form_attr_message(m, inside, reference);
    inside->attrs.items[i] = inside->attrs.items[--inside->attrs.n];
}

static void lift_in(form_model *m, form_function *f, form_node *call, form_graph *g, bool some)
{
    for (size_t k = 0; k < g->nodes.n && !m->failed; k++) {
        form_node *n = FORM_NODE(g->nodes, k);
        for (size_t i = 0; i < n->attrs.n && !m->failed; i++) {
            form_attr *a = FORM_ATTR(n->attrs, i);
            if (a->graph != NULL) {
                lift_in(m, f, call, a->graph, some);
                continue;
            }
            const bool refers = a->message->ref_attr_name != NULL && *a->message->ref_attr_name != '\0';
            if (!refers && (!some || form_draw(m, 2) == 0))
                continue;
            lift(m, f, call, n, i);
            form_count(m, FORM_FUNCTION_REFERENCE);
        }
    }
}

/* ---- a part becomes a function ---- */

static form_function *new_function(form_model *m, form_graph *body)
{
    form_function *f = form_memory(m, sizeof *f);
    if (f == NULL)
        return NULL;
    const uint32_t number = (uint32_t)m->functions.n;
    f->name = form_text(m, "part_%u", number);
    f->domain = number % 2 == 0 || m->functions.n == 0 ? "nngen.local" : FORM_FUNCTION(m->functions, number - 1)->domain;
    f->body = body;
    body->function = f;
    form_set_functions(m);
    form_push(m, &m->functions, f);
    return f;
}

static void add_inputs(form_model *m, form_node *call, form_graph *body, const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n && !m->failed; i++) {
        form_value *x = FORM_VALUE(r->inputs, i);
        if (x->data != NULL && form_draw(m, 2) == 0) {
            form_replace(m, body, x, form_constant_copy(m, body, x), NULL);
            form_count(m, FORM_FUNCTION_CONSTANT);
            continue;
        }
        form_value *inside = form_value_new(m, body, &x->desc);
        form_push(m, &body->inputs, inside);
        form_replace(m, body, x, inside, NULL);
        form_add_input(m, call, x);
    }
}

/* Initializers that nothing uses since the function has copies. */
static void drop_unused(form_model *m, const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n && !m->failed; i++) {
        form_value *x = FORM_VALUE(r->inputs, i);
        if (x->data != NULL && form_uses(m, x->home, x) == 0)
            form_remove(&x->home->constants, x);
    }
}

/* Some consumers take the result of a second call. */
static void call_again(form_model *m, form_graph *g, form_node *call)
{
    form_node *again = form_clone_node(m, call);
    size_t moved = 0;
    for (size_t i = 0; i < call->outputs.n && !m->failed; i++)
        for (size_t k = 0; k < g->nodes.n && !m->failed; k++)
            if (form_draw(m, 2) == 0) {
                form_replace_in(m, FORM_NODE(g->nodes, k), FORM_VALUE(call->outputs, i), FORM_VALUE(again->outputs, i));
                moved++;
            }
    if (moved == 0)
        return;
    form_push(m, &g->nodes, again);
    form_sort(m, g, false);
    form_count(m, FORM_FUNCTION_TWICE);
}

static bool calls_any(form_model *m, const form_graph *g)
{
    for (size_t i = 0; i < g->nodes.n; i++)
        if (FORM_NODE(g->nodes, i)->calls != NULL)
            return true;
    return m->failed;
}

/* Whether the part has an input that may be one of the function. */
static bool takes_values(const form_region *r)
{
    for (size_t i = 0; i < r->inputs.n; i++)
        if (FORM_VALUE(r->inputs, i)->data == NULL)
            return true;
    return false;
}

void form_function_part(form_model *m)
{
    form_region r;
    form_graph *g = form_scope_draw(m, 1, false);
    if (g == NULL || !form_region_draw(m, g, form_part_size(m), &r) || !takes_values(&r) || !form_region_carried(m, &r))
        return;
    form_function *around = g->function;
    form_graph *body = form_region_take(m, &r, NULL, "function");
    form_function *f = new_function(m, body);
    if (f == NULL)
        return;
    form_node *call = form_node_new(m, g, f->name, f->domain);
    call->calls = f;
    add_inputs(m, call, body, &r);
    lift_in(m, f, call, body, form_draw(m, 2) == 0);
    form_count(m, FORM_FUNCTION_PART);
    if (calls_any(m, body) || around != NULL)
        form_count(m, FORM_FUNCTION_NESTED);
    if (form_depth(g) > 0)
        form_count(m, FORM_FUNCTION_INNER);
    form_region_replace(m, &r, call);
    drop_unused(m, &r);
    form_function_order(m, around, f);
    if (form_draw(m, 3) == 0)
        call_again(m, g, call);
}

/* ---- one function for several nodes ---- */

static bool same_slots(const form_list *a, const form_list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if ((a->items[i] == NULL) != (b->items[i] == NULL))
            return false;
    return true;
}

/* Whether a function of one node can stand for both: the same operator, slots and kinds of attributes. */
static bool alike(const form_node *a, const form_node *b)
{
    if (strcmp(a->op_type, b->op_type) != 0 || strcmp(a->domain, b->domain) != 0 || a->attrs.n != b->attrs.n ||
        !same_slots(&a->inputs, &b->inputs) || !same_slots(&a->outputs, &b->outputs))
        return false;
    for (size_t i = 0; i < a->attrs.n; i++) {
        const form_attr *x = FORM_ATTR(a->attrs, i), *y = FORM_ATTR(b->attrs, i);
        if (x->graph != NULL || y->graph != NULL || strcmp(x->name, y->name) != 0 || x->message->type != y->message->type)
            return false;
    }
    return true;
}

/* The function: its inputs and outputs are those of the node, and all its attributes are by reference. */
static form_function *function_of(form_model *m, const form_node *n)
{
    form_graph *body = form_graph_new(m, NULL, "function");
    form_function *f = new_function(m, body);
    if (f == NULL)
        return NULL;
    f->shared = true;
    form_node *inside = form_node_new(m, body, n->op_type, n->domain);
    inside->calls = n->calls;
    for (size_t i = 0; i < n->inputs.n && !m->failed; i++) {
        const form_value *x = FORM_VALUE(n->inputs, i);
        form_value *v = x != NULL ? form_value_new(m, body, &x->desc) : NULL;
        if (v != NULL)
            form_push(m, &body->inputs, v);
        form_push(m, &inside->inputs, v);
    }
    for (size_t i = 0; i < n->outputs.n && !m->failed; i++) {
        const form_value *x = FORM_VALUE(n->outputs, i);
        if (x == NULL)
            form_push(m, &inside->outputs, NULL);
        else
            form_push(m, &body->outputs, form_add_output(m, inside, &x->desc));
    }
    for (size_t i = 0; i < n->attrs.n && !m->failed; i++) {
        const form_attr *a = FORM_ATTR(n->attrs, i);
        const char *name = form_text(m, "%s", a->name);
        Onnx__AttributeProto *reference = form_attr_new(m, name, a->message->type);
        reference->ref_attr_name = (char *)(uintptr_t)name;
        form_attr_message(m, inside, reference);
        form_push(m, &f->attributes, (void *)(uintptr_t)name);
        form_count(m, FORM_FUNCTION_REFERENCE);
    }
    form_push(m, &body->nodes, inside);
    return f;
}

/* The node becomes a call. */
static void call_instead(form_node *n, form_function *f)
{
    form_list *lists[] = {&n->inputs, &n->outputs};
    n->op_type = f->name;
    n->domain = f->domain;
    n->calls = f;
    for (size_t i = 0; i < 2; i++)
        form_remove(lists[i], NULL);
}

void form_function_shared(form_model *m)
{
    form_graph *g = form_scope_draw(m, 2, false);
    if (g == NULL)
        return;
    form_node *first = FORM_NODE(g->nodes, form_draw(m, (uint32_t)g->nodes.n));
    size_t n = 0;
    for (size_t i = 0; i < g->nodes.n; i++)
        n += alike(first, FORM_NODE(g->nodes, i));
    if (n < 2 || first->inputs.n == 0)
        return;
    form_list found = {.n = 0};
    for (size_t i = 0; i < g->nodes.n && !m->failed; i++)
        if (alike(first, FORM_NODE(g->nodes, i)))
            form_push(m, &found, g->nodes.items[i]);
    form_function *f = function_of(m, first);
    for (size_t i = 0; f != NULL && i < found.n; i++)
        call_instead(FORM_NODE(found, i), f);
    if (f != NULL)
        form_function_order(m, g->function, f);
    form_count(m, FORM_FUNCTION_SHARED);
}

/* Callees come first: a function that was made from a part of another one stands before it. */
void form_function_order(form_model *m, const form_function *around, form_function *f)
{
    if (around == NULL)
        return;
    form_remove(&m->functions, f);
    size_t at = 0;
    while (at < m->functions.n && m->functions.items[at] != around)
        at++;
    form_insert(m, &m->functions, at, f);
}
