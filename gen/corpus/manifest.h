/* manifest.json and the lines of models.jsonl. The same family gives the same bytes on any machine: fields in a fixed order, no
 * time, no path, numbers independent of the locale.
 *
 * Ownership: manifest_json hands out a text to be freed with free(); lines are appended to the caller's buffer. */
#ifndef NN_MANIFEST_H
#define NN_MANIFEST_H

#include "family/family.h"
#include "lower/op_feasible.h"
#include "stats/distinct.h"
#include "base/json_line.h"

/* finished: models that are there; fewer than options_models after a cancellation or an error. run: NULL, or options whose shard
 * was made; then the manifest has what merging needs. */
nn_status manifest_json(char **out, size_t *size, const nn_family *f, const stats *s, const distinct_result *d, uint64_t finished,
                        const options *run, nn_error *err);

/* Why operator i is in no model of a family with these statistics; NULL if it is in one. The text may stand in `room`. */
const char *manifest_missing(const nn_family *f, const stats *s, size_t op, op_obstacle *room);

/* Appends one line with its newline. digests: of model.onnx, then of the inputs, data set by data set. */
nn_status manifest_line(json_line *line, nn_model *m, const uint8_t structure[STRUCTURE_SIZE],
                        const uint8_t (*digests)[SHA256_SIZE], nn_error *err);

/* What a run is, to be recorded at its start and compared when it goes on: the fields generator, version, options and table_digest
 * (and shard) of its manifest. To be freed with free(). */
nn_status manifest_run(char **out, size_t *size, const nn_family *f, const options *run, nn_error *err);

#endif
