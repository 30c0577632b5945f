/* Bump allocator: a list of blocks, a cursor in the current one. Blocks after the current one are empty and kept for reuse. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base.h"

#ifdef NN_STRESS
enum { ALIGN = 16, DEFAULT_BLOCK = 512 }; /* small, so that many allocations can fail */
#else
enum { ALIGN = 16, DEFAULT_BLOCK = 64 * 1024 };
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
/* Poisons released memory, so that the sanitizer finds use after release and overruns. */
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

struct arena_block {
    arena_block *next;
    size_t size, used; /* bytes of data; used is a multiple of ALIGN */
    _Alignas(ALIGN) unsigned char data[];
};

void arena_init(arena *a, size_t block_size)
{
    *a = (arena){.block_size = block_size};
}

static void *take(arena_block *b, size_t rounded, size_t size)
{
    void *p = b->data + b->used;
    b->used += rounded;
    UNPOISON(p, size);
    return p;
}

/* Returns a kept block that is large enough, or a new one, linked right after the current block. */
static arena_block *next_block(arena *a, size_t rounded)
{
    arena_block **link = a->current ? &a->current->next : &a->first;
    for (arena_block **l = link; *l; l = &(*l)->next) {
        if ((*l)->size < rounded)
            continue;
        arena_block *found = *l; /* move it to the front of the kept blocks */
        *l = found->next;
        found->next = *link;
        *link = found;
        return found;
    }
    size_t size = a->block_size ? a->block_size : DEFAULT_BLOCK;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (size < rounded)
        size = rounded;
    if (size > PTRDIFF_MAX - sizeof(arena_block))
        return NULL;
    arena_block *b = nn_malloc(sizeof *b + size);
    if (!b)
        return NULL;
    *b = (arena_block){.next = *link, .size = size};
    POISON(b->data, size);
    *link = b;
    return b;
}

void *arena_alloc(arena *a, size_t size)
{
    if (size > PTRDIFF_MAX - ALIGN - sizeof(arena_block)) {
        a->failed = true;
        return NULL;
    }
    size_t rounded = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
    arena_block *b = a->current;
    if (b && b->size - b->used >= rounded)
        return take(b, rounded, size);
    b = next_block(a, rounded);
    if (!b) {
        a->failed = true;
        return NULL;
    }
    b->used = 0;
    a->current = b;
    return take(b, rounded, size);
}

void *arena_calloc(arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        a->failed = true;
        return NULL;
    }
    void *p = arena_alloc(a, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

char *arena_strndup(arena *a, const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *copy = arena_alloc(a, len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = NULL;
    if (len < 0)
        a->failed = true;
    else
        text = arena_alloc(a, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

bool arena_failed(const arena *a)
{
    return a->failed;
}

arena_mark arena_get_mark(const arena *a)
{
    return (arena_mark){a->current, a->current ? a->current->used : 0};
}

void arena_release(arena *a, arena_mark mark)
{
    if (!mark.block) { /* taken before the first allocation */
        a->current = NULL;
        for (arena_block *b = a->first; b; b = b->next) {
            b->used = 0;
            POISON(b->data, b->size);
        }
        return;
    }
    if (a->current != mark.block) {
        for (arena_block *b = mark.block->next; b; b = b->next) {
            POISON(b->data, b->size);
            if (b == a->current)
                break;
        }
    }
    a->current = mark.block;
    mark.block->used = mark.used;
    POISON(mark.block->data + mark.used, mark.block->size - mark.used);
}

void arena_reset(arena *a)
{
    arena_release(a, (arena_mark){NULL, 0});
    a->failed = false;
}

void arena_free(arena *a)
{
    for (arena_block *b = a->first, *next; b; b = next) {
        next = b->next;
        UNPOISON(b->data, b->size);
        nn_free(b);
    }
    *a = (arena){.block_size = a->block_size};
}
