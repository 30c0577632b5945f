/* What the command line tells of a corpus that it wrote or merged. */
#ifndef NN_SUMMARY_H
#define NN_SUMMARY_H

#include "base/json_line.h"
#include "family/options.h"
#include "nngen.h"

/* Counts of models, files and bytes, and the time of the run. */
void summary_text(json_line *out, const options *o, const nn_corpus_report *r, double seconds);
/* A line if models have the structure of earlier ones. dir: where the manifest that lists them is; NULL: there is none. */
void summary_duplicates(json_line *out, const nn_corpus_report *r, const char *dir);
/* What a verification found. dir: the directory, to be named; NULL: there is only one. */
void summary_verified(json_line *out, const char *dir, const nn_verify_report *r);

#endif
