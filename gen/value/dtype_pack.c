/* Elements in memory and in files. */
#include "value/dtype.h"

size_t dtype_stored(dtype t, size_t n)
{
    unsigned bits = dtype_bits(t);
    return bits >= 8 ? n * (bits / 8) : n / 8 * bits + (n % 8 * bits + 7) / 8;
}

void dtype_pack(dtype t, size_t n, const void *elements, void *bytes)
{
    unsigned bits = dtype_bits(t), per = bits > 0 && bits < 8 ? 8 / bits : 1;
    const uint8_t *from = elements;
    uint8_t *to = bytes;
    if (per == 1) {
        memmove(to, from, dtype_stored(t, n));
        return;
    }
    for (size_t i = 0; i < n; i += per) {
        unsigned byte = 0;
        for (size_t k = 0; k < per && i + k < n; k++)
            byte |= (from[i + k] & ((1u << bits) - 1)) << (k * bits);
        to[i / per] = (uint8_t)byte;
    }
}

void dtype_unpack(dtype t, size_t n, const void *bytes, void *elements)
{
    unsigned bits = dtype_bits(t), per = bits > 0 && bits < 8 ? 8 / bits : 1;
    const uint8_t *from = bytes;
    uint8_t *to = elements;
    if (per == 1) {
        memmove(to, from, dtype_stored(t, n));
        return;
    }
    for (size_t i = n; i-- > 0;) /* backwards, so that an element does not overwrite bytes to be read */
        to[i] = (uint8_t)dtype_whole(t, from[i / per] >> (i % per * bits) & ((1u << bits) - 1));
}

int64_t dtype_whole(dtype t, uint64_t bits)
{
    unsigned unused = 64 - dtype_bits(t);
    return dtype_is_signed(t) ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
}
