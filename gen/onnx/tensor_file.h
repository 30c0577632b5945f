/* Reads files of tensors, of any origin, into memory: one TensorProto (.pb), one array (.npy), or the arrays of a NumPy archive
 * (.npz, stored or compressed). The contents tell the form, the name of the file does not matter.
 *
 *     tensor_file f;
 *     nn_status s = tensor_file_read(&f, AT_FDCWD, "inputs.npz", 0, TENSOR_FILE_MOST, &err);
 *     const file_tensor *x = tensor_file_find(&f, "x");
 *     file_tensor_reals(x, values);
 *     tensor_file_free(&f);
 *
 * Ownership: a tensor_file owns everything that it points to; free it with tensor_file_free, also a zeroed one. After a failure
 * there is nothing to free. */
#ifndef NN_TENSOR_FILE_H
#define NN_TENSOR_FILE_H

#include "arena.h"
#include "base.h"
#include "value/dtype.h"

enum { FILE_TENSOR_RANK = 16 };
#define TENSOR_FILE_MOST ((size_t)1 << 31) /* bytes: the limit of protobuf */

typedef struct {
    const char *name; /* of an array in an archive: without .npy; of a TensorProto: may be empty; of a .npy file: empty */
    dtype type;       /* any but DT_NONE and DT_STRING */
    int rank;
    int64_t dims[FILE_TENSOR_RANK];
    size_t n;            /* elements */
    const uint8_t *data; /* of the n elements: little-endian, last axis fastest, bool as 0 or 1; aligned to 8 bytes */
} file_tensor;

typedef struct {
    file_tensor *tensors; /* in the order of the file; names of arrays differ */
    size_t n;
    arena memory;
} tensor_file;

/* See file_open for root, path, flags. NN_ERR_IO: the file cannot be read, or is no sound file of tensors, or it or the contents
 * of its tensors are larger than `most` bytes. Time and memory are linear in the size of the file and of the contents. */
nn_status tensor_file_read(tensor_file *f, int root, const char *path, int flags, size_t most, const char *shown, nn_error *err);
/* The same for bytes in memory. */
nn_status tensor_file_bytes(tensor_file *f, const void *bytes, size_t n, size_t most, const char *shown, nn_error *err);
void tensor_file_free(tensor_file *f);

typedef struct Onnx__TensorProto Onnx__TensorProto; /* from the generated header */
/* The same for a message that is parsed already, such as an initializer. The contents live in the arena. `shown` is for messages.
 */
nn_status file_tensor_of_proto(file_tensor *t, const Onnx__TensorProto *p, size_t most, arena *a, const char *shown, nn_error *err);

/* The name of the tensor in data set *set, if it is called test_data_set_SET/NAME, as where sets differ in their shapes; NULL: it
 * is not. */
const char *tensor_file_in_set(const file_tensor *t, uint64_t *set);
/* NULL: there is none of this name. */
const file_tensor *tensor_file_find(const tensor_file *f, const char *name);

/* The elements as numbers. The first takes any type (integers beyond 2^53 are rounded); the second takes any but the types of
 * reals, and gives uint64 modulo 2^64. */
void file_tensor_reals(const file_tensor *t, double *to);
void file_tensor_ints(const file_tensor *t, int64_t *to);

#endif
