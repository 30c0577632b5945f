/* What gives way for a relaxed request. */
#include "rules/opmodel_rules.h"

#define COMFORT_LARGE 10.0
#define COMFORT_SMALL 0.1
#define COMFORT_FACTOR 1e6
#define LARGEST_END 1e15 /* its square is a finite float32 */

static bool uses_estimates(const expr *e)
{
    if (!e)
        return false;
    if (e->kind == EX_CALL && (e->op == FN_LIKELY || e->op == FN_LIVE || e->op == FN_TIES || e->op == FN_WEAK))
        return true;
    bool uses = uses_estimates(e->a) || uses_estimates(e->b) || uses_estimates(e->c);
    for (size_t i = 0; i < e->n && !uses; i++)
        uses = uses_estimates(e->args[i]);
    return uses;
}

static bool uses_width(const expr *e)
{
    if (!e)
        return false;
    if (e->kind == EX_CALL && e->op == FN_WIDTH)
        return true;
    return e->kind == EX_BINARY && (uses_width(e->a) || uses_width(e->b));
}

/* mag(x) <= NUMBER, or width(..) in a comparison; also as one of two conditions with `or`. */
static bool compares_size(const expr *e)
{
    if (e->kind == EX_BINARY && e->op == OP_OR)
        return compares_size(e->a) || compares_size(e->b);
    if (e->kind == EX_BINARY && e->op >= OP_EQ && e->op <= OP_GE && (uses_width(e->a) || uses_width(e->b)))
        return true;
    const expr *a = e->kind == EX_BINARY && e->op >= OP_EQ && e->op <= OP_GE ? e->a : NULL;
    return a && a->kind == EX_CALL && a->op == FN_MAG && (e->b->kind == EX_REAL || e->b->kind == EX_INT || e->b->kind == EX_COERCE);
}

bool rule_keeps_interest(const expr *e)
{
    return uses_estimates(e) || compares_size(e);
}

/* An end of a domain, moved away from the values that it allows. outward: 1 upward, -1 downward. */
static double moved_end(double x, double outward)
{
    double size = x < 0 ? -x : x;
    bool away = x * outward > 0; /* outward is away from zero */
    if (size >= COMFORT_LARGE && away && size < LARGEST_END)
        return size * COMFORT_FACTOR < LARGEST_END ? x * COMFORT_FACTOR : x < 0 ? -LARGEST_END : LARGEST_END;
    if (size <= COMFORT_SMALL && !away)
        return x / COMFORT_FACTOR;
    return x;
}

interval rule_relaxed_domain(interval domain)
{
    return (interval){moved_end(domain.lo, -1), moved_end(domain.hi, 1)};
}
