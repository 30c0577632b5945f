/* The family that a manifest describes. */
#ifndef NN_REPLAY_H
#define NN_REPLAY_H

#include "manifest_read.h"
#include "nngen.h"

/* Opens the table and the family of a manifest at path, whose version and digest of the table must be ours. specs: as in
 * nn_table_config. check: as in nn_family_config. */
nn_status replay_open(nn_table **table, nn_family **family, const manifest_doc *doc, const char *path, const char *specs,
                      bool check, nn_error *err);

#endif
