/* Bump allocator with marks. One arena serves one model or one table; allocations are not freed one by one.
 *
 * Ownership: the arena owns all memory that it returns, until arena_release to an earlier mark, arena_reset or arena_free. A
 * failed allocation returns NULL and sets arena_failed, which stays set until arena_reset. */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct arena_block arena_block;

typedef struct {
    arena_block *first, *current;
    size_t block_size; /* bytes of a new block; 0 means the default, 64 KiB */
    bool failed;
} arena;

typedef struct {
    arena_block *block;
    size_t used;
} arena_mark;

void arena_init(arena *a, size_t block_size);
/* Memory is 16-byte aligned and not cleared. A size of 0 gives a valid pointer. */
void *arena_alloc(arena *a, size_t size);
void *arena_calloc(arena *a, size_t count, size_t size);
char *arena_strdup(arena *a, const char *s);
char *arena_strndup(arena *a, const char *s, size_t n);
char *arena_printf(arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool arena_failed(const arena *a);
/* Marks nest: release only to a mark of the same arena that is still valid. Blocks are kept for reuse. */
arena_mark arena_get_mark(const arena *a);
void arena_release(arena *a, arena_mark mark);
void arena_reset(arena *a); /* empties the arena and keeps its blocks */
void arena_free(arena *a);  /* frees the blocks */

#endif
