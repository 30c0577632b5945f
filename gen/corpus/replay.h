/* From options, of the command line or of a manifest, to the family that they describe. */
#ifndef NN_REPLAY_H
#define NN_REPLAY_H

#include "corpus/manifest_read.h"
#include "nngen.h"

/* Texts are borrowed from the options. */
nn_table_config table_of_options(const options *o);
nn_family_config family_of_options(const options *o); /* weights: the text of the option as it stands */

/* Opens the table and the family of a manifest at path, whose version and digest of the table must be ours. specs: as in
 * nn_table_config. check: as in nn_family_config. */
nn_status replay_open(nn_table **table, nn_family **family, const manifest_doc *doc, const char *path, const char *specs,
                      bool check, nn_error *err);

#endif
