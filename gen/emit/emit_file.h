/* The text of a whole program: a template of specs/programs whose words that begin with @ are replaced.
 *
 * Ownership: an emit_file owns the texts of its blocks. */
#ifndef NN_EMIT_FILE_H
#define NN_EMIT_FILE_H

#include "base/json_line.h"
#include "emit/emit_table.h"

typedef enum {
    BLOCK_ARRAYS,        /* opens the archive */
    BLOCK_BUILD,         /* functions that build the model with onnx.helper */
    BLOCK_HELPERS,       /* functions of the program that the body uses */
    BLOCK_WEIGHTS,       /* statements */
    BLOCK_BODY,          /* statements */
    BLOCK_INPUTS,        /* the function inputs() */
    BLOCK_EXPECTED,      /* the function expected() */
    BLOCK_TITLE,         /* one line about the model */
    BLOCK_PARAMETERS,    /* variables of the inputs, with commas */
    BLOCK_RESULTS,       /* expressions of the outputs, with commas */
    BLOCK_SIGNATURE,     /* names of the inputs as strings, with commas */
    BLOCK_DYNAMIC,       /* the function dynamic() */
    BLOCK_SPECIFICATION, /* types and shapes of the inputs, with commas */
    BLOCKS
} emit_block;

typedef struct {
    json_line blocks[BLOCKS];
} emit_file;

void emit_file_free(emit_file *f);
/* Whether the template has the word @NAME of a block. */
bool emit_file_has(const emit_program *p, emit_block b);
/* A line that holds nothing but `@NAME` is replaced by the block, or by the part NAME of the files, with the line's indentation;
 * `@{NAME}` in a line by a block of one line. NN_ERR_TABLE: unknown names. */
nn_status emit_file_write(json_line *out, const emit_file *f, const emit_program *p, nn_error *err);

#endif
