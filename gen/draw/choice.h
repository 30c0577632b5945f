/* The choice tape: every random decision of the generator is a labelled draw.
 *
 * A tape is fed by PCG (seed, stream = model index) or by bytes, and can be recorded. Zero is always the simplest choice;
 * an exhausted byte tape yields zeros. Labels are static strings. Spans mark what belongs together (an operator, an attempt).
 *
 * Ownership: a tape owns its record; byte input is borrowed and must outlive the tape. */
#ifndef NN_CHOICE_H
#define NN_CHOICE_H

#include "base.h"

typedef struct tape tape;

typedef struct {
    const char *label;
    uint64_t bound, value;
    uint32_t span; /* index of the innermost span the draw was made in, 0: none */
} tape_draw_record;

typedef struct {
    const char *label;
    uint32_t parent;   /* index of the enclosing span, 0: none */
    size_t first, end; /* the draws made in it, those of inner spans included: [first, end) of the record */
    bool kept, open;   /* open: not ended yet, end and kept are not set */
} tape_span_record;

nn_status tape_new_seeded(tape **out, uint64_t seed, uint64_t stream, nn_error *err);
nn_status tape_new_bytes(tape **out, const uint8_t *bytes, size_t n, nn_error *err);
void tape_free(tape *t);
void tape_reseed(tape *t, uint64_t seed, uint64_t stream); /* start again, keeps memory; a tape of bytes becomes a seeded one */

/* Uniform in [0, bound); bound 0 counts as 1. Unbiased. From bytes: reads just as many bytes (little end first) as bound - 1 needs,
 * modulo bound. */
uint64_t tape_draw(tape *t, const char *label, uint64_t bound);
int64_t tape_range(tape *t, const char *label, int64_t lo, int64_t hi); /* uniform in [lo, hi]; lo if lo >= hi */
bool tape_chance(tape *t, const char *label, uint32_t num,
                 uint32_t den); /* true with probability num/den; a draw of 0 is false unless num >= den */
double tape_real(tape *t, const char *label, double lo, double hi); /* uniform on a grid of 2^32 steps, a draw of 0 is lo */
size_t tape_weighted(tape *t, const char *label, const uint32_t *weights, size_t n); /* index by weight; sum > 0; 0 if all are 0 */
void tape_shuffle(tape *t, const char *label, uint32_t *items, size_t n); /* Fisher-Yates; zeros leave the order as it is */

/* Recording (off by default). Spans nest; tape_span_end says whether what the span holds was kept or taken back.
 * Switching on starts an empty record; switching off keeps it to be read. After tape_failed the record is incomplete, draws go on.
 * In a record, bound 0 stands for 2^64 (tape_range over all of int64). Spans count from 1: span k is tape_spans()[k - 1]. */
nn_status tape_record(tape *t, bool on);
const tape_draw_record *tape_records(const tape *t, size_t *n);
const tape_span_record *tape_spans(const tape *t, size_t *n);
void tape_span_begin(tape *t, const char *label);
void tape_span_end(tape *t, bool kept);
/* A listener hears every draw and span as it comes, whether they are recorded or not. NULL: nobody listens. Borrowed. */
typedef struct {
    void (*draw)(void *data, const char *label, uint64_t bound, uint64_t value); /* bound 0 as in a record */
    void (*begin)(void *data, const char *label);
    void (*end)(void *data, bool kept);
    void *data;
} tape_listener;
void tape_listen(tape *t, const tape_listener *listener);
uint64_t tape_count(const tape *t); /* draws so far */
bool tape_failed(const tape *t);    /* the record ran out of memory */

/* Bulk streams for tensor data: a PCG generator of its own, independent of the tape. */
typedef struct {
    uint64_t state, inc; /* PCG-XSH-RR 64/32 */
} bulk_rng;
void bulk_seed(bulk_rng *r, uint64_t seed, uint64_t stream);
uint32_t bulk_next(bulk_rng *r);
void bulk_fill(bulk_rng *r, uint32_t *out, size_t n);

#endif
