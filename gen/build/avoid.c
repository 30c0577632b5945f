#include "build/avoid.h"

avoid_set *avoid_new(arena *a, size_t n_ops)
{
    avoid_set *s = arena_calloc(a, 1, sizeof *s);
    if (!s)
        return NULL;
    s->ops = arena_calloc(a, n_ops + 1, sizeof *s->ops);
    s->inner = arena_calloc(a, n_ops + 1, sizeof *s->inner);
    return s->ops && s->inner ? s : NULL;
}

static void set_bit(avoid_mask *m, size_t i)
{
    m->word[i / 64] |= (uint64_t)1 << i % 64;
}

bool avoid_add(avoid_set *s, const uint16_t *ops, size_t n)
{
    if (n > AVOID_MOST - s->n)
        return false;
    set_bit(&s->start, s->n);
    for (size_t i = 0; i < n; i++) {
        set_bit(&s->ops[ops[i]], s->n + i);
        s->inner[ops[i]] |= i + 1 < n;
    }
    s->n += n;
    set_bit(&s->end, s->n - 1);
    return true;
}

void avoid_pass(avoid_mask *m, const avoid_mask *producer)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < AVOID_WORDS; i++) {
        m->word[i] |= producer->word[i] << 1 | carry;
        carry = producer->word[i] >> 63;
    }
}

bool avoid_enter(const avoid_set *s, avoid_mask *m, uint16_t op)
{
    uint64_t complete = 0;
    for (size_t i = 0; i < AVOID_WORDS; i++) {
        m->word[i] = (m->word[i] | s->start.word[i]) & s->ops[op].word[i];
        complete |= m->word[i] & s->end.word[i];
    }
    return complete == 0;
}
