/* Makes the models of a corpus again, to compare their files with the hashes of models.jsonl.
 *
 * Ownership: free a remake with remake_close, also a zeroed one. */
#ifndef NN_REMAKE_H
#define NN_REMAKE_H

#include "base/sha256.h"
#include "corpus/manifest_read.h"
#include "family/family.h"

typedef struct {
    nn_table *table;
    nn_family *family; /* NULL: models cannot be made again */
    nn_model *model;
} remake;

/* doc must outlive the remake. If the models cannot be made again, because version, table or rules differ, r->family is NULL and
 * `why` tells it. */
nn_status remake_open(remake *r, const manifest_doc *doc, char *why, size_t size, nn_error *err);
/* Makes model `index`, and calls f for each of its files whose hash is not the one that the line states. Files that the line does
 * not list are left out. */
typedef void remake_differs(void *data, const char *path, bool expected);
nn_status remake_model(remake *r, uint64_t index, const manifest_row *row, remake_differs *f, void *data, nn_error *err);
void remake_close(remake *r);

#endif
