#include "mine/mine_dims.h"

#include <string.h>

/* Whether two columns have the same size wherever both are known; at least one place must be. */
static bool agree(const mine_dims *d, const mine_column *c, const int64_t *sizes)
{
    size_t shared = 0;
    for (size_t i = 0; i < d->places; i++) {
        if (c->sizes[i] < 0 || sizes[i] < 0)
            continue;
        if (c->sizes[i] != sizes[i])
            return false;
        shared++;
    }
    return shared > 0;
}

int mine_dim(mine_dims *d, const int64_t sizes[MINE_PLACES], int axis)
{
    bool known = false;
    for (size_t i = 0; i < d->places; i++)
        known |= sizes[i] >= 0;
    for (size_t k = 0; k < d->n; k++)
        if (known ? d->all[k].axis < 0 && agree(d, &d->all[k], sizes) : d->all[k].axis == axis) {
            for (size_t i = 0; i < d->places; i++) /* what one knows, the other learns */
                d->all[k].sizes[i] = d->all[k].sizes[i] < 0 ? sizes[i] : d->all[k].sizes[i];
            return (int)k;
        }
    if (d->n == MINE_DIMS)
        return -1;
    memcpy(d->all[d->n].sizes, sizes, d->places * sizeof *sizes);
    d->all[d->n].axis = known ? -1 : axis;
    d->all[d->n].factors[0] = d->all[d->n].factors[1] = -1;
    return (int)d->n++;
}

static bool is_base(const mine_dims *d, size_t k)
{
    return d->all[k].axis < 0 && d->all[k].factors[0] < 0;
}

/* Whether c is a times b wherever the three are known, and more than either at one of these places. */
static bool is_product(const mine_dims *d, const mine_column *c, const mine_column *a, const mine_column *b)
{
    bool more = false;
    for (size_t i = 0; i < d->places; i++) {
        int64_t x;
        if (c->sizes[i] < 0 || a->sizes[i] < 0 || b->sizes[i] < 0)
            continue;
        if (!nn_mul64(a->sizes[i], b->sizes[i], &x) || x != c->sizes[i])
            return false;
        more |= a->sizes[i] > 1 && b->sizes[i] > 1;
    }
    return more;
}

/* Whether another dim has k as a factor. */
static bool is_factor(const mine_dims *d, size_t k)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->all[i].factors[0] == (int)k || d->all[i].factors[1] == (int)k)
            return true;
    return false;
}

void mine_dims_close(mine_dims *d)
{
    for (size_t k = 0; k < d->n; k++)
        for (size_t a = 0; a < d->n; a++)
            for (size_t b = a; b < d->n; b++)
                if (a != k && b != k && is_base(d, k) && is_base(d, a) && is_base(d, b) && !is_factor(d, k) &&
                    is_product(d, &d->all[k], &d->all[a], &d->all[b])) {
                    d->all[k].factors[0] = (int)a;
                    d->all[k].factors[1] = (int)b;
                }
}

static int64_t halved(const mine_dims *d, int64_t size)
{
    while (d->largest > 0 && size > d->largest)
        size = size / 2 + size % 2;
    return size < 1 ? 1 : size;
}

int64_t mine_dim_size(const mine_dims *d, int dim, size_t place)
{
    const mine_column *c = &d->all[dim];
    int64_t x = c->sizes[place], product;
    if (c->factors[0] < 0 || x < 0)
        return x < 0 ? -1 : halved(d, x);
    int64_t a = d->all[c->factors[0]].sizes[place], b = d->all[c->factors[1]].sizes[place];
    a = a < 0 ? 8 : halved(d, a);
    b = b < 0 ? 8 : halved(d, b);
    return nn_mul64(a, b, &product) ? product : INT64_MAX;
}

/* The different sizes of a dim, ascending; at most MINE_DIM_VALUES of them. */
static size_t sizes_of(const mine_dims *d, int dim, int64_t out[MINE_DIM_VALUES])
{
    size_t n = 0;
    for (size_t i = 0; i < d->places; i++) {
        if (d->all[dim].sizes[i] < 0)
            continue;
        int64_t x = mine_dim_size(d, dim, i);
        size_t at = 0;
        while (at < n && out[at] < x)
            at++;
        if ((at < n && out[at] == x) || n == MINE_DIM_VALUES)
            continue;
        memmove(out + at + 1, out + at, (n - at) * sizeof *out);
        out[at] = x;
        n++;
    }
    return n;
}

static bool is_one(const mine_dims *d, int dim)
{
    int64_t sizes[MINE_DIM_VALUES];
    return sizes_of(d, dim, sizes) == 1 && sizes[0] == 1;
}

static void put_name(json_line *out, int dim)
{
    line_raw(out, "D");
    line_int(out, dim);
}

void mine_put_dim(json_line *out, const mine_dims *d, int dim)
{
    if (is_one(d, dim))
        line_raw(out, "1");
    else
        put_name(out, dim);
}

/* Writes the values of a dim: a set, a range if nothing is known, or a product. */
static void put_values(json_line *out, const mine_dims *d, int dim)
{
    int64_t sizes[MINE_DIM_VALUES];
    size_t n = sizes_of(d, dim, sizes);
    if (d->all[dim].factors[0] >= 0) {
        put_name(out, d->all[dim].factors[0]);
        line_raw(out, " * ");
        put_name(out, d->all[dim].factors[1]);
        return;
    }
    line_raw(out, n == 0 ? "1..8" : "{");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : "");
        line_int(out, sizes[i]);
    }
    line_raw(out, n == 0 ? "" : "}");
}

bool mine_put_dims(json_line *out, const mine_dims *d)
{
    bool any = false;
    for (int pass = 0; pass < 2; pass++) /* products follow their factors */
        for (size_t k = 0; k < d->n; k++) {
            if ((d->all[k].factors[0] >= 0) != (pass == 1) || is_one(d, (int)k))
                continue;
            line_raw(out, any ? ", " : "{");
            any = true;
            put_name(out, (int)k);
            line_raw(out, ": ");
            put_values(out, d, (int)k);
        }
    line_raw(out, any ? "}" : "");
    return any;
}
