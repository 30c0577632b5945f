#include "stats/distinct.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BUFFER 2048 /* records */
#define SLOTS 32768 /* a power of two */
#define FILL 16384  /* distinct structures expected in a pass */

typedef struct {
    uint64_t a, b, index;
} record;

struct distinct {
    record buffer[BUFFER];
    record slots[SLOTS]; /* index: the model's index plus one; 0: empty */
    size_t n_buffer, used;
    uint64_t spilled; /* records in the file */
    FILE *file;       /* NULL: not yet opened */
};

static nn_status io(nn_error *err)
{
    return nn_fail(err, NN_ERR_IO, "a temporary file", 0, 0, "%s", strerror(errno));
}

nn_status distinct_new(distinct **out, nn_error *err)
{
    *out = nn_malloc(sizeof **out);
    if (*out == NULL)
        return nn_nomem(err);
    memset(*out, 0, sizeof **out); /* touch all pages now, so that memory is the same for any number of models */
    return NN_OK;
}

void distinct_free(distinct *d)
{
    if (d != NULL && d->file != NULL)
        (void)fclose(d->file);
    nn_free(d);
}

static nn_status spill(distinct *d, nn_error *err)
{
    if (d->file == NULL && (d->file = tmpfile()) == NULL)
        return io(err);
    if (fseeko(d->file, (off_t)(d->spilled * sizeof *d->buffer), SEEK_SET) != 0 ||
        fwrite(d->buffer, sizeof *d->buffer, d->n_buffer, d->file) != d->n_buffer)
        return io(err);
    d->spilled += d->n_buffer;
    d->n_buffer = 0;
    return NN_OK;
}

static uint64_t big_endian(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x = x << 8 | p[i];
    return x;
}

nn_status distinct_add(distinct *d, const uint8_t structure[STRUCTURE_SIZE], uint64_t index, nn_error *err)
{
    if (d->n_buffer == BUFFER) {
        nn_status s = spill(d, err);
        if (s != NN_OK)
            return s;
    }
    d->buffer[d->n_buffer++] = (record){big_endian(structure), big_endian(structure + 8), index};
    return NN_OK;
}

static void list_pair(distinct_result *r, uint64_t model, uint64_t first)
{
    size_t i = r->n_pairs;
    if (i == DISTINCT_LISTED && r->pairs[i - 1].model < model)
        return;
    if (i < DISTINCT_LISTED)
        r->n_pairs++;
    else
        i--;
    for (; i > 0 && r->pairs[i - 1].model > model; i--)
        r->pairs[i] = r->pairs[i - 1];
    r->pairs[i] = (distinct_pair){model, first};
}

/* false: the table has no room for the record. */
static bool look_up(distinct *d, const record *x, distinct_result *r)
{
    for (size_t i = x->b % SLOTS;; i = (i + 1) % SLOTS) {
        record *s = &d->slots[i];
        if (s->index == 0) {
            if (++d->used > SLOTS - SLOTS / 8)
                return false;
            *s = (record){x->a, x->b, x->index + 1};
            r->distinct++;
            return true;
        }
        if (s->a == x->a && s->b == x->b) {
            list_pair(r, x->index, s->index - 1);
            return true;
        }
    }
}

/* Looks up the records whose structure lies in the k-th of n equal parts of all values. */
static nn_status pass(distinct *d, uint64_t k, uint64_t n, distinct_result *r, bool *room, nn_error *err)
{
    memset(d->slots, 0, sizeof d->slots);
    d->used = 0;
    record chunk[64];
    if (d->file != NULL && fseek(d->file, 0, SEEK_SET) != 0)
        return io(err);
    for (uint64_t done = 0; done < d->spilled + d->n_buffer;) {
        const record *at = d->buffer;
        size_t got = d->n_buffer;
        if (done < d->spilled) {
            at = chunk;
            got = d->spilled - done < 64 ? (size_t)(d->spilled - done) : 64;
            if (fread(chunk, sizeof *chunk, got, d->file) != got)
                return io(err);
        }
        for (size_t i = 0; i < got; i++)
            if ((uint64_t)((unsigned __int128)at[i].a * n >> 64) == k && !look_up(d, &at[i], r)) {
                *room = false;
                return NN_OK;
            }
        done += got;
    }
    return NN_OK;
}

nn_status distinct_count(distinct *d, distinct_result *out, nn_error *err)
{
    uint64_t all = d->spilled + d->n_buffer;
    bool room = false;
    for (uint64_t passes = all / FILL + 1; !room; passes *= 2) {
        *out = (distinct_result){.models = all};
        room = true;
        for (uint64_t k = 0; k < passes && room; k++) {
            nn_status s = pass(d, k, passes, out, &room, err);
            if (s != NN_OK)
                return s;
        }
    }
    return NN_OK;
}
