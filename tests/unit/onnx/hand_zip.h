/* Archives made by hand, so that unsound ones can be made: every number of a member can be a lie. */
#ifndef TEST_HAND_ZIP_H
#define TEST_HAND_ZIP_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { ZIP_ROOM = 20000, ZIP_MEMBERS = 8 };

typedef struct {
    const char *name;
    const void *data;
    size_t n;
    bool deflated, large, wrong_crc; /* large: sizes and place in the 64-bit field */
    unsigned method, flags;          /* method: other than stored and deflated */
    uint64_t claimed;                /* its unpacked size, if not 0 */
    const void *same_as;             /* shares the bytes of this member */
} zip_member;

typedef struct {
    uint8_t bytes[ZIP_ROOM];
    size_t n;
} zip_file;

static inline void zip_put(zip_file *z, uint64_t x, int n)
{
    for (int i = 0; i < n; i++)
        z->bytes[z->n++] = (uint8_t)(i < 8 ? x >> 8 * i : 0);
}

static inline void zip_bytes(zip_file *z, const void *p, size_t n)
{
    memcpy(z->bytes + z->n, p, n);
    z->n += n;
}

static inline size_t zip_pack(uint8_t *to, size_t room, const zip_member *m)
{
    z_stream s = {.next_in = (Bytef *)(uintptr_t)m->data, .avail_in = (unsigned)m->n, .next_out = to, .avail_out = (unsigned)room};
    if (!m->deflated) {
        memcpy(to, m->data, m->n);
        return m->n;
    }
    (void)deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    (void)deflate(&s, Z_FINISH);
    (void)deflateEnd(&s);
    return s.total_out;
}

static inline void zip_make(zip_file *z, const zip_member *all, size_t n)
{
    size_t place[ZIP_MEMBERS], packed[ZIP_MEMBERS];
    z->n = 0;
    for (size_t i = 0; i < n; i++) {
        const zip_member *m = &all[i];
        if (m->same_as != NULL) {
            place[i] = place[(const zip_member *)m->same_as - all];
            packed[i] = packed[(const zip_member *)m->same_as - all];
            continue;
        }
        place[i] = z->n;
        zip_put(z, 0x04034b50, 4);
        zip_put(z, 0, 22); /* the directory is what counts */
        zip_put(z, strlen(m->name), 2);
        zip_put(z, 0, 2);
        zip_bytes(z, m->name, strlen(m->name));
        packed[i] = zip_pack(z->bytes + z->n, ZIP_ROOM - z->n, m);
        z->n += packed[i];
    }
    size_t directory = z->n;
    for (size_t i = 0; i < n; i++) {
        const zip_member *m = &all[i];
        uint64_t size = m->claimed != 0 ? m->claimed : m->n;
        zip_put(z, 0x02014b50, 4);
        zip_put(z, 0, 4);
        zip_put(z, m->flags, 2);
        zip_put(z, m->deflated ? 8 : m->method, 2);
        zip_put(z, 0, 4);
        zip_put(z, crc32(0, m->data, (unsigned)m->n) ^ m->wrong_crc, 4);
        zip_put(z, m->large ? UINT32_MAX : packed[i], 4);
        zip_put(z, m->large ? UINT32_MAX : size, 4);
        zip_put(z, strlen(m->name), 2);
        zip_put(z, m->large ? 28 : 0, 2);
        zip_put(z, 0, 2 + 2 + 2 + 4);
        zip_put(z, m->large ? UINT32_MAX : place[i], 4);
        zip_bytes(z, m->name, strlen(m->name));
        if (m->large) {
            zip_put(z, 1, 2);
            zip_put(z, 24, 2);
            zip_put(z, size, 8);
            zip_put(z, packed[i], 8);
            zip_put(z, place[i], 8);
        }
    }
    size_t end = z->n;
    zip_put(z, 0x06054b50, 4);
    zip_put(z, 0, 4);
    zip_put(z, n, 2);
    zip_put(z, n, 2);
    zip_put(z, end - directory, 4);
    zip_put(z, directory, 4);
    zip_put(z, 0, 2);
}

/* A .npy file of version 1, 2 or 3; the header is not padded. Returns its size. */
static inline size_t npy_make(uint8_t *to, int version, const char *header, const void *data, size_t n)
{
    size_t length = strlen(header), at = 0;
    memcpy(to, "\x93NUMPY", 6); // NOLINT: no text
    at = 6;
    to[at++] = (uint8_t)version;
    to[at++] = 0;
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        to[at++] = (uint8_t)(length >> 8 * i);
    memcpy(to + at, header, length);
    memcpy(to + at + length, data, n);
    return at + length + n;
}

#endif
