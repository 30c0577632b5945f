#include "suite/attempt.h"
#include "rules/opmodel_rules.h"

#include <string.h>

nn_status attempter_open(attempter *a, const facet_table *facets, lower *l, tape *t, nn_error *err)
{
    *a = (attempter){.facets = facets, .l = l, .t = t};
    arena_init(&a->memory, 0);
    a->bank = arena_calloc(&a->memory, (facets->n_classes + 1) * BANK_VALUES, sizeof *a->bank);
    a->n_bank = arena_calloc(&a->memory, facets->n_classes + 1, sizeof *a->n_bank);
    return a->bank != NULL && a->n_bank != NULL ? NN_OK : nn_nomem(err);
}

void attempter_close(attempter *a)
{
    arena_free(&a->memory);
}

/* ---- requests ---- */

typedef struct {
    lower_request r;
    dtype types[OP_MAX_TYPES];
    inst_pin pins[OP_MAX_VARS];
    int64_t input[OP_MAX_INPUTS]; /* presence or rank that is wished for; ANY: none */
    int form[OP_MAX_INPUTS];      /* FORM_*, ANY */
    int arity[OP_MAX_INPUTS];     /* ANY */
} wishes;

enum { ANY = -3 };

/* A value that makes the class; false: none is known. */
static bool value_of_class(attempter *a, const facet *f, size_t class, inst_value *v)
{
    if (a->n_bank[class] > 0) {
        *v = a->bank[class * BANK_VALUES + tape_draw(a->t, "value", a->n_bank[class])];
        return true;
    }
    attr_value x;
    const rule_var *var = &a->facets->op->rules->vars[f->index];
    if (var->origin == VAR_ATTR && var->attr == ATTR_TYPE_DTYPE) /* a type variable decides */
        return false;
    if (!class_example(f->subject, (size_t)f->classes[class - f->first].value, var->type == TY_REAL, &x))
        return false;
    *v = (inst_value){.i = x.i, .r = x.f, .s = x.s};
    return true;
}

static void wish_for(attempter *a, wishes *w, size_t class)
{
    const facet_class *c;
    const facet *f = facet_with(a->facets, class, &c);
    switch (f->kind) {
    case FACET_TYPE:
        w->types[f->index] = (dtype)c->value;
        return;
    case FACET_INPUT:
        w->input[f->index] = c->value;
        return;
    case FACET_FORM:
        w->form[f->index] = (int)c->value;
        return;
    case FACET_ARITY:
        w->arity[f->index] = (int)c->value;
        return;
    case FACET_VAR:
        w->pins[w->r.n_pins].var = f->index;
        w->r.n_pins += w->r.n_pins < OP_MAX_VARS && value_of_class(a, f, class, &w->pins[w->r.n_pins].v);
        return;
    default: /* the presence of outputs is drawn by the lowering */
        return;
    }
}

/* An input that may be data is a graph input unless it is wished or drawn to be an initializer. */
static slot_kind kind_of(attempter *a, const wishes *w, size_t i)
{
    const op_input *in = &a->facets->op->inputs[i];
    const bool free = in->optional || in->conditional;
    if (w->input[i] == FACET_ABSENT)
        return SLOT_ABSENT;
    if (free && w->input[i] == ANY && w->form[i] == ANY && (in->conditional || tape_draw(a->t, "present", 2) == 0))
        return SLOT_AUTO;
    if ((in->roles & ROLE_DATA) == 0)
        return free ? SLOT_INIT : SLOT_AUTO;
    bool init = in->roles != ROLE_DATA && (w->form[i] != ANY  ? w->form[i] == FORM_INITIALIZER
                                           : w->input[i] >= 0 ? false /* the rank of an initializer cannot be requested */
                                                              : tape_draw(a->t, "form", 2) != 0);
    return init ? SLOT_INIT : SLOT_OPEN;
}

static int arity_of(attempter *a, const wishes *w, size_t i, size_t slot)
{
    const op_input *in = &a->facets->op->inputs[i];
    int most = in->max_arity, least = in->min_arity;
    if (most > least + 4)
        most = least + 4;
    if (w->arity[i] == least + 2) /* or more */
        least += 2;
    else if (w->arity[i] != ANY)
        least = most = w->arity[i];
    if (slot + (size_t)most > OP_MAX_SLOTS)
        most = least;
    return (int)tape_range(a->t, "arity", least, most);
}

/* In some tries each input has smaller values than the one before, so that the difference of unsigned numbers has a value. */
static const interval descending[] = {{80, 120}, {40, 80}, {0, 40}};

static void fill_slots(attempter *a, wishes *w)
{
    const op_model *op = a->facets->op;
    size_t slot = 0, last = sizeof descending / sizeof descending[0] - 1;
    const bool descend = op->n_inputs > 1 && tape_draw(a->t, "descending", 8) == 7;
    for (size_t i = 0; i < op->n_inputs; i++) {
        w->r.arity[i] = arity_of(a, w, i, slot);
        slot_kind kind = kind_of(a, w, i);
        for (int k = 0; k < w->r.arity[i] && slot < OP_MAX_SLOTS; k++, slot++) {
            int rank = kind == SLOT_OPEN && k == 0 && w->input[i] >= 0 ? (int)w->input[i] : -1;
            w->r.slots[slot] =
                (lower_slot){.kind = kind, .rank = rank, .range = descend ? &descending[slot < last ? slot : last] : NULL};
        }
    }
}

/* Types that are not wished for are drawn, all with the same chance. */
static void fill_types(attempter *a, wishes *w)
{
    const op_model *op = a->facets->op;
    for (size_t i = 0; i < op->n_types && i < OP_MAX_TYPES; i++) {
        dtype all[DT_COUNT];
        size_t n = 0;
        for (int t = 1; t < DT_COUNT; t++)
            if ((op->type_masks[i] >> t & 1) != 0)
                all[n++] = (dtype)t;
        if (w->types[i] == DT_NONE && n > 0)
            w->types[i] = all[tape_draw(a->t, "type", n)];
    }
}

/* ---- values that instances had ---- */

static bool copy_value(arena *a, ex_type type, const inst_value *v, inst_value *out)
{
    *out = *v;
    size_t size = type == TY_INTS ? sizeof *v->ints : type == TY_REALS ? sizeof *v->reals : sizeof(char *);
    if (type == TY_STRING)
        return (out->s = arena_strdup(a, v->s)) != NULL;
    if (type != TY_INTS && type != TY_REALS && type != TY_STRINGS)
        return true;
    void *p = arena_alloc(a, v->n * size);
    const void *from = type == TY_INTS ? (const void *)v->ints : type == TY_REALS ? (const void *)v->reals : v->strings;
    if (p == NULL)
        return false;
    if (v->n > 0)
        memcpy(p, from, v->n * size);
    out->ints = p;
    out->reals = p;
    const char **strings = p;
    for (size_t i = 0; i < v->n && type == TY_STRINGS; i++)
        if ((strings[i] = arena_strdup(a, v->strings[i])) == NULL)
            return false;
    out->strings = p;
    return true;
}

/* Whether an instance shows a value that others may be asked to have. */
static bool keeps(const rule_var *v, const inst_var *x)
{
    return x->known && (v->origin != VAR_ATTR || (x->written && v->attr != ATTR_TYPE_DTYPE));
}

/* Keeps the values of the instance that are the first of their classes. */
static bool learn(attempter *a, const wishes *w, const op_instance *x)
{
    int classes[OP_MAX_VARS + 4 * OP_MAX_INPUTS + OP_MAX_OUTPUTS];
    if (a->facets->n > sizeof classes / sizeof classes[0])
        return true;
    facets_of(a->facets, x, classes);
    for (size_t i = 0; i < a->facets->n; i++) {
        const facet *f = &a->facets->all[i];
        const int k = classes[i];
        bool wished = false;
        for (size_t p = 0; p < w->r.n_pins; p++)
            wished |= w->pins[p].var == f->index;
        if (f->kind != FACET_VAR || k < 0 || wished || a->n_bank[k] == BANK_VALUES ||
            !keeps(&x->op->rules->vars[f->index], &x->vars[f->index]))
            continue;
        inst_value *to = &a->bank[(size_t)k * BANK_VALUES + a->n_bank[k]];
        if (!copy_value(&a->memory, x->op->rules->vars[f->index].type, &x->vars[f->index].v, to))
            return false;
        a->n_bank[k]++;
    }
    return true;
}

lower_result attempt(attempter *a, const size_t *wished, size_t n, bool relaxed, op_instance *out)
{
    wishes w;
    int number;
    op_instance all[LOWER_MAX_FRAMES];
    memset(&w, 0, sizeof w);
    for (size_t i = 0; i < OP_MAX_INPUTS; i++)
        w.input[i] = w.form[i] = w.arity[i] = ANY;
    w.r = (lower_request){.op = a->facets->op, .types = w.types, .pins = w.pins, .any_input = true, .relaxed = relaxed};
    for (size_t i = 0; i < n; i++)
        wish_for(a, &w, wished[i]);
    fill_types(a, &w);
    fill_slots(a, &w);
    lower_begin(a->l, a->t);
    lower_result res = lower_add(a->l, &w.r, &number);
    if (res == LOWER_OK)
        res = lower_close(a->l, all);
    if (res != LOWER_OK)
        return res;
    *out = all[0];
    return learn(a, &w, out) ? LOWER_OK : LOWER_NOMEM;
}
