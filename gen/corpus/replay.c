#include "corpus/replay.h"
#include "family/family.h"

#include <string.h>

nn_table_config table_of_options(const options *o)
{
    return (nn_table_config){.outputs = o->outputs != 0 || strcmp(o->dynamic, "0") != 0 ||
                                        strcmp(o->data_dependent, "0") != 0, /* shapes are computed */
                             .opset = (int)o->opset,
                             .profile = o->profile,
                             .specs = o->specs,
                             .ops = o->ops,
                             .types = o->types,
                             .common = o->common};
}

nn_family_config family_of_options(const options *o)
{
    return (nn_family_config){.cover = o->cover,
                              .motifs = o->motifs,
                              .contain = o->contain,
                              .avoid = o->avoid,
                              .weights = o->weights,
                              .manner = o->manner,
                              .nodes = (uint64_t)o->nodes,
                              .count = (uint64_t)o->count,
                              .seed = (uint64_t)o->seed,
                              .inputs = o->inputs > 0 ? o->inputs : -1,
                              .input_mode = o->input_mode,
                              .input_format = o->input_format,
                              .max_elements = (uint64_t)o->max_elements,
                              .max_dim = (uint64_t)o->max_dim,
                              .max_window = (uint64_t)o->max_window,
                              .near_misses = o->near_misses > 0 ? o->near_misses : -1,
                              .constants = (uint64_t)o->constants,
                              .max_rank = (uint64_t)o->max_rank,
                              .intervals = o->intervals != 0,
                              .outputs = o->outputs != 0,
                              .dynamic = o->dynamic,
                              .empty = o->empty,
                              .data_dependent = o->data_dependent,
                              .random = o->random,
                              .check = o->check != 0,
                              .form = o->form,
                              .variants = (uint64_t)o->variants};
}

static nn_status open_both(nn_table **table, nn_family **family, const manifest_doc *doc, const char *path, const char *specs,
                           bool check, nn_error *err)
{
    nn_table_config tc = table_of_options(manifest_options(doc));
    nn_family_config fc = family_of_options(manifest_options(doc));
    tc.specs = specs;
    fc.check = check;
    char digest[SHA256_HEX_SIZE];
    nn_status s = nn_table_open(table, &tc, err);
    if (s != NN_OK)
        return s;
    s = family_digest_of(*table, manifest_options(doc), digest, err);
    if (s == NN_OK && strcmp(digest, manifest_digest(doc)) != 0)
        return nn_fail(err, NN_ERR_USAGE, path, 0, 0,
                       "was made with another operator table: its digest is %.64s, the digest of this table is %.64s",
                       manifest_digest(doc), digest);
    if (s == NN_OK && fc.outputs && strcmp((*table)->rules_digest, manifest_rules(doc)) != 0)
        return nn_fail(err, NN_ERR_USAGE, path, 0, 0,
                       "has outputs by other rules (specs/compute): their digest is %.64s, the digest of these rules is %.64s",
                       *manifest_rules(doc) != '\0' ? manifest_rules(doc) : "not stated", (*table)->rules_digest);
    return s == NN_OK ? nn_family_open(family, *table, &fc, err) : s;
}

nn_status replay_open(nn_table **table, nn_family **family, const manifest_doc *doc, const char *path, const char *specs,
                      bool check, nn_error *err)
{
    *table = NULL;
    *family = NULL;
    if (strcmp(manifest_version(doc), nn_version()) != 0)
        return nn_fail(err, NN_ERR_USAGE, path, 0, 0, "was made by nngen %.40s, this is %s", manifest_version(doc), nn_version());
    nn_status s = open_both(table, family, doc, path, specs, check, err);
    if (s != NN_OK) {
        nn_table_close(*table);
        *table = NULL;
    }
    return s;
}
