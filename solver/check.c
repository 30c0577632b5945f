/* The independent checker: evaluates the posted constraints on the values of a solution. It shares no code with the propagators
 * and reads only a constraint's kind, its arguments as they were given, and the variables' values. */
#include "internal.h"

typedef struct {
    const csp *s;
    const prop_t *p;
} view;

static __int128 val(view c, csp_var x)
{
    return c.s->var[x].lo;
}
static __int128 arg(view c, uint32_t i)
{
    return val(c, c.s->pool[c.p->args + i]);
}

/* sum - k as high * 2^32 + low with 0 <= low < 2^32: terms reach 2^125, so 128 bits would not hold many. */
static int sign_of_linear(view c)
{
    __int128 high = 0, low = 0;
    for (uint32_t i = 0; i <= c.p->n; i++) {
        __int128 term = i < c.p->n ? c.s->data[c.p->data + i] * arg(c, i) : -(__int128)c.p->k;
        __int128 part = term & 0xffffffff;
        high += (term - part) >> 32;
        low += part;
    }
    __int128 carry = low & 0xffffffff;
    high += (low - carry) >> 32;
    return high > 0 ? 1 : high < 0 ? -1 : carry > 0;
}

static bool relation(view c)
{
    int sign = sign_of_linear(c);
    return c.p->rel == CSP_EQ ? sign == 0 : c.p->rel == CSP_NE ? sign != 0 : sign <= 0;
}

/* Factors of at least 2 in magnitude are at most 2^62: a partial product beyond 2^63 stays beyond z unless a factor is 0. */
static bool product(view c)
{
    __int128 r = 1;
    bool zero = false, far = false;
    for (uint32_t i = 0; i < c.p->n; i++) {
        zero = zero || arg(c, i) == 0;
        if (!far)
            r *= arg(c, i);
        far = far || r > INT64_MAX || r < INT64_MIN;
    }
    return zero ? val(c, c.p->v[0]) == 0 : !far && val(c, c.p->v[0]) == r;
}

/* q = floor(x / y) exactly when the remainder x - q * y lies in [0, y) or (y, 0]. */
static bool is_floor(__int128 q, __int128 x, __int128 y)
{
    __int128 r = x - q * y;
    return y > 0 ? r >= 0 && r < y : y < 0 && r <= 0 && r > y;
}

static bool is_mod(__int128 r, __int128 x, __int128 y)
{
    if (y == 0 || (x - r) % y != 0)
        return false;
    return y > 0 ? r >= 0 && r < y : r <= 0 && r > y;
}

static bool extreme(view c, bool max)
{
    bool met = false;
    __int128 z = val(c, c.p->v[0]);
    for (uint32_t i = 0; i < c.p->n; i++) {
        met = met || arg(c, i) == z;
        if (max ? arg(c, i) > z : arg(c, i) < z)
            return false;
    }
    return met;
}

static bool row_found(view c)
{
    for (uint32_t r = 0; r < c.p->n2; r++) {
        bool same = true;
        for (uint32_t i = 0; i < c.p->n; i++)
            same = same && c.s->data[c.p->data + (size_t)r * c.p->n + i] == arg(c, i);
        if (same)
            return true;
    }
    return false;
}

static bool boolean(__int128 v)
{
    return v == 0 || v == 1;
}

static bool connective(view c, bool is_or)
{
    __int128 b = val(c, c.p->v[0]);
    uint32_t ones = 0;
    for (uint32_t i = 0; i < c.p->n; i++) {
        if (!boolean(arg(c, i)))
            return false;
        ones += arg(c, i) == 1;
    }
    return boolean(b) && (b == 1) == (is_or ? ones > 0 : ones == c.p->n);
}

static bool broadcast(__int128 z, __int128 x, __int128 y)
{
    return x >= 1 && y >= 1 && (x == y || x == 1 || y == 1) && z == (x > y ? x : y);
}

static bool spread(__int128 z, __int128 x, __int128 y)
{
    return x >= 0 && y >= 0 && (x == 1 ? z == y : y == 1 || x == y ? z == x : false);
}

/* The i-th of a constraint's own variables: z, x, y or b, as posted. */
static __int128 own(view c, int i)
{
    return val(c, c.p->v[i]);
}

static bool element(view c)
{
    __int128 index = own(c, 1);
    return index >= 0 && index < c.p->n && arg(c, (uint32_t)index) == own(c, 0);
}

static bool holds(view c)
{
    switch ((prop_kind)c.p->kind) {
    case PROP_LINEAR:
        return relation(c);
    case PROP_REIFY:
        return boolean(own(c, 0)) && (own(c, 0) == 1) == relation(c);
    case PROP_PRODUCT:
        return product(c);
    case PROP_DIV:
        return is_floor(own(c, 0), own(c, 1), own(c, 2));
    case PROP_CEILDIV:
        return is_floor(-own(c, 0), -own(c, 1), own(c, 2));
    case PROP_MOD:
        return is_mod(own(c, 0), own(c, 1), own(c, 2));
    case PROP_MIN:
        return extreme(c, false);
    case PROP_MAX:
        return extreme(c, true);
    case PROP_ABS:
        return own(c, 0) == (own(c, 1) < 0 ? -own(c, 1) : own(c, 1));
    case PROP_EQ:
        return own(c, 0) == own(c, 1);
    case PROP_NE:
        return own(c, 0) != own(c, 1);
    case PROP_ELEMENT:
        return element(c);
    case PROP_TABLE:
        return row_found(c);
    case PROP_BROADCAST:
        return broadcast(own(c, 0), own(c, 1), own(c, 2));
    case PROP_SPREAD:
        return spread(own(c, 0), own(c, 1), own(c, 2));
    case PROP_OR:
        return connective(c, true);
    case PROP_AND:
        return connective(c, false);
    }
    return false;
}

bool csp_check(const csp *s, size_t *which)
{
    for (uint32_t i = 0; i < s->n_prop; i++)
        if (!holds((view){s, &s->prop[i]})) {
            if (which)
                *which = i;
            return false;
        }
    return true;
}
