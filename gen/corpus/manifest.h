/* manifest.json and the lines of models.jsonl. The same family gives the same bytes on every machine: fields have a fixed order,
 * there are no times or paths, and numbers do not depend on the locale.
 *
 * Ownership: the text from manifest_json is freed with free(). Lines are appended to the caller's buffer. */
#ifndef NN_MANIFEST_H
#define NN_MANIFEST_H

#include "family/family.h"
#include "lower/op_feasible.h"
#include "stats/distinct.h"
#include "base/json_line.h"

/* finished: number of existing models; less than options_models after a cancellation or an error. run: NULL, or options with the
 * shard that was made; the manifest then has what merging needs. */
nn_status manifest_json(char **out, size_t *size, const nn_family *f, const stats *s, const distinct_result *d, uint64_t finished,
                        const options *run, nn_error *err);

/* Why no model of a family with these statistics has operator i; NULL if one has it. The text may be stored in `room`. */
const char *manifest_missing(const nn_family *f, const stats *s, size_t op, op_obstacle *room);

/* Appends one line with its newline. digests: of the model's files, in their order. */
nn_status manifest_line(json_line *line, nn_model *m, const uint8_t structure[STRUCTURE_SIZE],
                        const uint8_t (*digests)[SHA256_SIZE], nn_error *err);

/* Identifies a run; recorded at its start and compared when it is resumed. It has the fields generator, version, options and
 * table_digest (and shard, and rules of outputs) of the manifest. Free it with free(). */
nn_status manifest_run(char **out, size_t *size, const nn_family *f, const options *run, nn_error *err);

#endif
