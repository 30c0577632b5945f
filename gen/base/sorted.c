#include "base/sorted.h"

#include <stdlib.h>

static int by_number32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int by_number64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void sort64(uint64_t *all, size_t n)
{
    if (n > 0)
        qsort(all, n, sizeof *all, by_number64);
}

size_t sort_unique32(uint32_t *all, size_t n)
{
    size_t kept = 0;
    if (n > 0)
        qsort(all, n, sizeof *all, by_number32);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || all[kept - 1] != all[i])
            all[kept++] = all[i];
    return kept;
}

size_t sorted_place(const uint64_t *all, size_t n, uint64_t x)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (all[middle] < x)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}
