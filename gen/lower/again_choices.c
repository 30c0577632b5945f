#include "lower/again_choices.h"
#include "rules/opmodel_rules.h"

#include <string.h>

/* ---- which choices ---- */

/* Whether the numbers that a domain draws may be sizes. */
static bool draws_sizes(const expr *e)
{
    if (e->type != TY_DOMAIN)
        return false;
    if (e->kind == EX_IF)
        return draws_sizes(e->b) || draws_sizes(e->c);
    if (e->kind == EX_CALL && (e->op == FN_FACTORS || e->op == FN_PARTS))
        return true;
    return e->kind == EX_RANGE || (e->kind == EX_CALL && e->op == FN_LIST && e->args[1]->kind == EX_RANGE);
}

/* Whether a domain draws the factors of a product, in some case. */
static bool draws_factors(const expr *e)
{
    return e->kind == EX_IF ? draws_factors(e->b) || draws_factors(e->c) : e->kind == EX_CALL && e->op == FN_FACTORS;
}

static const rule_var *var_of(const again_choices *c, size_t pin)
{
    return &c->of->was->op->rules->vars[c->was[pin].var];
}

/* The numbers of a choice that may be sizes; 0: there are none. */
static size_t numbers_of(const again_choices *c, size_t pin)
{
    const rule_var *v = var_of(c, pin);
    return v->origin != VAR_CHOOSE || !draws_sizes(v->domain) ? 0
           : v->type == TY_INT                                ? 1
           : v->type == TY_INTS                               ? c->was[pin].v.n
                                                              : 0;
}

static int64_t number_at(const again_choices *c, size_t pin, size_t k)
{
    return var_of(c, pin)->type == TY_INT ? c->was[pin].v.i : c->was[pin].v.ints[k];
}

static const tensor_desc *before(const again_choices *c, size_t slot)
{
    return &c->of->was->inputs[slot].desc;
}

/* The size that a dimension has now which was x; x if there is none. */
static int64_t replaced(const again_choices *c, int64_t x)
{
    for (size_t s = 0; s < c->of->was->n_inputs; s++)
        for (int k = 0; c->changes[s] && k < before(c, s)->rank; k++)
            if (before(c, s)->dims[k] == x)
                return c->of->inputs[s].dims[k];
    return x;
}

void again_choices_begin(again_choices *c, const again_request *of, const inst_pin *was, size_t n)
{
    bool any = false;
    *c = (again_choices){.of = of, .was = was, .n = n};
    for (size_t s = 0; s < of->was->n_inputs; s++) {
        const inst_kind kind = of->was->inputs[s].kind;
        c->changes[s] = kind != INST_ABSENT && !tensor_dims_equal(before(c, s), &of->inputs[s]);
    }
    for (size_t p = 0; p < n; p++) {
        const size_t numbers = numbers_of(c, p);
        const expr *domain = var_of(c, p)->domain;
        for (size_t k = 0; k < numbers; k++)
            any |= replaced(c, number_at(c, p, k)) != number_at(c, p, k);
        if (numbers > 0 && draws_factors(domain) && c->n_products < AGAIN_LISTS)
            c->products[c->n_products++] = p;
        else if (c->changes[0] && var_of(c, p)->type == TY_INTS && numbers == (size_t)before(c, 0)->rank &&
                 c->n_shifts < AGAIN_LISTS)
            c->shifts[c->n_shifts++] = p;
    }
    c->count = any + c->n_shifts * (c->n_shifts + 1) / 2;
    c->at = !any;
    c->count += !any;
    for (size_t i = 0; i < c->n_products && c->changes[0]; i++)
        c->count += 2 * numbers_of(c, c->products[i]);
}

/* ---- one proposal ---- */

/* What is done to the choices; SIZE_MAX: to none. */
typedef struct {
    size_t shift[2]; /* pins that are shifted rather than replaced */
    size_t product;  /* the pin that is multiplied */
    size_t factor;   /* its number that changes */
    bool as_it_was;  /* its other numbers are not replaced */
} proposal;

static proposal decode(const again_choices *c, size_t at)
{
    proposal p = {.shift = {SIZE_MAX, SIZE_MAX}, .product = SIZE_MAX};
    if (at == 0)
        return p;
    at--;
    for (size_t a = 0; a < c->n_shifts; a++)
        for (size_t b = a; b < c->n_shifts; b++)
            if (at-- == 0) {
                p.shift[0] = c->shifts[a];
                p.shift[1] = c->shifts[b];
                return p;
            }
    for (size_t i = 0; i < c->n_products; i++) {
        const size_t n = numbers_of(c, c->products[i]);
        if (at < 2 * n) {
            p.product = c->products[i];
            p.factor = at % n;
            p.as_it_was = at >= n;
            return p;
        }
        at -= 2 * n;
    }
    return p;
}

/* Sets one factor so that the product changes as the number of elements of the first input. false: it cannot be whole. */
static bool balance(const again_choices *c, int64_t *x, size_t n, const proposal *p)
{
    int64_t product = 1, others = 1, want;
    for (size_t k = 0; k < n; k++) {
        product *= number_at(c, p->product, k);
        others *= k == p->factor ? 1 : x[k];
    }
    const int64_t was = tensor_elements(before(c, 0)), now = tensor_elements(&c->of->inputs[0]);
    if (!nn_mul64(product, now, &want) || others == 0 || was == 0 || want % was != 0 || want / was % others != 0)
        return false;
    x[p->factor] = want / was / others;
    return true;
}

/* Changes a choice. false: it has no value in this proposal. */
static bool change(const again_choices *c, const proposal *p, size_t pin, size_t n, int64_t *x)
{
    const bool shifted = pin == p->shift[0] || pin == p->shift[1];
    const bool kept = pin == p->product && p->as_it_was;
    for (size_t k = 0; k < n; k++) {
        const int64_t was = number_at(c, pin, k);
        x[k] = shifted ? was + c->of->inputs[0].dims[k] - before(c, 0)->dims[k] : kept ? was : replaced(c, was);
    }
    return pin != p->product || balance(c, x, n, p);
}

bool again_choices_next(again_choices *c, arena *mem, inst_pin *pins, bool *nomem)
{
    for (; c->at < c->count; c->at++) {
        const proposal p = decode(c, c->at);
        bool fits = true;
        memcpy(pins, c->was, c->n * sizeof *pins);
        for (size_t i = 0; i < c->n && fits; i++) {
            const size_t n = numbers_of(c, i);
            int64_t *x = n > 0 ? arena_alloc(mem, n * sizeof *x) : NULL;
            if (n == 0)
                continue;
            *nomem = x == NULL;
            if (x == NULL)
                return false;
            fits = change(c, &p, i, n, x);
            if (var_of(c, i)->type == TY_INT)
                pins[i].v.i = x[0];
            else
                pins[i].v.ints = x;
        }
        if (fits) {
            c->at++;
            return true;
        }
    }
    return false;
}
