/* The choice tape: every random decision of the generator is a labelled draw.
 *
 * A tape draws from PCG (seed, stream = model index) or from given bytes, and can be recorded. Zero is always the simplest
 * choice; a tape of bytes yields zeros when the bytes are used up. Labels are static strings. Spans mark draws that belong
 * together (those of an operator or an attempt).
 *
 * Ownership: a tape owns its record. Bytes are borrowed and must outlive the tape. */
#ifndef NN_CHOICE_H
#define NN_CHOICE_H

#include "base.h"
#include "draw/segment_read.h"

typedef struct tape tape;

typedef struct {
    const char *label;
    uint64_t bound, value;
    uint32_t span; /* index of the innermost span the draw was made in, 0: none */
} tape_draw_record;

typedef struct {
    const char *label;
    uint32_t parent;   /* index of the enclosing span, 0: none */
    size_t first, end; /* its draws, including those of inner spans: [first, end) of the record */
    bool kept, open;   /* open: not ended yet; end and kept are not set */
} tape_span_record;

nn_status tape_new_seeded(tape **out, uint64_t seed, uint64_t stream, nn_error *err);
nn_status tape_new_bytes(tape **out, const uint8_t *bytes, size_t n, nn_error *err);
void tape_free(tape *t);
/* Starts again and keeps the memory; a tape of bytes becomes a seeded one. */
void tape_reseed(tape *t, uint64_t seed, uint64_t stream);

/* Draws by address from the segment that the reader is at. Borrowed; NULL: draws as before. tape_reseed ends it. */
void tape_follow(tape *t, segment_reader *reader);

/* Uniform in [0, bound), without bias; bound 0 counts as 1. A tape of bytes reads exactly as many bytes as bound - 1
 * needs, little-endian, and takes them modulo bound. */
uint64_t tape_draw(tape *t, const char *label, uint64_t bound);
int64_t tape_range(tape *t, const char *label, int64_t lo, int64_t hi); /* uniform in [lo, hi]; lo if lo >= hi */
/* True with probability num/den; a draw of 0 is false unless num >= den. */
bool tape_chance(tape *t, const char *label, uint32_t num, uint32_t den);
double tape_real(tape *t, const char *label, double lo, double hi); /* uniform on a grid of 2^32 steps, a draw of 0 is lo */
/* An index by weight. If all weights are 0, the result is 0. */
size_t tape_weighted(tape *t, const char *label, const uint32_t *weights, size_t n);
void tape_shuffle(tape *t, const char *label, uint32_t *items, size_t n); /* Fisher-Yates; draws of zero keep the order */

/* Recording is off by default. Spans nest; tape_span_end says whether the content of the span was kept or taken back. Switching
 * on starts an empty record; after switching off, the record can be read. If memory runs out (tape_failed), the record is
 * incomplete but draws continue. In a record, bound 0 stands for 2^64 (tape_range over all of int64). Spans count from 1: span k
 * is tape_spans()[k - 1]. */
nn_status tape_record(tape *t, bool on);
const tape_draw_record *tape_records(const tape *t, size_t *n);
const tape_span_record *tape_spans(const tape *t, size_t *n);
void tape_span_begin(tape *t, const char *label);
void tape_span_end(tape *t, bool kept);
/* A listener receives every draw and span as it happens, recorded or not. NULL removes it. Borrowed. */
typedef struct {
    void (*draw)(void *data, const char *label, uint64_t bound, uint64_t value); /* bound 0 means 2^64, as in a record */
    void (*begin)(void *data, const char *label);
    void (*end)(void *data, bool kept);
    void *data;
} tape_listener;
void tape_listen(tape *t, const tape_listener *listener);
uint64_t tape_count(const tape *t); /* draws so far */
bool tape_failed(const tape *t);    /* the record ran out of memory */

/* Bulk streams for tensor data: a separate PCG generator, independent of the tape. */
typedef struct {
    uint64_t state, inc; /* PCG-XSH-RR 64/32 */
} bulk_rng;
void bulk_seed(bulk_rng *r, uint64_t seed, uint64_t stream);
uint32_t bulk_next(bulk_rng *r);
void bulk_fill(bulk_rng *r, uint32_t *out, size_t n);

#endif
