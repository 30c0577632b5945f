/* Python source: literals, names and arrays.
 *
 * Ownership: text goes to a json_line of the caller; an emit_arrays owns its archive and borrows the arena. */
#ifndef NN_EMIT_PYTHON_H
#define NN_EMIT_PYTHON_H

#include "arena.h"
#include "base/json_line.h"
#include "onnx/tensor_file.h"

/* A string literal. Bytes that are not UTF-8 become U+FFFD. */
void emit_string(json_line *out, const char *s);
/* A bytes literal. */
void emit_bytes(json_line *out, const void *bytes, size_t n);
/* A float literal that reads back as the same number of the type, with as few digits as that takes. */
void emit_real(json_line *out, double x, dtype type);
void emit_ints(json_line *out, const int64_t *all, size_t n); /* [1, 2] */

/* A word of a template, and what stands in its place. */
typedef struct {
    const char *word, *text;
} emit_word;

/* The template with its words replaced; the list ends in NULL. */
void emit_fill(json_line *out, const char *template, const emit_word *words);

/* Names of variables that are taken. */
typedef struct {
    struct emit_name *all; /* a hash table of `room` places, a power of two */
    size_t n, room;
    arena *a;
} emit_names;

bool emit_is_keyword(const char *s); /* a word of Python's grammar */
void emit_names_free(emit_names *names);
/* A name like `wanted` that is an identifier, no word of Python and not taken yet; it is taken then. It begins with a letter. NULL:
 * out of memory. */
const char *emit_new_name(emit_names *names, const char *wanted);

/* Arrays stand in the source if they are small, otherwise in an archive beside it. */
typedef struct {
    size_t most;      /* elements of an array in the source */
    emit_names names; /* of arrays in the archive */
    struct npz_bytes *archive;
    size_t n; /* arrays in the archive */
    nn_status status;
    nn_error *err;
} emit_arrays;

nn_status emit_arrays_open(emit_arrays *to, size_t most, arena *a, nn_error *err);
void emit_arrays_close(emit_arrays *to); /* also a zeroed one */
/* An expression for the array: `np.array([...], np.float32)` or `data["name"]`. A failure is noted in the arrays. */
void emit_array(json_line *out, emit_arrays *to, const file_tensor *t, const char *name);
/* The archive, whole. *bytes NULL: there is none. They live until the next call. */
nn_status emit_archive(emit_arrays *from, const void **bytes, size_t *n);

#endif
