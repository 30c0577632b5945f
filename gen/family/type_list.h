/* Lists of element types on the command line. */
#ifndef NN_TYPE_LIST_H
#define NN_TYPE_LIST_H

#include "base.h"
#include "value/dtype.h"

/* Parses a list such as "float16,int8"; float32 is always among the types. NN_ERR_USAGE: a type is unknown, or operators do not
 * take it at the opset; the message names what may be meant. */
nn_status type_list_parse(const char *list, int opset, dtype_mask *mask, nn_error *err);

#endif
