/* NumPy's .npz: a zip of .npy files, stored without compression, with the same date for all (1980-01-01), so that the same arrays
 * give the same bytes. Formats: PKWARE's APPNOTE.TXT 6.3, with its extension to 64 bits (4.5.3) only where it is needed;
 * numpy.lib.format, version 1.0.
 *
 * Ownership: an npz owns its bytes and is reused; npz_free. */
#ifndef NN_NPZ_H
#define NN_NPZ_H

#include "base.h"
#include "value/dtype.h"

typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
    size_t member; /* where the one under way begins */
    size_t members;
    size_t large;         /* sizes and places from here on take 64 bits; 0: 4 GiB - 1, as the format asks. For tests */
    uint32_t crc[8][256]; /* table of the checksum */
} npz;

void npz_free(npz *z);
void npz_begin(npz *z);
/* A further array; *data is room for its elements, little end first, valid until the next call. */
nn_status npz_add(npz *z, const char *name, dtype t, const int64_t *dims, size_t rank, void **data, nn_error *err);
/* Once the last array is filled. */
nn_status npz_end(npz *z, nn_error *err);

#endif
