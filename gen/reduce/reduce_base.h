/* A model with its inputs, and what is known of its tensors. Candidates are edits of it.
 *
 * Ownership: a reduce_case owns its bytes; free it with reduce_case_free, also a zeroed one. A reduce_base owns its case and all
 * that it points to. */
#ifndef NN_REDUCE_BASE_H
#define NN_REDUCE_BASE_H

#include "arena.h"
#include "base.h"

typedef struct Onnx__ModelProto Onnx__ModelProto;   /* from the generated header */
typedef struct Onnx__TensorProto Onnx__TensorProto; /* from the generated header */
typedef struct Onnx__TypeProto Onnx__TypeProto;     /* from the generated header */

typedef struct {
    uint8_t *bytes;
    size_t n;
} reduce_bytes;

/* What COMMAND sees. */
typedef struct {
    reduce_bytes model;
    reduce_bytes *inputs; /* TensorProtos of the graph inputs without an initializer, in order; without bytes: not given */
    size_t n_inputs;
    reduce_bytes tape; /* of a model of ours; without bytes: not known */
} reduce_case;

/* What is known of a tensor: its type, or its value too. */
typedef struct {
    const char *name;
    Onnx__TypeProto *type;          /* NULL: unknown */
    const Onnx__TensorProto *value; /* NULL: unknown */
    bool given;                     /* by the user, of a tensor that a node makes */
    bool evaluated;                 /* the table computes it, if need be from invented inputs */
} reduce_fact;

typedef struct {
    uint64_t max_work; /* of an evaluation; 0: nothing is evaluated */
    nn_eval *table;    /* any open model, so that the table is read once; it must live longer; NULL: none */
} reduce_limits;

typedef struct {
    reduce_case from;
    Onnx__ModelProto *m;
    reduce_fact *facts; /* sorted by name */
    size_t n_facts, room_facts;
    bool computed; /* the values are those that the inputs give */
    bool
        judges; /* the table can compute parts of the model, if need be from invented inputs, so that candidates can be judged so */
    bool whole; /* it can compute all of it */
    reduce_limits limits;
    arena memory;
} reduce_base;

nn_status reduce_case_copy(reduce_case *to, const reduce_case *from, nn_error *err);
void reduce_case_free(reduce_case *c);
/* Parses the case and takes it over, also after a failure. `known` has facts about the same tensors, which
 * are copied, such as values that the user gave; NULL: none. NN_ERR_IO: not a sound model. */
nn_status reduce_base_open(reduce_base *b, reduce_case *from, const reduce_base *known, const reduce_limits *limits,
                           const char *shown, nn_error *err);
void reduce_base_close(reduce_base *b);                                      /* also a zeroed one */
const reduce_fact *reduce_find_fact(const reduce_base *b, const char *name); /* NULL: nothing is known */
/* Adds a fact, which must live as long as the base. reduce_base_open sorts them. false: out of memory. */
bool reduce_add_fact(reduce_base *b, const reduce_fact *f);
void reduce_one(uint8_t to[8], int32_t type); /* the bits of 1, little-endian */
/* Whether both tensors surely have the same type and shape. */
bool reduce_same_kind(const reduce_base *b, const char *one, const char *other);
/* A type that says what the value is. NULL: out of memory. */
Onnx__TypeProto *reduce_type_of(const Onnx__TensorProto *value, bool dims, arena *a);
/* The bytes of the model, where all results without a reader are outputs, so that an evaluation judges all nodes. They live in the
 * arena, or are those of the case. NULL: out of memory. */
const uint8_t *reduce_whole(const reduce_case *c, const Onnx__ModelProto *m, size_t *n, arena *a);
/* A tensor of zeros of the stated type, with 1 for dimensions that are not stated. *exact: is cleared if there were such. NULL: the
 * type says too little, or out of memory. */
Onnx__TensorProto *reduce_invent(const Onnx__TypeProto *type, bool *exact, arena *a);
/* Sets an input of an evaluation. */
nn_status reduce_set_input(nn_eval *e, const char *name, const Onnx__TensorProto *t, nn_error *err);
Onnx__TensorProto *reduce_parse_tensor(const void *bytes, size_t n, arena *a); /* NULL: not a tensor, or out of memory */

#endif
