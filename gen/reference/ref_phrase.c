#include "reference/ref_phrase.h"
#include "reference/ref_run.h"

#include <string.h>

struct ref_phrases {
    const ref_table *table;
    ref_program *program;
    const ref_expr **all;
};

nn_status ref_phrases_new(ref_phrases **out, const ref_table *t, int op, const spec_node *definitions,
                          const spec_node *const *texts, size_t n, arena *a, nn_error *err)
{
    ref_phrases *p = arena_calloc(a, 1, sizeof *p);
    *out = p;
    if (p == NULL || (p->all = arena_calloc(a, n + 1, sizeof(const ref_expr *))) == NULL)
        return nn_nomem(err);
    p->table = t;
    return ref_compile_phrases(&p->program, p->all, t->ops, &t->ops->ops[op], definitions, texts, n, a, err);
}

static bool is_small(double e, double v)
{
    return e <= 0 || (e <= __builtin_fabs(v) * 0x1p-40 && v - v == 0);
}

/* The run may hold tensors in another form than the node. */
static const ref_tensor *of_node(const ref_run *run, const ref_node *node, const ref_tensor *t)
{
    for (size_t i = 0; i < node->n_inputs; i++)
        if (run->own.inputs[i] == t)
            return node->inputs[i];
    return t;
}

typedef struct {
    const ref_run *run;
    const ref_node *node;
    arena *a;
    nn_error *err;
} conversion;

static nn_status convert(phrase_value *to, const ref_value *from, const conversion *c)
{
    phrase_value *items;
    *to = (phrase_value){.certain = true};
    switch (from->kind) {
    case REF_INT:
        to->kind = PHRASE_INT;
        to->i = from->w[0];
        return NN_OK;
    case REF_WHOLE:
        to->kind = PHRASE_INT;
        to->certain = from->e[0] <= 0;
        to->i = ref_to_int(from->v[0]);
        return NN_OK;
    case REF_REAL:
        to->kind = PHRASE_REAL;
        to->certain = is_small(from->e[0], from->v[0]);
        to->r = from->v[0];
        return NN_OK;
    case REF_TEXT:
        to->kind = PHRASE_TEXT;
        to->s = from->s;
        return NN_OK;
    case REF_TENSOR:
        to->kind = PHRASE_TENSOR;
        to->tensor = from->t != NULL ? of_node(c->run, c->node, from->t) : NULL;
        return NN_OK;
    case REF_TENSORS:
        to->kind = PHRASE_TENSORS;
        to->tensors = c->node->inputs + (from->tensors - c->run->own.inputs);
        to->n = from->n;
        return NN_OK;
    default:
        break;
    }
    nn_status s = NN_OK;
    items = arena_calloc(c->a, from->n + 1, sizeof *items);
    if (items == NULL)
        return nn_nomem(c->err);
    for (size_t i = 0; s == NN_OK && i < from->n; i++) {
        s = convert(&items[i], &from->items[i], c);
        to->certain = to->certain && items[i].certain;
    }
    to->kind = PHRASE_LIST;
    to->items = items;
    to->n = from->n;
    return s;
}

nn_status ref_phrase_eval(const ref_phrases *p, size_t i, const ref_node *node, arena *a, phrase_value *out, nn_error *err)
{
    ref_run run;
    ref_frame frame = {.n = 1};
    ref_scope scope;
    nn_status s = ref_begin(&run, p->table, p->program, node, a, err);
    if (s != NN_OK)
        return s;
    memset(&scope, 0, sizeof scope);
    run.unit = ref_unit_of(DT_DOUBLE); /* attributes are not rounded as elements are */
    run.frame = &frame;
    run.scope = &scope;
    run.r.n = 1;
    ref_value v = ref_for_all(ref_eval(&run, p->all[i]));
    if (run.status == NN_OK && run.r.exhausted)
        run.status = nn_nomem(err);
    const conversion c = {.run = &run, .node = node, .a = a, .err = err};
    return run.status != NN_OK ? run.status : convert(out, &v, &c);
}
