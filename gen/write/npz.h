/* NumPy's .npz format: an uncompressed zip of .npy files. All have the same date (1980-01-01), so that the same arrays give the
 * same bytes. Formats: PKWARE's APPNOTE.TXT 6.3, with its 64-bit extension (4.5.3) only where it is needed; numpy.lib.format,
 * version 1.0.
 *
 * Ownership: an npz owns its bytes and may be reused; free it with npz_free. */
#ifndef NN_NPZ_H
#define NN_NPZ_H

#include "arena.h"
#include "base.h"
#include "value/dtype.h"

typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
    size_t member; /* where the current member begins */
    size_t members;
    /* from this size on, sizes and offsets take 64 bits; 0: 4 GiB - 1, as the format requires. Tests set it. */
    size_t large;
    uint32_t crc[8][256]; /* table of the checksum */
} npz;

void npz_free(npz *z);
void npz_begin(npz *z);
/* Adds an array. *data has room for its elements, little-endian, and is valid until the next call. */
nn_status npz_add(npz *z, const char *name, dtype t, const int64_t *dims, size_t rank, void **data, nn_error *err);
/* The name of an array of a data set, where sets differ in their shapes; NULL: memory ran out. */
const char *npz_set_name(arena *a, uint64_t set, const char *name);
/* Call this when the last array is filled. */
nn_status npz_end(npz *z, nn_error *err);

#endif
