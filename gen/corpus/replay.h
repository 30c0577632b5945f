/* Turns options, from the command line or a manifest, into a table and a family. */
#ifndef NN_REPLAY_H
#define NN_REPLAY_H

#include "corpus/manifest_read.h"
#include "nngen.h"

/* Texts are borrowed from the options. */
nn_table_config table_of_options(const options *o);
nn_family_config family_of_options(const options *o); /* weights: the text of the option, unchanged */

/* Opens the table and the family of a manifest at path. Its version, its digest of the table
 * and, if it has outputs, that of their rules must be those of this program.
 * specs: as in nn_table_config. check: as in nn_family_config. */
nn_status replay_open(nn_table **table, nn_family **family, const manifest_doc *doc, const char *path, const char *specs,
                      bool check, nn_error *err);

#endif
