#include "write/npz.h"

#include <stdio.h>
#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, DATE = 1 << 5 | 1, VERSION = 20, ALIGNMENT = 64 };
/* The 64-bit extension of zip: a field in the headers of a member, and two records before the end. */
enum { EXTRA = 4, EXTRA_TAG = 1, END_LARGE = 56, LOCATOR = 20, VERSION_LARGE = 45 };

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

/* ---- little-endian numbers ---- */

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

static void set64(uint8_t *p, uint64_t x)
{
    set32(p, x & UINT32_MAX);
    set32(p + 4, x >> 32);
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* Whether a number needs 64 bits. The 32-bit field is then all ones. */
static bool is_large(const npz *z, uint64_t x)
{
    return x >= (z->large > 0 ? z->large : UINT32_MAX);
}

static size_t short_form(const npz *z, uint64_t x)
{
    return is_large(z, x) ? UINT32_MAX : (size_t)x;
}

/* Appends n zero bytes. NULL: out of memory. */
static uint8_t *append(npz *z, size_t n)
{
    if (n > PTRDIFF_MAX - z->size || !nn_grow((void **)&z->bytes, &z->capacity, z->size + n, 1))
        return NULL;
    memset(z->bytes + z->size, 0, n);
    z->size += n;
    return z->bytes + z->size - n;
}

/* ---- members ---- */

/* Fills in the checksum of the array that is now complete. */
static void seal(npz *z)
{
    if (z->members == 0)
        return;
    uint8_t *local = z->bytes + z->member;
    size_t from = z->member + LOCAL + get16(local + 26) + get16(local + 28);
    set32(local + 14, checksum((const uint32_t(*)[256])z->crc, z->bytes + from, z->size - from));
}

/* The header of a .npy file. Its length is a multiple of ALIGNMENT. */
static size_t array_header(char *out, size_t size, dtype t, const int64_t *dims, size_t rank)
{
    static const char *const codes[DT_COUNT] = {
        [DT_FLOAT32] = "<f4", [DT_UINT8] = "|u1",  [DT_INT8] = "|i1",   [DT_UINT16] = "<u2",
        [DT_INT16] = "<i2",   [DT_INT32] = "<i4",  [DT_INT64] = "<i8",  [DT_BOOL] = "|b1",
        [DT_FLOAT16] = "<f2", [DT_DOUBLE] = "<f8", [DT_UINT32] = "<u4", [DT_UINT64] = "<u8"};
    const char *const name = codes[t] != NULL ? NULL : dtype_name(t);
    memcpy(out, "\x93NUMPY\x01\x00", 8); // NOLINT: no text
    size_t n = 10;
    if (name == NULL)
        n += (size_t)snprintf(out + n, size - n, "{'descr': '%s'", codes[t]);
    else /* NumPy has no such type: a structure whose only field has its name and the bits */
        n += (size_t)snprintf(out + n, size - n, "{'descr': [('%s', '%s')]", name,
                              dtype_size(t) == 2   ? "<u2"
                              : dtype_is_signed(t) ? "|i1"
                                                   : "|u1");
    n += (size_t)snprintf(out + n, size - n, ", 'fortran_order': False, 'shape': (");
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
        if (!nn_mul64(n_data, dims[i], &n_data) || n_data > INT64_MAX / 2)
            return nn_nomem(err);
    uint64_t size = n_header + (uint64_t)n_data;
    size_t n_extra = is_large(z, size) ? EXTRA + 16 : 0, place = z->size;
    uint8_t *p = append(z, LOCAL + n_name + n_extra + n_header);
    if (p == NULL || !nn_grow((void **)&z->bytes, &z->capacity, z->size + (size_t)n_data, 1))
        return nn_nomem(err);
    p = z->bytes + place;
    z->member = place;
    z->members++;
    set32(p, 0x04034b50);
    set16(p + 4, n_extra > 0 ? VERSION_LARGE : VERSION);
    set16(p + 12, DATE);
    set32(p + 18, short_form(z, size));
    set32(p + 22, short_form(z, size));
    set16(p + 26, (unsigned)n_name);
    set16(p + 28, (unsigned)n_extra);
    p += LOCAL;
    memcpy(p, name, n_name - strlen(".npy"));                    // NOLINT: no text
    memcpy(p + n_name - strlen(".npy"), ".npy", strlen(".npy")); // NOLINT: no text
    p += n_name;
    if (n_extra > 0) {
        set16(p, EXTRA_TAG);
        set16(p + 2, 16);
        set64(p + EXTRA, size);
        set64(p + EXTRA + 8, size);
    }
    memcpy(p + n_extra, header, n_header);
    *data = p + n_extra + n_header;
    z->size += (size_t)n_data;
    return NN_OK;
}

/* Writes the directory entry of the member at `at` and returns the member's size in *size. */
static bool put_entry(npz *z, size_t at, uint64_t *size)
{
    size_t n_name = get16(z->bytes + at + 26), n_local = get16(z->bytes + at + 28);
    *size = n_local > 0 ? get64(z->bytes + at + LOCAL + n_name + EXTRA) : get32(z->bytes + at + 18);
    size_t n_extra = (n_local > 0 ? 16u : 0u) + (is_large(z, at) ? 8u : 0u);
    uint8_t *p = append(z, CENTRAL + n_name + (n_extra > 0 ? EXTRA + n_extra : 0));
    if (p == NULL)
        return false;
    const uint8_t *local = z->bytes + at;
    set32(p, 0x02014b50);
    set16(p + 4, n_extra > 0 ? VERSION_LARGE : VERSION);
    memcpy(p + 6, local + 4, 24); /* the fields from the version needed to the length of the name */
    set16(p + 6, n_extra > 0 ? VERSION_LARGE : VERSION);
    set16(p + 30, (unsigned)(n_extra > 0 ? EXTRA + n_extra : 0));
    set32(p + 42, short_form(z, at));
    memcpy(p + CENTRAL, local + LOCAL, n_name);
    if (n_extra == 0)
        return true;
    p += CENTRAL + n_name;
    set16(p, EXTRA_TAG);
    set16(p + 2, (unsigned)n_extra);
    p += EXTRA;
    memcpy(p, local + LOCAL + n_name + EXTRA, n_local > 0 ? 16 : 0);
    if (is_large(z, at))
        set64(p + n_extra - 8, at);
    return true;
}

/* Writes the two records that locate the directory if 32 bits are not enough. */
static bool put_large_end(npz *z, size_t directory)
{
    size_t place = z->size;
    uint8_t *p = append(z, END_LARGE + LOCATOR);
    if (p == NULL)
        return false;
    set32(p, 0x06064b50);
    set64(p + 4, END_LARGE - 12); /* the signature and this field are not counted */
    set16(p + 12, VERSION_LARGE);
    set16(p + 14, VERSION_LARGE);
    set64(p + 24, z->members);
    set64(p + 32, z->members);
    set64(p + 40, place - directory);
    set64(p + 48, directory);
    p += END_LARGE;
    set32(p, 0x07064b50);
    set64(p + 8, place);
    set32(p + 16, 1);
    return true;
}

const char *npz_set_name(arena *a, uint64_t set, const char *name)
{
    return arena_printf(a, "test_data_set_%llu/%s", (unsigned long long)set, name);
}

nn_status npz_end(npz *z, nn_error *err)
{
    seal(z);
    size_t directory = z->size, at = 0;
    for (size_t k = 0; k < z->members; k++) {
        uint64_t size;
        if (!put_entry(z, at, &size))
            return nn_nomem(err);
        at += LOCAL + get16(z->bytes + at + 26) + get16(z->bytes + at + 28) + (size_t)size;
    }
    size_t n = z->size - directory;
    bool large = is_large(z, directory) || is_large(z, n) || z->members >= UINT16_MAX;
    if (large && !put_large_end(z, directory))
        return nn_nomem(err);
    uint8_t *p = append(z, END);
    if (p == NULL)
        return nn_nomem(err);
    unsigned members = z->members < UINT16_MAX ? (unsigned)z->members : UINT16_MAX;
    set32(p, 0x06054b50);
    set16(p + 8, members);
    set16(p + 10, members);
    set32(p + 12, short_form(z, n));
    set32(p + 16, short_form(z, directory));
    return NN_OK;
}
