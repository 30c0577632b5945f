#include "onnx/npy_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, END_LARGE = 56, LOCATOR = 20, LONGEST_COMMENT = UINT16_MAX };
enum { STORED = 0, DEFLATED = 8, ENCRYPTED = 1 };
enum { BEST_RATIO = 1032 }; /* deflate: a match of 258 bytes takes two bits at least */

typedef struct {
    const uint8_t *bytes;
    size_t n;
    const char *shown;
    nn_error *err;
    size_t spent; /* compressed bytes of the members so far */
    size_t most;  /* bytes of contents that may still be read */
} archive;

typedef struct {
    unsigned flags, method;
    uint32_t crc;
    uint64_t packed, size, place; /* sizes of its bytes, as stored and as they are; offset of its header */
    char *name;
    const uint8_t *data;
} member;

static nn_status broken(const archive *z, const char *why)
{
    return nn_fail(z->err, NN_ERR_IO, z->shown, 0, 0, "is not a sound .npz file: %s", why);
}

/* ---- the directory at the end ---- */

/* Finds the directory: where it begins, and how many members it lists. */
static bool find_directory(const archive *z, uint64_t *at, uint64_t *members)
{
    const uint8_t *p = NULL;
    for (size_t back = END; back <= z->n && back <= END + LONGEST_COMMENT && p == NULL; back++)
        if (little_endian(z->bytes + z->n - back, 4) == 0x06054b50)
            p = z->bytes + z->n - back;
    if (p == NULL)
        return false;
    *members = little_endian(p + 10, 2);
    *at = little_endian(p + 16, 4);
    size_t end = (size_t)(p - z->bytes);
    if (end < LOCATOR + END_LARGE || little_endian(p - LOCATOR, 4) != 0x07064b50)
        return true;
    uint64_t large = little_endian(p - LOCATOR + 8, 8);
    if (large > end - LOCATOR - END_LARGE || little_endian(z->bytes + large, 4) != 0x06064b50)
        return false;
    *members = little_endian(z->bytes + large + 32, 8);
    *at = little_endian(z->bytes + large + 48, 8);
    return true;
}

/* The 64-bit values of the numbers that do not fit in 32 bits are in an extra field, in this order. */
static bool read_extra(member *m, const uint8_t *p, size_t n)
{
    uint64_t *numbers[] = {&m->size, &m->packed, &m->place};
    while (n >= 4) {
        size_t length = little_endian(p + 2, 2), at = 4;
        if (length > n - 4)
            return false;
        for (size_t k = 0; k < 3 && little_endian(p, 2) == 1; k++)
            if (*numbers[k] == UINT32_MAX) {
                if (at + 8 > 4 + length)
                    return false;
                *numbers[k] = little_endian(p + at, 8);
                at += 8;
            }
        p += 4 + length;
        n -= 4 + length;
    }
    return true;
}

/* Reads the entry of the directory at *at, and moves *at behind it. */
static nn_status read_entry(archive *z, member *m, uint64_t *at, arena *a)
{
    const uint8_t *p = z->bytes + (*at < z->n ? *at : z->n);
    if (*at > z->n || z->n - *at < CENTRAL || little_endian(p, 4) != 0x02014b50)
        return broken(z, "its directory ends early");
    size_t name = little_endian(p + 28, 2), extra = little_endian(p + 30, 2), comment = little_endian(p + 32, 2);
    *m = (member){.flags = (unsigned)little_endian(p + 8, 2),
                  .method = (unsigned)little_endian(p + 10, 2),
                  .crc = (uint32_t)little_endian(p + 16, 4),
                  .packed = little_endian(p + 20, 4),
                  .size = little_endian(p + 24, 4),
                  .place = little_endian(p + 42, 4)};
    if (z->n - *at - CENTRAL < name + extra + comment || !read_extra(m, p + CENTRAL + name, extra))
        return broken(z, "its directory ends early");
    *at += CENTRAL + name + extra + comment;
    if (name < strlen(".npy") || memcmp(p + CENTRAL + name - strlen(".npy"), ".npy", strlen(".npy")) != 0 ||
        memchr(p + CENTRAL, 0, name) != NULL)
        return broken(z, "it has a member that is not named NAME.npy");
    m->name = arena_strndup(a, (const char *)p + CENTRAL, name - strlen(".npy"));
    return m->name == NULL ? nn_nomem(z->err) : NN_OK;
}

/* Finds the bytes of a member. Members that share bytes are refused, because they could take quadratic time. */
static nn_status find_data(archive *z, member *m)
{
    const uint8_t *p = z->bytes + (m->place < z->n ? m->place : z->n);
    if (m->place > z->n || z->n - m->place < LOCAL || little_endian(p, 4) != 0x04034b50)
        return broken(z, "a member is not where its directory says");
    size_t begin = LOCAL + little_endian(p + 26, 2) + little_endian(p + 28, 2);
    if (z->n - m->place < begin || z->n - m->place - begin < m->packed)
        return broken(z, "a member ends early");
    if (m->packed > z->n - z->spent)
        return broken(z, "its members overlap");
    z->spent += m->packed;
    m->data = p + begin;
    return NN_OK;
}

/* ---- the bytes of a member ---- */

static void *take(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return nn_calloc(count, size);
}

static void give(void *unused, void *p)
{
    (void)unused;
    nn_free(p);
}

/* Z_STREAM_END: the data gave exactly m->size bytes. */
static int inflate_all(const member *m, uint8_t *out)
{
    z_stream s = {.zalloc = take, .zfree = give};
    int result = inflateInit2(&s, -MAX_WBITS); /* negative: without a header */
    if (result != Z_OK)
        return result;
    uint64_t in = m->packed, room = m->size;
    const unsigned piece = 1u << 30;
    s.next_in = (z_const Bytef *)m->data;
    s.next_out = out;
    while (result == Z_OK) {
        unsigned in_now = in < piece ? (unsigned)in : piece, room_now = room < piece ? (unsigned)room : piece;
        s.avail_in = in_now;
        s.avail_out = room_now;
        result = inflate(&s, Z_NO_FLUSH);
        in -= in_now - s.avail_in;
        room -= room_now - s.avail_out;
    }
    (void)inflateEnd(&s);
    return result == Z_STREAM_END && (room > 0 || in > 0) ? Z_DATA_ERROR : result;
}

/* *buffer is a block for unpacked bytes that the caller frees. */
static nn_status unpack(archive *z, member *m, uint8_t **buffer)
{
    if ((m->flags & ENCRYPTED) != 0)
        return broken(z, "it is encrypted");
    if (m->method != STORED && m->method != DEFLATED)
        return nn_fail(z->err, NN_ERR_IO, z->shown, 0, 0,
                       "array %s: is compressed by method %u; only stored and deflated can be read", m->name, m->method);
    if (m->method == STORED && m->packed != m->size)
        return broken(z, "a stored member has two sizes");
    if (m->method == DEFLATED) {
        if (m->size / BEST_RATIO > m->packed)
            return broken(z, "a member claims more bytes than its data can give");
        if (m->size > z->most && m->size - z->most > UINT16_MAX)
            return nn_fail(z->err, NN_ERR_IO, z->shown, 0, 0, "array %s: has more than %zu bytes", m->name, z->most);
        *buffer = nn_malloc(m->size > 0 ? (size_t)m->size : 1);
        int result = *buffer == NULL ? Z_MEM_ERROR : inflate_all(m, *buffer);
        if (result == Z_MEM_ERROR)
            return nn_nomem(z->err);
        if (result != Z_STREAM_END)
            return broken(z, "a member cannot be decompressed");
        m->data = *buffer;
    }
    return crc32_z(0, m->data, m->size) == m->crc ? NN_OK : broken(z, "the checksum of a member is wrong");
}

static nn_status read_member(archive *z, file_tensor *t, uint64_t *at, arena *a)
{
    member m;
    uint8_t *buffer = NULL;
    nn_status s = read_entry(z, &m, at, a);
    if (s == NN_OK)
        s = find_data(z, &m);
    if (s == NN_OK)
        s = unpack(z, &m, &buffer);
    if (s == NN_OK) {
        char where[128];
        snprintf(where, sizeof where, "array %.100s: ", m.name);
        t->name = m.name;
        s = npy_read(t, m.data, (size_t)m.size, &z->most, a, where, z->shown, z->err);
    }
    nn_free(buffer);
    return s;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static nn_status check_names(const archive *z, const tensor_file *f)
{
    const char **names = nn_malloc((f->n + 1) * sizeof *names);
    nn_status s = NN_OK;
    if (names == NULL)
        return nn_nomem(z->err);
    for (size_t i = 0; i < f->n; i++)
        names[i] = f->tensors[i].name;
    qsort(names, f->n, sizeof *names, by_name);
    for (size_t i = 1; i < f->n && s == NN_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            s = nn_fail(z->err, NN_ERR_IO, z->shown, 0, 0, "has two arrays of the name %s", names[i]);
    nn_free(names);
    return s;
}

nn_status npz_read(tensor_file *f, const uint8_t *bytes, size_t n, size_t most, const char *shown, nn_error *err)
{
    archive z = {.bytes = bytes, .n = n, .shown = shown, .err = err, .most = most};
    uint64_t at, members;
    if (!find_directory(&z, &at, &members) || members > n / CENTRAL)
        return broken(&z, "it has no directory of its members");
    f->tensors = arena_calloc(&f->memory, (size_t)members + 1, sizeof *f->tensors);
    if (f->tensors == NULL)
        return nn_nomem(err);
    for (; f->n < members; f->n++) {
        nn_status s = read_member(&z, &f->tensors[f->n], &at, &f->memory);
        if (s != NN_OK)
            return s;
    }
    return check_names(&z, f);
}
