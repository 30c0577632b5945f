/* Random numbers for tests: SplitMix64 (Steele, Lea, Flood, 2014). `splitmix_state` is the seed, and where it stands. */
#ifndef TEST_SPLITMIX_H
#define TEST_SPLITMIX_H

#include "base/mix.h"

static uint64_t splitmix_state;

static inline uint64_t splitmix(void)
{
    return mix64(splitmix_state += MIX_STEP);
}

/* As csp_search asks for it. */
static inline uint64_t splitmix_draw(void *user, uint64_t bound)
{
    (void)user;
    return splitmix() % bound;
}

#endif
