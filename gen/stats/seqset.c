#include "stats/seqset.h"
#include "value/dmath.h"
#include "base/mix.h"
#include "base/sorted.h"

#define MOST_BITS ((uint64_t)1 << 23)
#define SLOTS 65536 /* a power of two, > SEQSET_MOST */
#define PRECISION 16
#define REGISTERS ((size_t)1 << PRECISION)

static size_t words(const seqset *s)
{
    return (size_t)(s->possible / 64 + 1);
}

nn_status seqset_init(seqset *s, size_t n_ops, size_t length, nn_error *err)
{
    *s = (seqset){.n_ops = n_ops, .length = length, .possible = 1};
    for (size_t i = 0; i < length; i++)
        s->possible = n_ops > 0 && s->possible > UINT64_MAX / n_ops ? UINT64_MAX : s->possible * n_ops;
    if (s->possible <= MOST_BITS) {
        s->bits = nn_calloc(words(s), sizeof *s->bits);
        return s->bits != NULL ? NN_OK : nn_nomem(err);
    }
    s->keys = nn_calloc(SLOTS, sizeof *s->keys);
    s->registers = nn_calloc(REGISTERS, 1);
    if (s->keys != NULL && s->registers != NULL)
        return NN_OK;
    seqset_free(s);
    return nn_nomem(err);
}

void seqset_free(seqset *s)
{
    nn_free(s->bits);
    nn_free(s->keys);
    nn_free(s->registers);
    *s = (seqset){0};
}

static uint64_t key_of(const seqset *s, const uint16_t *ops)
{
    uint64_t key = 0;
    for (size_t i = 0; i < s->length; i++)
        key = key * s->n_ops + ops[i];
    return key;
}

static size_t place_of(const seqset *s, uint64_t key)
{
    size_t at = (size_t)mix64(key + MIX_STEP) & (SLOTS - 1);
    while (s->keys[at] != 0 && s->keys[at] != key + 1)
        at = (at + 1) & (SLOTS - 1);
    return at;
}

static void add_key(seqset *s, uint64_t key)
{
    uint64_t h = mix64(key + MIX_STEP);
    size_t r = (size_t)(h & (REGISTERS - 1));
    uint64_t rest = h >> PRECISION | (uint64_t)1 << (64 - PRECISION);
    uint8_t rank = 1;
    for (; (rest & 1) == 0; rest >>= 1)
        rank++;
    if (rank > s->registers[r])
        s->registers[r] = rank;
    if (s->full)
        return;
    size_t at = place_of(s, key);
    if (s->keys[at] != 0)
        return;
    if (s->n == SEQSET_MOST) {
        s->full = true;
        return;
    }
    s->keys[at] = key + 1;
    s->n++;
}

void seqset_add(seqset *s, const uint16_t *ops)
{
    uint64_t key = key_of(s, ops);
    if (s->bits != NULL)
        s->bits[key / 64] |= (uint64_t)1 << key % 64;
    else
        add_key(s, key);
}

bool seqset_has(const seqset *s, const uint16_t *ops)
{
    uint64_t key = key_of(s, ops);
    return s->bits != NULL ? s->bits[key / 64] >> key % 64 & 1 : s->keys[place_of(s, key)] != 0;
}

void seqset_merge(seqset *into, const seqset *from)
{
    for (size_t i = 0; into->bits != NULL && i < words(into); i++)
        into->bits[i] |= from->bits[i];
    if (into->bits != NULL)
        return;
    into->full |= from->full;
    for (size_t i = 0; i < SLOTS && !from->full; i++)
        if (from->keys[i] != 0)
            add_key(into, from->keys[i] - 1);
    for (size_t i = 0; i < REGISTERS; i++)
        if (from->registers[i] > into->registers[i])
            into->registers[i] = from->registers[i];
}

/* The estimate is used only if the number of distinct sequences is well above the number of registers or slightly below it. In
 * the second case, the empty registers give the number (linear counting). */
static uint64_t estimate_count(const seqset *s)
{
    double sum = 0, m = (double)REGISTERS;
    size_t empty = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        sum += 1 / (double)((uint64_t)1 << s->registers[i]);
        empty += s->registers[i] == 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && empty > 0) {
        estimate = m * dm_log(m / (double)empty);
    }
    return (uint64_t)(estimate + 0.5);
}

uint64_t seqset_count(const seqset *s, bool *exact)
{
    uint64_t n = 0;
    *exact = !s->full;
    if (s->full)
        return estimate_count(s);
    if (s->bits == NULL)
        return s->n;
    for (size_t i = 0; i < words(s); i++)
        n += (uint64_t)__builtin_popcountll(s->bits[i]);
    return n;
}

/* ---- text: 'b', 'k' or 'r', then 64-bit hexadecimal numbers ---- */

static char *put_word(char *at, uint64_t x)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[x >> shift & 15];
    return at;
}

static uint64_t register_word(const seqset *s, size_t i)
{
    uint64_t x = 0;
    for (size_t k = 0; k < 8; k++)
        x |= (uint64_t)s->registers[8 * i + k] << 8 * k;
    return x;
}

/* Writes the keys sorted, because their places in the table depend on the order in which they were added. */
static char *put_keys(const seqset *s, char *at)
{
    uint64_t *keys = nn_malloc((s->n + 1) * sizeof *keys);
    size_t n = 0;
    if (keys == NULL)
        return NULL;
    for (size_t i = 0; i < SLOTS; i++)
        if (s->keys[i] != 0)
            keys[n++] = s->keys[i] - 1;
    sort64(keys, n);
    for (size_t i = 0; i < n; i++)
        at = put_word(at, keys[i]);
    nn_free(keys);
    return at;
}

char *seqset_text(const seqset *s)
{
    size_t n = s->bits != NULL ? words(s) : s->full ? REGISTERS / 8 : s->n;
    char *text = nn_malloc(16 * n + 2), *at = text;
    if (text == NULL)
        return NULL;
    *at++ = s->bits != NULL ? 'b' : s->full ? 'r' : 'k';
    for (size_t i = 0; s->bits != NULL && i < n; i++)
        at = put_word(at, s->bits[i]);
    if (s->bits == NULL && !s->full && (at = put_keys(s, at)) == NULL) {
        nn_free(text);
        return NULL;
    }
    for (size_t i = 0; s->bits == NULL && s->full && i < n; i++)
        at = put_word(at, register_word(s, i));
    *at = '\0';
    return text;
}

static bool get_word(const char **at, uint64_t *x)
{
    *x = 0;
    for (int i = 0; i < 16; i++, ++*at) {
        char c = **at;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        *x = *x << 4 | (uint64_t)digit;
    }
    return true;
}

bool seqset_add_text(seqset *s, const char *text)
{
    const char *at = text + 1;
    char kind = text[0];
    if (kind != 'b' && kind != 'k' && kind != 'r')
        return false;
    if ((kind == 'b') != (s->bits != NULL))
        return false;
    s->full |= kind == 'r';
    size_t i = 0, most = kind == 'b' ? words(s) : kind == 'r' ? REGISTERS / 8 : SEQSET_MOST;
    for (uint64_t x; *at != '\0'; i++) {
        if (i == most || !get_word(&at, &x))
            return false;
        if (kind == 'b') {
            s->bits[i] |= x;
        } else if (kind == 'k') {
            if (x >= s->possible)
                return false;
            add_key(s, x);
        } else {
            for (size_t k = 0; k < 8; k++) {
                uint8_t r = (uint8_t)(x >> 8 * k);
                if (r > 64 - PRECISION + 1)
                    return false;
                s->registers[8 * i + k] = r > s->registers[8 * i + k] ? r : s->registers[8 * i + k];
            }
        }
    }
    return kind == 'k' || i == most;
}
