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
    return (int)d->n++;
}

int64_t mine_size(const mine_dims *d, int64_t size)
{
    while (d->largest > 0 && size > d->largest)
        size = size / 2 + size % 2;
    return size < 1 ? 1 : size;
}

/* The different sizes of a dim, ascending; at most MINE_DIM_VALUES of them. */
static size_t sizes_of(const mine_dims *d, int dim, int64_t out[MINE_DIM_VALUES])
{
    size_t n = 0;
    for (size_t i = 0; i < d->places; i++) {
        if (d->all[dim].sizes[i] < 0)
            continue;
        int64_t x = mine_size(d, d->all[dim].sizes[i]);
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

bool mine_put_dims(json_line *out, const mine_dims *d)
{
    bool any = false;
    for (size_t k = 0; k < d->n; k++) {
        int64_t sizes[MINE_DIM_VALUES];
        size_t n = sizes_of(d, (int)k, sizes);
        if (is_one(d, (int)k))
            continue;
        line_raw(out, any ? ", " : "{");
        any = true;
        put_name(out, (int)k);
        line_raw(out, n == 0 ? ": 1..8" : ": {");
        for (size_t i = 0; i < n; i++) {
            line_raw(out, i > 0 ? ", " : "");
            line_int(out, sizes[i]);
        }
        line_raw(out, n == 0 ? "" : "}");
    }
    line_raw(out, any ? "}" : "");
    return any;
}
