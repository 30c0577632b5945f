/* The choice tape. All randomness of the generator passes through tape_draw.
 *
 * A seeded tape uses pcg64 (XSL-RR 128/64) with the tape's stream; the 128-bit initial state is a hash of seed and stream, so
 * that neighbouring seeds and streams are unrelated. Bounded draws use the method of D. Lemire, "Fast Random Integer Generation
 * in an Interval" (2019): a 64-bit word is multiplied by the bound and the high half is the value; words that would cause bias
 * are rejected. A draw takes one word, plus one for each rejection; a draw with bound 1 takes none. The sequence is part of the
 * file format. */
#include "draw/choice.h"
#include "base/mix.h"

#include <string.h>

#include "draw/pcg.h"

struct tape {
    pcg_state rng;
    uint64_t count;
    const uint8_t *bytes; /* NULL: seeded */
    segment_reader *reader;
    size_t length, position;
    bool recording, failed;
    bool noted; /* someone records draws or listens to them */
    const tape_listener *listener;
    uint32_t span; /* innermost open span, 0: none */
    tape_draw_record *draws;
    size_t draw_count, draw_capacity;
    tape_span_record *spans; /* span k is spans[k - 1] */
    size_t span_count, span_capacity;
};

static void seed_rng(tape *t, uint64_t seed, uint64_t stream)
{
    uint64_t hi = mix64(seed + MIX_STEP), lo = mix64(hi ^ mix64(stream + 2 * MIX_STEP));
    pcg_seed(&t->rng, hi, lo, stream);
}

/* Returns the high word of a * b and stores the low word. */
static inline uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 p = (unsigned __int128)a * b;
    *low = (uint64_t)p;
    return (uint64_t)(p >> 64);
#else
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t ll = al * bl, lh = al * bh, hl = ah * bl;
    uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl;
    *low = mid << 32 | (uint32_t)ll;
    return ah * bh + (lh >> 32) + (hl >> 32) + (mid >> 32);
#endif
}

static inline uint64_t bounded(pcg_state *rng, uint64_t bound)
{
    uint64_t low, high = multiply(pcg_next(rng), bound, &low);
    if (__builtin_expect(low < bound, 0)) {
        uint64_t threshold = -bound % bound; /* 2^64 mod bound */
        while (low < threshold)
            high = multiply(pcg_next(rng), bound, &low);
    }
    return high;
}

/* Reads as many bytes as `largest` needs, little-endian; bytes past the end are 0. */
static uint64_t read_bytes(tape *t, uint64_t largest)
{
    uint64_t value = 0;
    for (unsigned shift = 0; largest >> shift; shift += 8) {
        if (t->position < t->length)
            value |= (uint64_t)t->bytes[t->position++] << shift;
        if (shift == 56)
            break;
    }
    return value;
}

static nn_status new_tape(tape **out, nn_error *err)
{
    *out = nn_calloc(1, sizeof **out);
    return *out ? NN_OK : nn_nomem(err);
}

nn_status tape_new_seeded(tape **out, uint64_t seed, uint64_t stream, nn_error *err)
{
    nn_status status = new_tape(out, err);
    if (status == NN_OK)
        seed_rng(*out, seed, stream);
    return status;
}

nn_status tape_new_bytes(tape **out, const uint8_t *bytes, size_t n, nn_error *err)
{
    static const uint8_t none[1];
    nn_status status = new_tape(out, err);
    if (status == NN_OK) {
        (*out)->bytes = n ? bytes : none;
        (*out)->length = n;
    }
    return status;
}

void tape_free(tape *t)
{
    if (!t)
        return;
    nn_free(t->draws);
    nn_free(t->spans);
    nn_free(t);
}

void tape_follow(tape *t, segment_reader *reader)
{
    t->reader = reader;
}

static void clear_record(tape *t)
{
    t->draw_count = t->span_count = 0;
    t->span = 0;
    t->failed = false;
}

void tape_reseed(tape *t, uint64_t seed, uint64_t stream)
{
    seed_rng(t, seed, stream);
    t->bytes = NULL;
    t->reader = NULL;
    t->length = t->position = 0;
    t->count = 0;
    clear_record(t);
}

static __attribute__((noinline)) void note_draw(tape *t, const char *label, uint64_t bound, uint64_t value)
{
    if (t->listener)
        t->listener->draw(t->listener->data, label, bound, value);
    if (!t->recording || t->failed)
        return;
    if (!nn_grow((void **)&t->draws, &t->draw_capacity, t->draw_count + 1, sizeof *t->draws)) {
        t->failed = true;
        return;
    }
    t->draws[t->draw_count++] = (tape_draw_record){label, bound, value, t->span};
}

uint64_t tape_draw(tape *t, const char *label, uint64_t bound)
{
    uint64_t value = 0;
    if (bound > 1)
        value = t->reader  ? segment_draw(t->reader, label, bound)
                : t->bytes ? read_bytes(t, bound - 1) % bound
                           : bounded(&t->rng, bound);
    t->count++;
    if (__builtin_expect(t->noted, 0))
        note_draw(t, label, bound ? bound : 1, value);
    return value;
}

int64_t tape_range(tape *t, const char *label, int64_t lo, int64_t hi)
{
    uint64_t width = hi > lo ? (uint64_t)hi - (uint64_t)lo : 0, value;
    if (width < UINT64_MAX) {
        value = tape_draw(t, label, width + 1);
    } else { /* all of int64: the bound 2^64 does not fit, so the record has 0 for it */
        value = t->reader ? segment_draw(t->reader, label, 0) : t->bytes ? read_bytes(t, width) : pcg_next(&t->rng);
        t->count++;
        if (t->noted)
            note_draw(t, label, 0, value);
    }
    uint64_t bits = (uint64_t)lo + value;
    int64_t result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

bool tape_chance(tape *t, const char *label, uint32_t num, uint32_t den)
{
    uint64_t value = tape_draw(t, label, den);
    return value + num >= den;
}

double tape_real(tape *t, const char *label, double lo, double hi)
{
    double u = (double)tape_draw(t, label, (uint64_t)1 << 32) * 0x1p-32;
    if (!(lo < hi))
        return lo;
    double width = hi - lo;
    double x = width <= 0x1p1022 ? lo + width * u : lo * (1 - u) + hi * u;
    return x < hi ? x : hi;
}

size_t tape_weighted(tape *t, const char *label, const uint32_t *weights, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    uint64_t value = tape_draw(t, label, sum);
    if (sum == 0)
        return 0;
    size_t i = 0;
    while (value >= weights[i])
        value -= weights[i++];
    return i;
}

void tape_shuffle(tape *t, const char *label, uint32_t *items, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t j = i + (size_t)tape_draw(t, label, n - i);
        uint32_t item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}

nn_status tape_record(tape *t, bool on)
{
    if (on)
        clear_record(t);
    t->span = 0;
    t->recording = on;
    t->noted = on || t->listener;
    return NN_OK;
}

void tape_listen(tape *t, const tape_listener *listener)
{
    t->listener = listener;
    t->noted = t->recording || listener;
}

const tape_draw_record *tape_records(const tape *t, size_t *n)
{
    *n = t->draw_count;
    return t->draws;
}

const tape_span_record *tape_spans(const tape *t, size_t *n)
{
    *n = t->span_count;
    return t->spans;
}

void tape_span_begin(tape *t, const char *label)
{
    if (t->listener)
        t->listener->begin(t->listener->data, label);
    if (!t->recording || t->failed)
        return;
    if (t->span_count >= UINT32_MAX || !nn_grow((void **)&t->spans, &t->span_capacity, t->span_count + 1, sizeof *t->spans)) {
        t->failed = true;
        return;
    }
    t->spans[t->span_count++] = (tape_span_record){.label = label, .parent = t->span, .first = t->draw_count, .open = true};
    t->span = (uint32_t)t->span_count;
}

void tape_span_end(tape *t, bool kept)
{
    if (t->listener)
        t->listener->end(t->listener->data, kept);
    if (!t->recording || t->failed || t->span == 0)
        return;
    tape_span_record *s = &t->spans[t->span - 1];
    s->end = t->draw_count;
    s->kept = kept;
    s->open = false;
    t->span = s->parent;
}

uint64_t tape_count(const tape *t)
{
    return t->count;
}

bool tape_failed(const tape *t)
{
    return t->failed;
}
