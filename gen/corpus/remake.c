#include "corpus/remake.h"
#include "corpus/replay.h"

#include <stdio.h>
#include <string.h>

nn_status remake_open(remake *r, const manifest_doc *doc, char *why, size_t size, nn_error *err)
{
    nn_error inner = {0};
    *r = (remake){.table = NULL};
    nn_status s = replay_open(&r->table, &r->family, doc, NULL, NULL, false, &inner);
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s != NN_OK) {
        r->family = NULL;
        (void)snprintf(why, size, "%s", inner.message);
    }
    return NN_OK;
}

nn_status remake_model(remake *r, uint64_t index, const manifest_row *row, remake_differs *f, void *data, nn_error *err)
{
    nn_status s = nn_model_build(&r->model, r->family, index, err);
    for (size_t k = 0; s == NN_OK && k < model_files(r->model); k++) {
        const model_file file = model_file_at(r->model, k);
        const void *bytes;
        size_t size;
        uint8_t hash[SHA256_SIZE];
        char path[64], hex[SHA256_HEX_SIZE];
        model_file_path(path, &file);
        const char *digest = manifest_row_digest(row, path);
        if (digest == NULL)
            continue;
        s = model_file_bytes(r->model, &file, &bytes, &size, err);
        if (s == NN_OK)
            s = sha256_digest(r->model->hasher, bytes, size, hash, err);
        if (s != NN_OK)
            return s;
        sha256_hex(hash, hex);
        if (strcmp(hex, digest) != 0)
            f(data, path, model_file_expected(file.kind));
    }
    return s;
}

void remake_close(remake *r)
{
    nn_model_free(r->model);
    nn_family_close(r->family);
    nn_table_close(r->table);
}
