/* Errors, allocation and growth: see base.h. */
#include "base.h"

#undef nn_fail
#undef nn_nomem

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NN_STRESS
/* One counter for all threads. Each allocation gets its index by an atomic add, so exactly one allocation is the n-th. */
static long stress_count, stress_at;

void nn_stress_fail_at(long n)
{
    __atomic_store_n(&stress_at, n, __ATOMIC_RELAXED);
    __atomic_store_n(&stress_count, 0, __ATOMIC_RELAXED);
}

long nn_stress_count(void)
{
    return __atomic_load_n(&stress_count, __ATOMIC_RELAXED);
}

static bool stress_fails(void)
{
    long index = __atomic_add_fetch(&stress_count, 1, __ATOMIC_RELAXED);
    long at = __atomic_load_n(&stress_at, __ATOMIC_RELAXED);
    return at > 0 && index >= at;
}
#else
static inline bool stress_fails(void)
{
    return false;
}
#endif

void nn_one_line(char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            *s = '?';
}

nn_status nn_vfail(nn_error *err, nn_status status, const char *file, int line, int column, const char *fmt, va_list ap)
{
    if (!err)
        return status;
    nn_error e; /* filled first and copied at the end: file and the arguments may point into *err */
    memset(&e, 0, sizeof e);
    e.status = status;
    e.line = line;
    e.column = column;
    if (file)
        snprintf(e.file, sizeof e.file, "%s", file);
    if (vsnprintf(e.message, sizeof e.message, fmt, ap) < 0)
        e.message[0] = '\0';
    nn_one_line(e.file);
    nn_one_line(e.message);
    *err = e;
    return status;
}

nn_status nn_fail(nn_error *err, nn_status status, const char *file, int line, int column, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    nn_vfail(err, status, file, line, column, fmt, ap);
    va_end(ap);
    return status;
}

size_t nn_error_text(const nn_error *err, char *out, size_t size)
{
    int n;
    if (size > 0)
        *out = '\0';
    if (err == NULL)
        return 0;
    if (err->file[0] == '\0')
        n = snprintf(out, size, "%s", err->message);
    else if (err->line == 0)
        n = snprintf(out, size, "%s: %s", err->file, err->message);
    else if (err->column == 0)
        n = snprintf(out, size, "%s:%d: %s", err->file, err->line, err->message);
    else
        n = snprintf(out, size, "%s:%d:%d: %s", err->file, err->line, err->column, err->message);
    return n < 0 ? 0 : (size_t)n;
}

nn_status nn_no_result(nn_error *err)
{
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no pointer to the result was given");
}

nn_status nn_nomem(nn_error *err)
{
    return nn_fail(err, NN_ERR_NOMEM, NULL, 0, 0, "out of memory");
}

/* Impossible sizes fail here, because the allocators of sanitizers would stop the program instead. */
void *nn_malloc(size_t size)
{
    if (size > PTRDIFF_MAX || stress_fails())
        return NULL;
    return malloc(size ? size : 1);
}

void *nn_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX || stress_fails())
        return NULL;
    return calloc(bytes ? bytes : 1, 1);
}

void *nn_realloc(void *ptr, size_t size)
{
    if (size > PTRDIFF_MAX || stress_fails())
        return NULL;
    return realloc(ptr, size ? size : 1);
}

void nn_free(void *ptr)
{
    free(ptr);
}

char *nn_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = nn_malloc(size);
    if (copy)
        memcpy(copy, s, size);
    return copy;
}

bool nn_grow(void **ptr, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return true;
    size_t target = *capacity < 8 ? 8 : *capacity;
    while (target < need) {
        if (target > SIZE_MAX / 2) {
            target = need;
            break;
        }
        target *= 2;
    }
    size_t bytes;
    if (__builtin_mul_overflow(target, size, &bytes) || bytes > PTRDIFF_MAX)
        return false;
    void *grown = nn_realloc(*ptr, bytes);
    if (!grown)
        return false;
    *ptr = grown;
    *capacity = target;
    return true;
}
