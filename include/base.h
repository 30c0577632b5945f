/* Status, errors, allocation and checked arithmetic, shared by every layer.
 *
 * Ownership: nn_error is a plain value and owns nothing. Memory from nn_malloc and nn_realloc is freed with nn_free. Nothing here
 * prints, exits, or reads the clock or the environment. */
#ifndef NN_BASE_H
#define NN_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nngen.h"

/* Replaces control characters by ?. Names and values in messages have unknown origin, and control characters could end the line
 * or control a terminal. */
void nn_one_line(char *s);
/* Fills *err (which may be NULL) and returns status, so that callers can write `return nn_fail(...)`. file may be NULL (no place
 * known); line and column count from 1, and 0 means unknown. The message is cut to one line that fits. */
nn_status nn_fail(nn_error *err, nn_status status, const char *file, int line, int column, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
nn_status nn_vfail(nn_error *err, nn_status status, const char *file, int line, int column, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));
/* Fails with NN_ERR_NOMEM and the standard message. */
nn_status nn_nomem(nn_error *err);
/* Fails with NN_ERR_USAGE: a pointer to a result is NULL. */
nn_status nn_no_result(nn_error *err);
#ifdef __clang_analyzer__ /* tells the analyzer, which sees one file at a time, what these functions return */
#define nn_fail(err, status, ...) (nn_fail(err, status, __VA_ARGS__), (status))
#define nn_nomem(err) (nn_nomem(err), NN_ERR_NOMEM)
#endif

/* malloc, realloc, free. In a build with -DNN_STRESS the allocation counter below makes the n-th one fail. */
void *nn_malloc(size_t size);
void *nn_calloc(size_t count, size_t size);
void *nn_realloc(void *ptr, size_t size);
void nn_free(void *ptr);
char *nn_strdup(const char *s);

#ifdef NN_STRESS
void nn_stress_fail_at(long n); /* the n-th allocation from now and all later ones fail; 0: none */
long nn_stress_count(void);     /* allocations since the last nn_stress_fail_at */
#endif

/* Grows *ptr (elements of `size` bytes) to at least `need` elements. Returns false if memory runs out; *ptr then stays valid. */
bool nn_grow(void **ptr, size_t *capacity, size_t need, size_t size);

static inline bool nn_add64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}
static inline bool nn_sub64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_sub_overflow(a, b, out);
}
static inline bool nn_mul64(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* Floor division, ceiling division, and the remainder of floor division. b must not be 0; INT64_MIN / -1 is not allowed. */
static inline int64_t nn_floordiv(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}
static inline int64_t nn_ceildiv(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return (a % b != 0 && ((a < 0) == (b < 0))) ? q + 1 : q;
}
static inline int64_t nn_floormod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return (r != 0 && ((r < 0) != (b < 0))) ? r + b : r;
}

#endif
