/* nngen: random valid ONNX models from a table of operators. The whole public API.
 *
 *     nn_table *t = NULL; nn_error err;
 *     if (nn_table_open(&t, &(nn_table_config){.opset = 17}, &err) != NN_OK) ...
 *     nn_model *m = NULL;
 *     if (nn_model_build(&m, t, &(nn_model_config){.nodes = 40, .seed = 1, .index = 0}, &err) == NN_OK)
 *         nn_model_write_onnx(m, "model.onnx", &err);
 *     nn_model_free(m);
 *     nn_table_close(t);
 *
 * A configuration of zeros means the defaults. Functions that can fail return nn_status and, where err is not NULL, fill it.
 * The library never exits, prints, or reads the clock or the environment. A table may be shared by threads; a model may not. */
#ifndef NNGEN_H
#define NNGEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NNGEN_VERSION "0.1.0"

typedef enum {
    NN_OK = 0,
    NN_ERR_NOMEM,    /* out of memory */
    NN_ERR_USAGE,    /* an argument or option is out of range or contradicts another */
    NN_ERR_TABLE,    /* the operator table or a profile is wrong: see file, line, column */
    NN_ERR_BUILD,    /* no model with the requested properties was found */
    NN_ERR_IO,       /* a file could not be read or written */
    NN_ERR_CANCELLED /* stopped on request */
} nn_status;

typedef struct {
    nn_status status;
    char file[160];    /* place in a table, or path of an I/O error; empty if none */
    int line, column;  /* from 1; 0 if unknown */
    char message[480]; /* one line, without a final newline */
} nn_error;

#ifdef __cplusplus
}
#endif

#endif
