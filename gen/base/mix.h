/* Hash functions with the same result on every machine. */
#ifndef NN_MIX_H
#define NN_MIX_H

#include <stdint.h>

/* The step of a SplitMix64 sequence: 2^64 divided by the golden ratio. */
#define MIX_STEP ((uint64_t)0x9e3779b97f4a7c15u)

/* Finaliser of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. A bijection. */
static inline uint64_t mix64(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

#define FNV_START ((uint64_t)0xcbf29ce484222325u)

/* FNV-1a (Fowler, Noll, Vo), 64 bits: continues from h, which is FNV_START at first. */
static inline uint64_t fnv_text(uint64_t h, const char *s)
{
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

#endif
