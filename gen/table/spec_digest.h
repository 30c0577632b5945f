/* Digests of the files of a table. Names enter by their last part, and files in name order, so that an embedded table and the same
 * table in a directory have the same digests. Those of the embedded table were computed when the program was built. */
#ifndef NN_SPEC_DIGEST_H
#define NN_SPEC_DIGEST_H

#include "base/sha256.h"
#include "table/spec_table.h"

/* Of the files of operators, in any order, and of the profile, with those that it extends; profile: NULL: none. */
nn_status spec_digest_table(char out[SHA256_HEX_SIZE], const spec_file *files, size_t n, const spec_file *profile, nn_error *err);
/* Of the table's digest, then the files of manners, then those of motifs. */
nn_status spec_digest_full(char out[SHA256_HEX_SIZE], const char *table, const spec_file *manners, size_t n_manners,
                           const spec_file *motifs, size_t n_motifs, nn_error *err);
/* Of the files of the rules of outputs. */
nn_status spec_digest_rules(char out[SHA256_HEX_SIZE], const spec_file *files, size_t n, nn_error *err);

/* The digests of the embedded files with one profile. */
typedef struct {
    const char *profile; /* its name */
    const char *table, *full;
} spec_digests;

extern const spec_digests spec_embedded_digests[]; /* of each embedded profile; the plain one comes last */
extern const size_t spec_embedded_digests_count;
extern const char spec_embedded_rules_digest[];

#endif
