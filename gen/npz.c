#include "npz.h"

#include <stdio.h>
#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, DATE = 1 << 5 | 1, VERSION = 20, ALIGNMENT = 64 };

static const uint32_t SIZE_MOST = UINT32_MAX - 1; /* what zip has without its extension to 64 bits */

static void make_table(uint32_t table[8][256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t x = i;
        for (int k = 0; k < 8; k++)
            x = x >> 1 ^ (x & 1 ? 0xedb88320u : 0);
        table[0][i] = x;
    }
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++)
            table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 255];
}

/* Eight bytes at a time: M. E. Kounavis, F. L. Berry, "Novel table lookup-based algorithms for high-performance CRC generation",
 * 2008. */
static uint32_t checksum(const uint32_t (*table)[256], const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t a = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = table[7][a & 255] ^ table[6][a >> 8 & 255] ^ table[5][a >> 16 & 255] ^ table[4][a >> 24] ^ table[3][p[4]] ^
              table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
    }
    for (; n > 0; n--, p++)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
    return ~crc;
}

void npz_free(npz *z)
{
    nn_free(z->bytes);
    z->bytes = NULL;
    z->size = z->capacity = 0;
}

void npz_begin(npz *z)
{
    z->size = z->members = z->member = 0;
    if (z->crc[0][1] == 0)
        make_table(z->crc);
}

/* ---- numbers, little end first ---- */

static void set16(uint8_t *p, unsigned x)
{
    p[0] = (uint8_t)x;
    p[1] = (uint8_t)(x >> 8);
}

static void set32(uint8_t *p, size_t x)
{
    set16(p, (unsigned)(x & 0xffff));
    set16(p + 2, (unsigned)(x >> 16 & 0xffff));
}

static size_t get16(const uint8_t *p)
{
    return (size_t)p[0] | (size_t)p[1] << 8;
}

static size_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static nn_status reserve(npz *z, size_t n, nn_error *err)
{
    if (z->size + n > SIZE_MOST || z->members > UINT16_MAX - 1)
        return nn_fail(err, NN_ERR_BUILD, NULL, 0, 0, "inputs.npz would have 4 GiB or more: ask for fewer inputs, or for pb");
    return nn_grow((void **)&z->bytes, &z->capacity, z->size + n, 1) ? NN_OK : nn_nomem(err);
}

/* ---- members ---- */

/* Checksum and place of the directory for the array that is complete now. */
static void seal(npz *z)
{
    if (z->members == 0)
        return;
    uint8_t *local = z->bytes + z->member;
    size_t from = z->member + LOCAL + get16(local + 26);
    set32(local + 14, checksum((const uint32_t(*)[256])z->crc, z->bytes + from, z->size - from));
}

/* The header of a .npy file; its length is a multiple of ALIGNMENT. */
static size_t array_header(char *out, size_t size, dtype t, const int64_t *dims, size_t rank)
{
    static const char *const codes[DT_COUNT] = {
        [DT_FLOAT32] = "<f4", [DT_UINT8] = "|u1",  [DT_INT8] = "|i1",   [DT_UINT16] = "<u2",
        [DT_INT16] = "<i2",   [DT_INT32] = "<i4",  [DT_INT64] = "<i8",  [DT_BOOL] = "|b1",
        [DT_FLOAT16] = "<f2", [DT_DOUBLE] = "<f8", [DT_UINT32] = "<u4", [DT_UINT64] = "<u8"};
    memcpy(out, "\x93NUMPY\x01\x00", 8); // NOLINT: no text
    size_t n = 10;
    n += (size_t)snprintf(out + n, size - n, "{'descr': '%s', 'fortran_order': False, 'shape': (", codes[t]);
    for (size_t i = 0; i < rank; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%lld%s", i > 0 ? " " : "", (long long)dims[i],
                              i + 1 < rank || rank == 1 ? "," : "");
    n += (size_t)snprintf(out + n, size - n, "), }");
    while ((n + 1) % ALIGNMENT != 0)
        out[n++] = ' ';
    out[n++] = '\n';
    set16((uint8_t *)out + 8, (unsigned)(n - 10));
    return n;
}

nn_status npz_add(npz *z, const char *name, dtype t, const int64_t *dims, size_t rank, void **data, nn_error *err)
{
    seal(z);
    char header[512];
    size_t n_header = array_header(header, sizeof header - ALIGNMENT, t, dims, rank), n_name = strlen(name) + strlen(".npy");
    int64_t n_data = (int64_t)dtype_size(t);
    for (size_t i = 0; i < rank; i++)
        if (!nn_mul64(n_data, dims[i], &n_data) || n_data > SIZE_MOST)
            n_data = SIZE_MOST;
    nn_status s = reserve(z, LOCAL + n_name + n_header + (size_t)n_data, err);
    if (s != NN_OK)
        return s;
    uint8_t *p = z->bytes + z->size;
    z->member = z->size;
    memset(p, 0, LOCAL);
    set32(p, 0x04034b50);
    set16(p + 4, VERSION);
    set16(p + 12, DATE);
    set32(p + 18, n_header + (size_t)n_data);
    set32(p + 22, n_header + (size_t)n_data);
    set16(p + 26, (unsigned)n_name);
    p += LOCAL;
    memcpy(p, name, n_name - strlen(".npy"));                    // NOLINT: no text
    memcpy(p + n_name - strlen(".npy"), ".npy", strlen(".npy")); // NOLINT: no text
    memcpy(p + n_name, header, n_header);
    *data = p + n_name + n_header;
    z->size += LOCAL + n_name + n_header + (size_t)n_data;
    z->members++;
    return NN_OK;
}

nn_status npz_end(npz *z, nn_error *err)
{
    seal(z);
    size_t directory = z->size;
    for (size_t at = 0, k = 0; k < z->members; k++) {
        size_t n_name = get16(z->bytes + at + 26);
        nn_status s = reserve(z, CENTRAL + n_name, err);
        if (s != NN_OK)
            return s;
        const uint8_t *local = z->bytes + at;
        uint8_t *p = z->bytes + z->size;
        memset(p, 0, CENTRAL);
        set32(p, 0x02014b50);
        set16(p + 4, VERSION);
        memcpy(p + 6, local + 4, 26); /* from the version needed to the length of the name */
        set32(p + 42, at);
        memcpy(p + CENTRAL, local + LOCAL, n_name);
        z->size += CENTRAL + n_name;
        at += LOCAL + n_name + get32(local + 18);
    }
    nn_status s = reserve(z, END, err);
    if (s != NN_OK)
        return s;
    uint8_t *p = z->bytes + z->size;
    memset(p, 0, END);
    set32(p, 0x06054b50);
    set16(p + 8, (unsigned)z->members);
    set16(p + 10, (unsigned)z->members);
    set32(p + 12, z->size - directory);
    set32(p + 16, directory);
    z->size += END;
    return NN_OK;
}
