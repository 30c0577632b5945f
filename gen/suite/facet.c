#include "suite/facet.h"
#include "rules/opmodel_rules.h"

#include <string.h>

#define MOST_CLASSES 32

typedef struct {
    arena *a;
    facet_table *out;
    facet_class classes[MOST_CLASSES];
    size_t n;
} making;

static void add(making *m, const char *name, int64_t value, bool undeclared)
{
    if (m->n < MOST_CLASSES)
        m->classes[m->n++] = (facet_class){name, value, undeclared};
}

/* Ends the facet whose classes were added. false: out of memory. */
static bool finish(making *m, facet f)
{
    size_t declared = 0, n = m->n;
    facet_table *t = m->out;
    for (size_t i = 0; i < n; i++)
        declared += !m->classes[i].undeclared;
    m->n = 0;
    if (declared < 2 && n < 3)
        return !arena_failed(m->a);
    f.classes = arena_alloc(m->a, n * sizeof *f.classes);
    if (f.classes == NULL || arena_failed(m->a))
        return false;
    memcpy(f.classes, m->classes, n * sizeof *f.classes);
    f.n = n;
    f.first = t->n_classes;
    t->n_classes += n;
    t->all[t->n++] = f;
    return true;
}

/* ---- the facets of an operator ---- */

static bool of_type(making *m, const op_model *op, int i)
{
    const dtype_mask float32 = op->type_masks[i] & dtype_bit(DT_FLOAT32);
    if (float32 != 0)
        add(m, dtype_name(DT_FLOAT32), DT_FLOAT32, false);
    for (int t = DT_FLOAT32 + 1; t < DT_COUNT; t++)
        if ((op->type_masks[i] >> t & 1) != 0)
            add(m, dtype_name((dtype)t), t, false);
    return finish(m, (facet){.kind = FACET_TYPE, .index = i, .name = op->type_names[i]});
}

/* The rank of an input is a facet unless the rule of its shape decides it. */
static bool of_input(making *m, const op_model *op, int i, int max_rank)
{
    const op_input *in = &op->inputs[i];
    const rule_input *rule = &op->rules->inputs[i];
    if (in->optional || in->conditional)
        add(m, "absent", FACET_ABSENT, false);
    if (rule->shape != NULL && rule->rank == NULL)
        add(m, "present", FACET_PRESENT, false);
    else
        for (int r = 0; r <= max_rank && r <= NN_MAX_RANK; r++)
            if ((in->ranks >> r & 1) != 0)
                add(m, arena_printf(m->a, "rank %d", r), r, false);
    if (!finish(m, (facet){.kind = FACET_INPUT, .index = i, .name = in->name}))
        return false;
    if ((in->roles & ROLE_DATA) != 0 && in->roles != ROLE_DATA) {
        add(m, "graph input", FORM_INPUT, false);
        add(m, "initializer", FORM_INITIALIZER, false);
    }
    return finish(m, (facet){.kind = FACET_FORM, .index = i, .name = in->name});
}

static bool of_arity(making *m, const op_model *op, int i)
{
    const op_input *in = &op->inputs[i];
    if (in->max_arity > in->min_arity) {
        add(m, arena_printf(m->a, "%d", in->min_arity), in->min_arity, false);
        add(m, arena_printf(m->a, "%d", in->min_arity + 1), in->min_arity + 1, false);
    }
    if (in->max_arity > in->min_arity + 1)
        add(m, "more", in->min_arity + 2, false);
    return finish(m, (facet){.kind = FACET_ARITY, .index = i, .name = in->name});
}

static bool of_output(making *m, const op_model *op, int i)
{
    if (op->outputs[i].optional || op->outputs[i].conditional) {
        add(m, "absent", FACET_ABSENT, false);
        add(m, "present", FACET_PRESENT, false);
    }
    return finish(m, (facet){.kind = FACET_OUTPUT, .index = i, .name = op->outputs[i].name});
}

/* Types that an attribute names are those of a type variable, so that only its presence is a facet. */
static bool of_var(making *m, const op_model *op, const class_subject *s)
{
    const rule_var *v = &op->rules->vars[s->var];
    bool names_type = v->origin == VAR_ATTR && v->attr == ATTR_TYPE_DTYPE;
    bool may_be_absent = v->origin == VAR_ATTR && (v->fallback != NULL || v->when != NULL);
    for (size_t k = 0; k < s->n_classes; k++)
        if (!names_type || (may_be_absent && k == 0))
            add(m, s->classes[k].name, (int64_t)k, s->classes[k].undeclared);
    if (names_type && may_be_absent)
        add(m, "present", 1, false);
    return finish(m, (facet){.kind = FACET_VAR, .index = s->var, .name = v->name, .subject = s});
}

nn_status facets_new(facet_table *out, const op_model *op, const class_operator *classes, int max_rank, arena *a, nn_error *err)
{
    const size_t most = op->n_types + 3 * op->n_inputs + op->n_outputs + classes->n_subjects;
    *out = (facet_table){.op = op, .all = arena_calloc(a, most + 1, sizeof *out->all)};
    making m = {.a = a, .out = out};
    bool good = out->all != NULL;
    for (size_t i = 0; i < op->n_types && good; i++)
        good = of_type(&m, op, (int)i);
    for (size_t i = 0; i < op->n_inputs && good; i++)
        good = of_input(&m, op, (int)i, max_rank) && of_arity(&m, op, (int)i);
    for (size_t i = 0; i < op->n_outputs && good; i++)
        good = of_output(&m, op, (int)i);
    for (size_t i = 0; i < classes->n_subjects && good; i++)
        if (classes->subjects[i].var >= 0)
            good = of_var(&m, op, &classes->subjects[i]);
    return good ? NN_OK : nn_nomem(err);
}

/* ---- the classes of an instance ---- */

static const inst_input *first_slot(const op_instance *x, int input)
{
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].input == input && x->inputs[i].kind != INST_ABSENT)
            return &x->inputs[i];
    return NULL;
}

static int64_t count_slots(const op_instance *x, int input)
{
    int64_t n = 0;
    for (size_t i = 0; i < x->n_inputs; i++)
        n += x->inputs[i].input == input && x->inputs[i].kind != INST_ABSENT;
    return n;
}

static dtype type_in(const op_instance *x, int type_var)
{
    const op_model *op = x->op;
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind != INST_ABSENT && op->inputs[x->inputs[i].input].type_var == type_var)
            return x->inputs[i].desc.type;
    for (size_t i = 0; i < x->n_outputs; i++) { /* a variadic output is the last one */
        size_t o = i < op->n_outputs ? i : op->n_outputs - 1;
        if (x->outputs[i].present && op->outputs[o].type_var == type_var)
            return x->outputs[i].desc.type;
    }
    return DT_NONE;
}

/* As an attribute, which the classes of values are for. */
static attr_value as_attribute(const rule_var *v, const inst_value *x)
{
    attr_value a = {.name = v->name, .kind = ATTR_INT, .i = x->i};
    switch (v->type) {
    case TY_REAL:
        a.kind = ATTR_FLOAT;
        a.f = x->r;
        break;
    case TY_STRING:
        a.kind = ATTR_STRING;
        a.s = x->s;
        break;
    case TY_INTS:
        a.kind = ATTR_INTS;
        a.ints = x->ints;
        a.n = x->n;
        break;
    case TY_REALS:
        a.kind = ATTR_FLOATS;
        a.floats = x->reals;
        a.n = x->n;
        break;
    case TY_STRINGS:
        a.kind = ATTR_STRINGS;
        a.strings = x->strings;
        a.n = x->n;
        break;
    default:
        break;
    }
    return a;
}

static int class_of_var(const facet *f, const op_instance *x)
{
    const rule_var *v = &x->op->rules->vars[f->index];
    const inst_var *have = &x->vars[f->index];
    bool there = v->origin == VAR_ATTR ? have->written : have->known;
    if (!there)
        return v->origin == VAR_ATTR ? (int)class_of_attr(f->subject, NULL) : -1;
    if (v->origin == VAR_ATTR && v->attr == ATTR_TYPE_DTYPE)
        return 1;
    const attr_value a = as_attribute(v, &have->v);
    return (int)class_of_attr(f->subject, &a);
}

static int class_with(const facet *f, int64_t value)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->classes[i].value == value)
            return (int)i;
    return -1;
}

static int class_of(const facet *f, const op_instance *x)
{
    const inst_input *slot =
        f->kind == FACET_TYPE || f->kind == FACET_OUTPUT || f->kind == FACET_VAR ? NULL : first_slot(x, f->index);
    int64_t n;
    int found;
    switch (f->kind) {
    case FACET_TYPE:
        return class_with(f, type_in(x, f->index));
    case FACET_INPUT:
        found = class_with(f, slot == NULL ? FACET_ABSENT : FACET_PRESENT);
        return found < 0 && slot != NULL ? class_with(f, slot->desc.rank) : found;
    case FACET_FORM:
        return slot == NULL ? -1 : class_with(f, slot->kind == INST_INIT ? FORM_INITIALIZER : FORM_INPUT);
    case FACET_ARITY:
        n = count_slots(x, f->index);
        return class_with(f, n <= f->classes[f->n - 1].value ? n : f->classes[f->n - 1].value);
    case FACET_OUTPUT:
        return class_with(f, (size_t)f->index < x->n_outputs && x->outputs[f->index].present ? FACET_PRESENT : FACET_ABSENT);
    default:
        return class_of_var(f, x);
    }
}

void facets_of(const facet_table *t, const op_instance *x, int *classes)
{
    for (size_t i = 0; i < t->n; i++) {
        int k = class_of(&t->all[i], x);
        classes[i] = k < 0 ? -1 : (int)t->all[i].first + k;
    }
}

const facet *facet_with(const facet_table *t, size_t class, const facet_class **c)
{
    size_t i = 0;
    while (i + 1 < t->n && class >= t->all[i + 1].first)
        i++;
    *c = &t->all[i].classes[class - t->all[i].first];
    return &t->all[i];
}

static bool absence_and_form(const facet *f, const facet_class *c, const facet *g)
{
    return f->kind == FACET_INPUT && c->value == FACET_ABSENT && g->kind == FACET_FORM && f->index == g->index;
}

bool facets_exclude(const facet_table *t, size_t class, size_t other)
{
    const facet_class *c, *d;
    const facet *f = facet_with(t, class, &c), *g = facet_with(t, other, &d);
    return absence_and_form(f, c, g) || absence_and_form(g, d, f);
}

const char *facet_text(const facet_table *t, size_t class, arena *a)
{
    const facet_class *c;
    const facet *f = facet_with(t, class, &c);
    switch (f->kind) {
    case FACET_TYPE:
    case FACET_VAR:
        return arena_printf(a, "%s = %s", f->name, c->name);
    case FACET_ARITY:
        return arena_printf(a, "%s: %s tensor%s", f->name, c->name, strcmp(c->name, "1") == 0 ? "" : "s");
    default:
        return arena_printf(a, "%s: %s", f->name, c->name);
    }
}
