/* C view of the PCG library (pcg_random.hpp): the 64-bit generator behind the choice tape. Only choice.c includes this, and the
 * test that compares bulk.c with the library.
 *
 * The state is a plain value: copy it to fork a generator. */
#ifndef NN_PCG_H
#define NN_PCG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint64_t word[4]; /* the bytes of a pcg64 (XSL-RR 128/64 with a stream) */
} pcg_state;

/* pcg64(state, stream), where state = state_hi * 2^64 + state_lo. */
void pcg_seed(pcg_state *p, uint64_t state_hi, uint64_t state_lo, uint64_t stream);
uint64_t pcg_next(pcg_state *p);

/* The first n outputs of the library's pcg32(seed, stream), which bulk.c must reproduce. */
void pcg_reference32(uint64_t seed, uint64_t stream, uint32_t *out, size_t n);

#ifdef __cplusplus
}
#endif

#endif
