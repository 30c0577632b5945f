#include "lower/given.h"
#include "lower/eval.h"

/* The k-th of n numbers of a list, where a single number stands for all. */
static double number_at(const content *c, int64_t k)
{
    return c->list[c->n_list == 1 ? 0 : (size_t)k];
}

static bool same_lists(const content *want, const content *have, int64_t n)
{
    if (have->kind != CONTENT_LIST || (n > 0 && (want->n_list == 0 || have->n_list == 0)))
        return false;
    for (int64_t k = 0; k < n; k++)
        if (number_at(want, k) != number_at(have, k))
            return false;
    return true;
}

/* An index from the end is the same as one from the start. */
static double from_start(const content *want, double x)
{
    return want->negative && x < 0 ? x + want->hi + 1 : x;
}

/* Whether the numbers of a list are pairwise different. */
static bool all_differ(const content *want, const content *have, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < i; k++)
            if (from_start(want, number_at(have, i)) == from_start(want, number_at(have, k)))
                return false;
    return true;
}

/* Whether both are tuples of indices into the same dims. */
static bool same_tuples(const content *want, const content *have)
{
    bool same = want->n_list == have->n_list && want->negative == have->negative;
    for (size_t k = 0; same && k < want->n_list; k++)
        same = want->list[k] == have->list[k];
    return same;
}

/* Whether a generator may draw the content. Contents whose elements depend on their places are only compared where few numbers
 * state them: in a list without equal numbers, and among tuples only a single one. */
static bool may_draw(lower *l, const frame_slot *s, const content *want, interval range)
{
    enum { MOST = 256 };
    const content *have = s->given;
    const int64_t n = tensor_elements(&s->desc);
    lower_spend(l, n <= MOST ? (size_t)(n * n) : 0);
    if (!iv_inside(s->desc.range, range))
        return false;
    switch (want->kind) {
    case CONTENT_PERMUTED:
        if (have->kind == CONTENT_PERMUTED)
            return have->axis == want->axis && have->count == want->count && have->negative == want->negative;
        /* fall through */
    case CONTENT_DISTINCT:
        if (have->kind == CONTENT_DISTINCT)
            return true;
        return n <= 1 || (n <= MOST && have->kind == CONTENT_LIST && all_differ(want, have, n));
    case CONTENT_TUPLES:
        if (have->kind == CONTENT_TUPLES)
            return same_tuples(want, have);
        for (size_t k = 0; k < want->n_list && (size_t)n == want->n_list && have->kind == CONTENT_LIST; k++)
            if (number_at(have, (int64_t)k) >= want->list[k] || number_at(have, (int64_t)k) < 0)
                return false;
        return (size_t)n == want->n_list && have->kind == CONTENT_LIST;
    default:
        return true;
    }
}

void given_check(lower *l, const frame_slot *s)
{
    const rule_input *rule = &l->f->rules->inputs[s->input];
    if (!rule->values || l->f->op->inputs[s->input].roles & ROLE_DATA) /* then `domain` states what is allowed */
        return;
    if (rule_keeps_interest(rule->values)) /* computed from estimates: values that are of use, not those that are allowed */
        return;
    content want = {0};
    interval range = s->desc.range;
    lower_rule(l, AT_VALUES, (size_t)s->input, rule->values);
    eval_content(l, rule->values, &s->desc, &want, &range);
    if (l->state != LOWER_OK)
        return;
    bool fits = want.kind == CONTENT_LIST ? same_lists(&want, s->given, tensor_elements(&s->desc)) : may_draw(l, s, &want, range);
    if (!fits)
        lower_fail(l, WHY_GIVEN);
}
