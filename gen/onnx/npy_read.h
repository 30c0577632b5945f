/* Reads NumPy's .npy format and .npz archives (numpy.lib.format; PKWARE's APPNOTE.TXT 6.3) of any origin.
 *
 * Ownership: results live in the given arena or tensor_file. */
#ifndef NN_NPY_READ_H
#define NN_NPY_READ_H

#include "onnx/tensor_file.h"

/* Reads one array. `where` begins messages: "" or a text that ends in ": ". *most is the number of bytes that contents may still
 * take; it is reduced by those of this array. */
nn_status npy_read(file_tensor *t, const uint8_t *bytes, size_t n, size_t *most, arena *a, const char *where, const char *shown,
                   nn_error *err);
/* Reads an archive into an empty tensor_file, whose memory the caller frees also after a failure. */
nn_status npz_read(tensor_file *f, const uint8_t *bytes, size_t n, size_t most, const char *shown, nn_error *err);

/* Fills in n, the number of elements. false: it does not fit in memory. */
bool file_tensor_count(file_tensor *t);

static inline uint64_t little_endian(const uint8_t *p, size_t n)
{
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 8 | p[n];
    return x;
}

#endif
