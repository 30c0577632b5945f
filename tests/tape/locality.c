/* Measures how local mutations of tapes are: how many of the other nodes one mutation keeps, and how often it changes the graph.
 *
 *     locality [MODELS [MUTANTS [NODES]]]
 *
 * Prints a row for each kind of edit, for nn_tape_mutate, nn_tape_cross, and for edits of single bytes: mutants, the share of them
 * that change the graph, and the median and mean share of the other nodes that they keep, by structure_node. A mutation may
 * replace or remove one node of its own; an inserted node takes none away. The exit status is 1 if a mutant gives no model, or if
 * nn_tape_mutate keeps fewer than 95 % in the median or changes fewer than 80 % of the graphs. */
#include "draw/tape_edit.h"
#include "family/family.h"
#include "nngen.h"
#include "stats/structure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLACE_BYTE = TAPE_EDITS, INSERT_BYTE, REMOVE_BYTE, CROSS, MUTATE, KINDS };
#define MOST_BYTES 65536
#define MOST_NODES 512

typedef struct {
    size_t n, changed, kept_all;
    double sum;
    double *kept;
} row;

typedef struct {
    uint64_t nodes[MOST_NODES];
    size_t n;
    uint8_t structure[STRUCTURE_SIZE];
} print;

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_share(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool take_print(const nn_model *m, print *p)
{
    arena mem;
    arena_init(&mem, 0);
    p->n = m->graph->n_nodes < MOST_NODES ? m->graph->n_nodes : MOST_NODES;
    for (size_t i = 0; i < p->n; i++)
        p->nodes[i] = structure_node(m->graph, i);
    qsort(p->nodes, p->n, sizeof *p->nodes, by_value);
    bool ok = structure_of(m->graph, &mem, p->structure);
    arena_free(&mem);
    return ok;
}

static size_t common(const print *a, const print *b)
{
    size_t n = 0;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        n += a->nodes[i] == b->nodes[j];
        if (a->nodes[i] == b->nodes[j]) {
            i++;
            j++;
        } else if (a->nodes[i] < b->nodes[j]) {
            i++;
        } else {
            j++;
        }
    }
    return n;
}

static size_t edit_byte(const uint8_t *bytes_of, size_t size, uint8_t *out, size_t kind, uint64_t seed)
{
    const size_t at = (size_t)(seed * 0x9e3779b97f4a7c15u >> 20) % size;
    const size_t skip = kind == INSERT_BYTE ? 0 : 1, add = kind == REMOVE_BYTE ? 0 : 1;
    memcpy(out, bytes_of, at);
    out[at] = (uint8_t)(seed * 0x9e3779b97f4a7c15u >> 56);
    memcpy(out + at + add, bytes_of + at + skip, size - at - skip);
    return size - skip + add;
}

static size_t mutant(const uint8_t *bytes_of, size_t size, const uint8_t *other, size_t other_size, uint8_t *out, size_t kind,
                     uint64_t seed)
{
    if (kind == MUTATE)
        return nn_tape_mutate(bytes_of, size, out, MOST_BYTES, seed);
    if (kind == CROSS)
        return nn_tape_cross(bytes_of, size, other, other_size, out, MOST_BYTES, seed);
    return kind < TAPE_EDITS ? tape_edit(bytes_of, size, out, MOST_BYTES, seed, kind) : edit_byte(bytes_of, size, out, kind, seed);
}

static const char *kind_name(size_t kind)
{
    static const char *const names[] = {"replaced byte", "inserted byte", "removed byte", "nn_tape_cross", "nn_tape_mutate"};
    return kind < TAPE_EDITS ? tape_edit_name(kind) : names[kind - TAPE_EDITS];
}

static void count(row *r, size_t kind, const print *before, const print *after)
{
    const size_t own = kind == 0 || kind == CROSS || before->n < 2 ? 0 : 1, others = before->n - own, same = common(before, after);
    const double share = same < others ? (double)same / (double)others : 1;
    r->kept[r->n++] = share;
    r->sum += share;
    r->kept_all += same >= others;
    r->changed += memcmp(before->structure, after->structure, STRUCTURE_SIZE) != 0;
}

static int fail(const nn_error *err)
{
    fprintf(stderr, "locality: %s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    const size_t models = argc > 1 ? (size_t)atol(argv[1]) : 40, mutants = argc > 2 ? (size_t)atol(argv[2]) : 20;
    const size_t nodes = argc > 3 ? (size_t)atol(argv[3]) : 16;
    static uint8_t bytes_of[MOST_BYTES], other[MOST_BYTES], changed[MOST_BYTES];
    row rows[KINDS] = {{0}};
    nn_table *table = NULL;
    nn_family *family = NULL;
    nn_model *model = NULL;
    nn_error err;
    size_t invalid = 0, other_size = 0;
    for (size_t k = 0; k < KINDS; k++)
        rows[k].kept = calloc(models * mutants, sizeof *rows[k].kept);
    if (nn_table_open(&table, NULL, &err) != NN_OK ||
        nn_family_open(&family, table, &(nn_family_config){.nodes = nodes, .count = models, .seed = 5, .check = 1}, &err) != NN_OK)
        return fail(&err);
    for (size_t i = 0; i < models; i++) {
        const void *bytes;
        size_t size;
        print before, after;
        if (nn_model_build(&model, family, i, &err) != NN_OK || nn_model_tape(model, &bytes, &size, &err) != NN_OK)
            return fail(&err);
        if (size > MOST_BYTES - 1 || !take_print(model, &before))
            continue;
        memcpy(bytes_of, bytes, size);
        for (size_t k = 0; k < KINDS; k++)
            for (size_t j = 0; j < mutants && (k != CROSS || other_size > 0); j++) {
                const size_t n = mutant(bytes_of, size, other, other_size, changed, k, (i * mutants + j) * KINDS + k);
                const bool built = n > 0 && nn_model_build_bytes(&model, family, changed, n, &err) == NN_OK;
                if (built && take_print(model, &after))
                    count(&rows[k], k, &before, &after);
                invalid += !built;
            }
        memcpy(other, bytes_of, size);
        other_size = size;
    }
    printf("%-18s%9s%10s%10s%10s%10s\n", "edit", "mutants", "changed", "median", "mean", "kept all");
    double median = 0, mutated = 0;
    for (size_t k = 0; k < KINDS; k++) {
        row *r = &rows[k];
        qsort(r->kept, r->n, sizeof *r->kept, by_share);
        const double n = r->n > 0 ? (double)r->n : 1;
        median = r->n > 0 ? r->kept[r->n / 2] : 0;
        mutated = (double)r->changed / n;
        printf("%-18s%9zu%9.1f%%%9.1f%%%9.1f%%%9.1f%%\n", kind_name(k), r->n, 100 * mutated, 100 * median, 100 * r->sum / n,
               100 * (double)r->kept_all / n);
        free(r->kept);
    }
    printf("%zu mutants gave no model\n", invalid);
    nn_model_free(model);
    nn_family_close(family);
    nn_table_close(table);
    return invalid > 0 || median < 0.95 || mutated < 0.8;
}
