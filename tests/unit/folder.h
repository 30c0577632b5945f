/* A folder of its own for a test, below /tmp, and files in it. Names are below the folder.
 *
 * folder_make and folder_remove are a set-up and a tear-down. Paths handed out are valid for seven further calls. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[32];

static inline int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/nngen-test-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

__attribute__((format(printf, 1, 2))) static inline int shell(const char *format, ...)
{
    char command[1000];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return n >= 0 && n < (int)sizeof command ? system(command) : -1;
}

static inline int folder_remove(void **state)
{
    (void)state;
    return shell("chmod -R u+w %s && rm -r %s", folder, folder);
}

static inline const char *folder_path(const char *name)
{
    static char paths[8][300];
    static unsigned next;
    char *path = paths[next++ % 8];
    int n = snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    assert_true(n > 0 && n < (int)sizeof paths[0]);
    return path;
}

static inline void folder_put(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(folder_path(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void folder_write(const char *name, const char *text)
{
    folder_put(name, text, strlen(text));
}

/* A whole file with a NUL after it, to be freed with free(); NULL: it is not there. */
static inline char *folder_get(const char *name, size_t *size)
{
    FILE *f = fopen(folder_path(name), "rb");
    size_t n = 0, room = 0;
    char *bytes = NULL;
    *size = 0;
    if (f == NULL)
        return NULL;
    do {
        room += 65536;
        bytes = realloc(bytes, room + 1);
        assert_non_null(bytes);
        n += fread(bytes + n, 1, room - n, f);
    } while (n == room);
    assert_int_equal(fclose(f), 0);
    bytes[n] = '\0';
    *size = n;
    return bytes;
}

#endif
