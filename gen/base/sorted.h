/* Sorted arrays of integers. n may be 0, also with a NULL array. */
#ifndef NN_SORTED_H
#define NN_SORTED_H

#include "base.h"

void sort64(uint64_t *all, size_t n);
/* Sorts and removes duplicates; returns how many numbers are left. */
size_t sort_unique32(uint32_t *all, size_t n);
/* Inline, so that static analysis sees that it returns 0 for n = 0. */
static inline size_t sort_unique64(uint64_t *all, size_t n)
{
    size_t kept = 0;
    sort64(all, n);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || all[kept - 1] != all[i])
            all[kept++] = all[i];
    return kept;
}
/* The first index whose number is not below x; n if there is none. */
size_t sorted_place(const uint64_t *all, size_t n, uint64_t x);

#endif
