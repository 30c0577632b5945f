#include "draw/segments.h"
#include "base/mix.h"

#include <string.h>

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v & 0xffff), v >> 16);
}

void segments_clear(segment_list *l)
{
    l->n = l->n_values = 0;
    l->failed = false;
}

void segments_free(segment_list *l)
{
    nn_free(l->items);
    nn_free(l->values);
    *l = (segment_list){0};
}

void segments_open(segment_list *l, segment_kind kind, uint32_t address)
{
    void *p = l->items;
    bool ok = !l->failed && nn_grow(&p, &l->capacity, l->n + 1, sizeof *l->items);
    l->items = p;
    l->failed = !ok;
    if (ok)
        l->items[l->n++] = (segment){.kind = (uint8_t)kind, .address = address, .first = l->n_values};
}

void segments_put(segment_list *l, unsigned label, unsigned place, uint32_t value)
{
    void *p = l->values;
    bool ok = !l->failed && l->n > 0 && nn_grow(&p, &l->values_capacity, l->n_values + 1, sizeof *l->values);
    l->values = p;
    l->failed = !ok;
    if (!ok)
        return;
    l->values[l->n_values++] = (segment_item){(uint16_t)label, (uint16_t)place, value};
    l->items[l->n - 1].n++;
}

void segments_copy(segment_list *l, const segment_list *from, size_t at)
{
    const segment s = from->items[at];
    segments_open(l, (segment_kind)s.kind, s.address);
    if (l->failed)
        return;
    l->items[l->n - 1].flags = s.flags;
    l->items[l->n - 1].salt = s.salt;
    for (size_t i = 0; i < s.n; i++)
        segments_put(l, from->values[s.first + i].label, from->values[s.first + i].place, from->values[s.first + i].value);
}

/* Bytes that are no segments: each four are the salt of a step. */
static void read_plain(segment_list *l, const uint8_t *bytes, size_t size, size_t most)
{
    for (size_t at = 0, k = 0; at < size && k < most && !l->failed; at += 4, k++) {
        uint8_t part[4] = {0};
        memcpy(part, bytes + at, size - at < 4 ? size - at : 4);
        segments_open(l, SEGMENT_STEP, (uint32_t)mix64(k + MIX_STEP));
        if (!l->failed)
            l->items[l->n - 1].salt = get32(part);
    }
}

bool segments_read(segment_list *l, const uint8_t *bytes, size_t size, size_t most)
{
    segments_clear(l);
    if (size < SEGMENT_MAGIC_SIZE || memcmp(bytes, SEGMENT_MAGIC, SEGMENT_MAGIC_SIZE) != 0) {
        read_plain(l, bytes, size, most);
        return !l->failed;
    }
    for (size_t at = SEGMENT_MAGIC_SIZE; size - at >= SEGMENT_HEADER_SIZE && l->n < most && !l->failed;) {
        const uint8_t *p = bytes + at;
        at += SEGMENT_HEADER_SIZE;
        size_t n = get32(p + 4), room = (size - at) / SEGMENT_UNIT;
        n = n < room ? n : room;
        segments_open(l, (segment_kind)(p[0] % SEGMENT_KINDS), get32(p + 8));
        if (l->failed)
            break;
        l->items[l->n - 1].flags = p[1];
        l->items[l->n - 1].salt = get32(p + 12);
        for (size_t i = 0; i < n; i++, at += SEGMENT_UNIT)
            segments_put(l, get16(bytes + at), get16(bytes + at + 2), get32(bytes + at + 4));
    }
    return !l->failed;
}

size_t segments_size(const segment_list *l)
{
    return SEGMENT_MAGIC_SIZE + l->n * SEGMENT_HEADER_SIZE + l->n_values * SEGMENT_UNIT;
}

void segments_write(const segment_list *l, uint8_t *out)
{
    memcpy(out, SEGMENT_MAGIC, SEGMENT_MAGIC_SIZE);
    out += SEGMENT_MAGIC_SIZE;
    for (size_t k = 0; k < l->n; k++) {
        const segment *s = &l->items[k];
        *out++ = s->kind;
        *out++ = s->flags;
        out = put16(out, 0);
        out = put32(out, (uint32_t)s->n);
        out = put32(out, s->address);
        out = put32(out, s->salt);
        for (size_t i = 0; i < s->n; i++) {
            const segment_item *v = &l->values[s->first + i];
            out = put16(out, v->label);
            out = put16(out, v->place);
            out = put32(out, v->value);
        }
    }
}

uint64_t segments_hash(const segment_list *l, uint64_t start, segment_label but)
{
    uint64_t h = start;
    for (size_t k = 0; k < l->n; k++) {
        const segment *s = &l->items[k];
        h = mix64(h ^ ((uint64_t)s->address << 32 | s->salt));
        h = mix64(h ^ ((uint64_t)s->kind << 8 | s->flags));
        for (size_t i = s->first; i < s->first + s->n; i++) {
            const segment_item *v = &l->values[i];
            if (v->label != but)
                h = mix64(h ^ ((uint64_t)v->label << 48 | (uint64_t)v->place << 32 | v->value)) + MIX_STEP;
        }
    }
    return h;
}

uint16_t segment_label_of(const char *name)
{
    uint64_t h = mix64(fnv_text(FNV_START, name));
    return (uint16_t)(SEGMENT_LABELS + h % (UINT16_MAX + 1 - SEGMENT_LABELS));
}

uint32_t segment_hash(const char *name)
{
    return (uint32_t)mix64(fnv_text(FNV_START, name));
}
