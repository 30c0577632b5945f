#include "corpus/row_motifs.h"
#include "base/line_reader.h"
#include "corpus/manifest_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool add_motif(row_motifs *m, row_motif *to, const manifest_row *row, size_t i)
{
    const char *name, *level;
    (void)manifest_row_motif(row, i, &name, &level);
    size_t n = 0;
    while (manifest_row_motif_node(row, i, n) >= 0)
        n++;
    uint32_t *nodes = arena_calloc(&m->memory, n + 1, sizeof *nodes);
    *to = (row_motif){arena_strdup(&m->memory, name), arena_strdup(&m->memory, level), nodes, n};
    for (size_t k = 0; k < n && nodes != NULL; k++) {
        int64_t node = manifest_row_motif_node(row, i, k);
        nodes[k] = node < UINT32_MAX ? (uint32_t)node : UINT32_MAX;
    }
    return to->name != NULL && to->level != NULL && nodes != NULL;
}

static bool add_row(row_motifs *m, const manifest_row *row)
{
    const char *name, *level;
    size_t n = 0;
    while (manifest_row_motif(row, n, &name, &level))
        n++;
    if (n == 0)
        return true;
    row_motif *motifs = arena_calloc(&m->memory, n, sizeof *motifs);
    bool ok = motifs != NULL && nn_grow((void **)&m->all, &m->capacity, m->n + 1, sizeof *m->all);
    for (size_t i = 0; i < n && ok; i++)
        ok = add_motif(m, &motifs[i], row, i);
    if (!ok)
        return false;
    m->all[m->n] = (row_motifs_of){arena_strdup(&m->memory, manifest_row_name(row)), motifs, n};
    return m->all[m->n++].model != NULL;
}

/* Whether the line may be that of the model. Rows begin with the name. */
static bool may_be(const char *line, size_t n, const char *only)
{
    static const char head[] = "{\"name\":\"";
    size_t length = only != NULL ? strlen(only) : 0;
    return only == NULL || (n > sizeof head + length && memcmp(line, head, sizeof head - 1) == 0 &&
                            memcmp(line + sizeof head - 1, only, length) == 0 && line[sizeof head - 1 + length] == '"');
}

static int by_model(const void *a, const void *b)
{
    return strcmp(((const row_motifs_of *)a)->model, ((const row_motifs_of *)b)->model);
}

nn_status row_motifs_read(row_motifs *m, int dir, const char *only, nn_error *err)
{
    line_reader r;
    bool ok = true;
    const char *line;
    size_t n;
    *m = (row_motifs){.n = 0};
    arena_init(&m->memory, 4096);
    nn_status s = line_reader_open(&r, dir, "models.jsonl", O_NOFOLLOW, "models.jsonl", NULL);
    while (ok && s == NN_OK && (s = line_reader_next(&r, &line, &n, NULL)) == NN_OK && n > 0) {
        if (!may_be(line, n, only))
            continue;
        manifest_row *row = manifest_row_parse(line, n);
        ok = row == NULL || add_row(m, row);
        manifest_row_free(row);
    }
    line_reader_close(&r);
    if (!ok || s == NN_ERR_NOMEM) {
        row_motifs_free(m);
        return nn_nomem(err);
    }
    if (m->n > 0)
        qsort(m->all, m->n, sizeof *m->all, by_model);
    return NN_OK;
}

const row_motifs_of *row_motifs_find(const row_motifs *m, const char *model)
{
    const row_motifs_of key = {.model = model};
    return m->n > 0 ? bsearch(&key, m->all, m->n, sizeof *m->all, by_model) : NULL;
}

void row_motifs_free(row_motifs *m)
{
    nn_free(m->all);
    arena_free(&m->memory);
    *m = (row_motifs){.n = 0};
}
