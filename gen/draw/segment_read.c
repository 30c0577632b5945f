#include "draw/segment_read.h"
#include "base/mix.h"

#include <string.h>

#define SOME_ZERO 4 /* the first variant that ignores all items */

bool segment_enter(segment_reader *r, size_t k, unsigned variant)
{
    static const segment nothing;
    r->at = k < r->list->n ? &r->list->items[k] : variant > 0 ? &nothing : NULL;
    r->variant = variant;
    r->scope = 0;
    r->counts.n = 0;
    if (!r->at)
        return true;
    void *p = r->used;
    bool ok = nn_grow(&p, &r->used_capacity, r->at->n + 1, sizeof *r->used);
    r->used = p;
    if (!ok) {
        r->at = NULL;
        return false;
    }
    memset(r->used, 0, r->at->n * sizeof *r->used);
    return true;
}

void segment_scope(segment_reader *r, unsigned scope)
{
    r->scope = (uint16_t)scope;
}

void segment_reader_free(segment_reader *r)
{
    nn_free(r->used);
    *r = (segment_reader){0};
}

/* How many draws of this label the scope had before this one. */
static uint32_t count(segment_counts *c, uint16_t label, uint16_t scope)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->of[i].label == label && c->of[i].scope == scope)
            return c->of[i].n++;
    if (c->n < SEGMENT_COUNTS) {
        c->of[c->n].label = label;
        c->of[c->n].scope = scope;
        c->of[c->n++].n = 1;
    }
    return 0;
}

static bool take(segment_reader *r, uint16_t label, uint16_t place, uint32_t *value)
{
    if (r->at->n == 0)
        return false;
    const segment_item *v = r->list->values + r->at->first;
    for (size_t i = 0; i < r->at->n; i++)
        if (v[i].label == label && v[i].place == place && !r->used[i]) {
            r->used[i] = true;
            *value = v[i].value;
            return true;
        }
    return false;
}

static uint64_t scaled(uint64_t high, uint64_t low, uint64_t bound)
{
    if (bound != 0 && bound <= (uint64_t)1 << 32)
        return high * bound >> 32;
    const uint64_t all = high << 32 | low;
    return bound == 0 ? all : all % bound;
}

uint64_t segment_draw(segment_reader *r, const char *label, uint64_t bound)
{
    if (!r->at || bound == 1)
        return 0;
    const bool wide = bound == 0 || bound > (uint64_t)1 << 32;
    const uint16_t name = segment_label_of(label), place = (uint16_t)(r->scope + count(&r->counts, name, r->scope));
    const uint64_t key = mix64((uint64_t)name << 16 | place);
    uint32_t high = 0, low = 0;
    bool found = r->variant <= SOME_ZERO && take(r, name, place, &high);
    if (found && wide)
        found = take(r, name, place, &low);
    if (found && r->variant > 0 && (r->variant == SOME_ZERO || mix64(key + r->variant) % 4 == 0))
        return 0;
    if (found)
        return scaled(high, low, bound);
    const uint64_t salt = r->variant > SOME_ZERO ? mix64(r->at->address + ((uint64_t)r->variant << 32)) : r->at->salt;
    if (salt == 0)
        return 0;
    const uint64_t x = mix64(key ^ mix64(salt));
    return scaled(x >> 32, (uint32_t)x, bound);
}

bool segment_find(const segment_reader *r, unsigned label, unsigned place, uint32_t *value)
{
    return segment_all(r, label, place, value, 1) > 0;
}

size_t segment_all(const segment_reader *r, unsigned label, unsigned place, uint32_t *values, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; r->at && i < r->at->n && n < most; i++) {
        const segment_item *v = &r->list->values[r->at->first + i];
        if (v->label == label && v->place == place)
            values[n++] = v->value;
    }
    return n;
}

void segment_note(segment_list *l, segment_counts *counts, unsigned scope, const char *label, uint64_t bound, uint64_t value)
{
    if (bound == 1)
        return;
    const uint16_t name = segment_label_of(label);
    const unsigned place = (scope + count(counts, name, (uint16_t)scope)) & UINT16_MAX;
    if (bound == 0 || bound > (uint64_t)1 << 32) {
        segments_put(l, name, place, (uint32_t)(value >> 32));
        segments_put(l, name, place, (uint32_t)value);
    } else {
        segments_put(l, name, place, (uint32_t)(((value << 32) + bound - 1) / bound));
    }
}
