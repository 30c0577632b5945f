/* Bulk random words: PCG XSH-RR 64/32 (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms
 * for Random Number Generation", 2014), the same sequence as the library's pcg32(seed, stream).
 *
 * bulk_fill runs LANES copies of the generator, each one step after the other, and advances each by LANES steps at a time with
 * the constants of the jumped-ahead LCG. The multiplications then do not wait for each other, and the sequence is that of
 * bulk_next. */
#include "draw/choice.h"

enum { LANES = 8 };
static const uint64_t MULTIPLIER = 6364136223846793005u;

static inline uint32_t output(uint64_t state)
{
    uint32_t x = (uint32_t)(((state >> 18) ^ state) >> 27);
    unsigned rot = (unsigned)(state >> 59);
    return x >> rot | x << (-rot & 31);
}

void bulk_seed(bulk_rng *r, uint64_t seed, uint64_t stream)
{
    r->inc = stream << 1 | 1;
    r->state = (seed + r->inc) * MULTIPLIER + r->inc;
}

uint32_t bulk_next(bulk_rng *r)
{
    uint64_t state = r->state;
    r->state = state * MULTIPLIER + r->inc;
    return output(state);
}

void bulk_fill(bulk_rng *r, uint32_t *out, size_t n)
{
    size_t i = 0;
    if (n >= 2 * LANES) {
        uint64_t lane[LANES], state = r->state, multiplier = 1, increment = 0;
        for (int k = 0; k < LANES; k++) {
            lane[k] = state;
            state = state * MULTIPLIER + r->inc;
            multiplier *= MULTIPLIER;
            increment = increment * MULTIPLIER + r->inc;
        }
        for (; n - i >= LANES; i += LANES)
            for (int k = 0; k < LANES; k++) {
                out[i + (size_t)k] = output(lane[k]);
                lane[k] = lane[k] * multiplier + increment;
            }
        r->state = lane[0];
    }
    for (; i < n; i++)
        out[i] = bulk_next(r);
}
