/* Random numbers for tests: SplitMix64 (Steele, Lea, Flood, 2014). `splitmix_state` is the seed, and where it stands. */
#ifndef TEST_SPLITMIX_H
#define TEST_SPLITMIX_H

#include <stdint.h>

static uint64_t splitmix_state;

static inline uint64_t splitmix(void)
{
    uint64_t z = (splitmix_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* As csp_search asks for it. */
static inline uint64_t splitmix_draw(void *user, uint64_t bound)
{
    (void)user;
    return splitmix() % bound;
}

#endif
