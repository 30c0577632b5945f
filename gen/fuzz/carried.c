#include "fuzz/carried.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char key[] = "nngen.tape_bytes";
enum { KEY = sizeof key - 1, LENGTH = 5 }; /* a length is written as a varint of five bytes */

/* The tags of protobuf: ModelProto.metadata_props; key and value of an entry. */
enum { TAG_PROPERTY = 14 << 3 | 2, TAG_KEY = 1 << 3 | 2, TAG_VALUE = 2 << 3 | 2 };

static size_t text_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

size_t carried_size(size_t model, size_t tape_size)
{
    return model + 1 + LENGTH + 1 + 1 + KEY + 1 + LENGTH + text_size(tape_size);
}

static uint8_t *put_length(uint8_t *p, size_t n)
{
    for (int i = 0; i < LENGTH; i++, n >>= 7)
        *p++ = (uint8_t)((n & 127) | (i + 1 < LENGTH ? 128 : 0));
    return p;
}

void carried_write(const uint8_t *model, size_t n, const uint8_t *tape_bytes, size_t tape_size, uint8_t *out)
{
    const size_t text = text_size(tape_size);
    memcpy(out, model, n);
    uint8_t *p = out + n;
    *p++ = TAG_PROPERTY;
    p = put_length(p, 2 + KEY + 1 + LENGTH + text);
    *p++ = TAG_KEY;
    *p++ = KEY;
    memcpy(p, key, KEY);
    p += KEY;
    *p++ = TAG_VALUE;
    p = put_length(p, text);
    for (size_t i = 0; i < tape_size; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < tape_size ? tape_bytes[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            *p++ = i + k > tape_size ? '=' : (uint8_t)digits[v >> (18 - 6 * k) & 63];
    }
}

/* Where the text of the last property begins; 0: there is none. */
static size_t find_text(const uint8_t *bytes, size_t size)
{
    for (size_t at = size; at > KEY; at--)
        if (bytes[at - 1] == TAG_VALUE && memcmp(bytes + at - 1 - KEY, key, KEY) == 0)
            return at + LENGTH <= size ? at + LENGTH : 0;
    return 0;
}

static int digit(uint8_t c)
{
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

size_t carried_tape(const uint8_t *bytes, size_t size, uint8_t *out)
{
    const size_t from = find_text(bytes, size);
    size_t n = 0;
    if (from == 0) {
        memmove(out, bytes, size);
        return size;
    }
    uint32_t v = 0;
    unsigned bits = 0;
    for (size_t i = from; i < size && digit(bytes[i]) >= 0; i++) {
        v = v << 6 | (uint32_t)digit(bytes[i]);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (uint8_t)(v >> bits);
        }
    }
    return n;
}
