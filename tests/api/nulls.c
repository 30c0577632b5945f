/* Calls every function of nngen.h with each pointer NULL in turn: nulls DIR. Prints each call that has not the right status. */
#include <nngen.h>
#include <stdio.h>
#include <string.h>

static int wrong;
static nn_error err;

#define REFUSES(call)                                                                \
    do {                                                                             \
        memset(&err, 0, sizeof err);                                                 \
        if ((call) != NN_ERR_USAGE || err.status != NN_ERR_USAGE || !*err.message) { \
            wrong++;                                                                 \
            printf("%s\n", #call);                                                   \
        }                                                                            \
    } while (0)
#define IS(condition)                   \
    do {                                \
        if (!(condition)) {             \
            wrong++;                    \
            printf("%s\n", #condition); \
        }                               \
    } while (0)

static void no_text(void *data, const char *text, size_t size)
{
    (void)data;
    (void)text;
    (void)size;
}

/* What hands out bytes of a model, which may be NULL. */
static void pieces(nn_model *m)
{
    const void *bytes;
    size_t size;
    for (int i = m != NULL ? 1 : 0; i < 3; i++) { /* 0: no model; 1: no bytes; 2: no size */
        const void **b = i == 1 ? NULL : &bytes;
        size_t *s = i == 2 ? NULL : &size;
        REFUSES(nn_model_onnx(m, b, s, &err));
        REFUSES(nn_model_input(m, 0, 0, b, s, &err));
        REFUSES(nn_model_external(m, 0, NULL, b, s, &err));
        REFUSES(nn_model_output(m, 0, 0, b, s, &err));
        REFUSES(nn_model_bound(m, 0, 0, b, s, &err));
        REFUSES(nn_model_output_npz(m, b, s, &err));
        REFUSES(nn_model_bound_npz(m, b, s, &err));
        REFUSES(nn_model_npz(m, b, s, &err));
        REFUSES(nn_model_tape(m, b, s, &err));
    }
    REFUSES(nn_model_tolerance(m, 0, NULL, &err));
    REFUSES(nn_model_write(m, NULL, &err));
    IS(nn_model_onnx(m, NULL, NULL, NULL) == NN_ERR_USAGE); /* err may be NULL, too */
}

/* The evaluator, on the bytes of a model. */
static void evaluations(nn_model *m)
{
    nn_eval *e = NULL;
    const void *bytes, *proto;
    size_t size, n;
    REFUSES(nn_eval_open(&e, NULL, 0, NULL, &err));
    IS(nn_model_onnx(m, &bytes, &size, &err) == NN_OK && nn_model_input(m, 0, 0, &proto, &n, &err) == NN_OK);
    REFUSES(nn_eval_open(NULL, bytes, size, NULL, &err));
    IS(nn_eval_open(&e, bytes, size, NULL, &err) == NN_OK);
    REFUSES(nn_eval_set(NULL, nn_eval_input(e, 0), proto, n, &err));
    REFUSES(nn_eval_set(e, NULL, proto, n, &err));
    REFUSES(nn_eval_set(e, nn_eval_input(e, 0), NULL, n, &err));
    REFUSES(nn_eval_run(NULL, &err));
    for (size_t i = 0; nn_eval_input(e, i) != NULL; i++)
        IS(nn_model_input(m, 0, i, &proto, &n, &err) == NN_OK && nn_eval_set(e, nn_eval_input(e, i), proto, n, &err) == NN_OK);
    IS(nn_eval_run(e, &err) == NN_OK);
    for (int i = 0; i < 4; i++) {
        nn_eval *of = i == 0 ? NULL : e;
        const char *name = i == 1 ? NULL : nn_eval_output(e, 0);
        const void **b = i == 2 ? NULL : &bytes;
        size_t *s = i == 3 ? NULL : &size;
        REFUSES(nn_eval_value(of, name, b, s, &err));
        REFUSES(nn_eval_bound(of, name, b, s, &err));
    }
    IS(nn_eval_value(e, nn_eval_output(e, 0), &bytes, &size, &err) == NN_OK);
    IS(nn_eval_opset(NULL) == 0 && nn_eval_input(NULL, 0) == NULL && nn_eval_output(NULL, 0) == NULL);
    nn_eval_close(NULL);
    nn_eval_close(e);
}

static void without_objects(const char *dir)
{
    nn_table *table = NULL;
    nn_family *family = NULL;
    nn_model *model = NULL;
    char text[8] = "x", *weights = NULL;
    const char *const shards[] = {NULL, dir};
    REFUSES(nn_table_open(NULL, NULL, &err));
    REFUSES(nn_family_open(&family, NULL, NULL, &err));
    REFUSES(nn_model_build(&model, NULL, 0, &err));
    REFUSES(nn_model_write(NULL, dir, &err));
    REFUSES(nn_model_trace(NULL, 0, no_text, NULL, &err));
    REFUSES(nn_family_trace(NULL, NULL, NULL, no_text, NULL, &err));
    REFUSES(nn_corpus_write(NULL, NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_corpus_merge(NULL, shards + 1, 1, NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_corpus_merge(dir, NULL, 1, NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_corpus_merge(dir, shards, 2, NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_corpus_verify(NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_compare(NULL, dir, NULL, NULL, &err));
    REFUSES(nn_compare(dir, NULL, NULL, NULL, &err));
    REFUSES(nn_weights_read(NULL, dir, &err));
    REFUSES(nn_weights_read(&weights, NULL, &err));
    REFUSES(nn_weights_like(&weights, dir, NULL, NULL, &err));
    REFUSES(nn_weights_learn(&weights, dir, NULL, NULL, NULL, &err));
    pieces(NULL);
    IS(nn_tape_mutate(NULL, 9, text, sizeof text, 1) == 0 && nn_tape_mutate(text, 9, NULL, 9, 1) == 0);
    IS(nn_tape_cross(NULL, 9, text, 9, text, 9, 1) == 0 && nn_tape_cross(text, 9, NULL, 9, text, 9, 1) == 0);
    IS(nn_tape_cross(text, 9, text, 9, NULL, 9, 1) == 0);
    IS(nn_tape_drop(NULL, 9, 0, text) == 0 && nn_tape_drop(text, 9, 0, NULL) == 0);
    IS(*nn_version() != '\0');
    IS(nn_error_text(NULL, text, sizeof text) == 0 && *text == '\0');
    IS(nn_error_text(&err, NULL, 0) > 0);
    IS(nn_table_operators(NULL) == 0 && nn_table_operator(NULL, 0) == NULL && nn_table_digest(NULL) == NULL && nn_table_note(NULL, 0) == NULL);
    IS(nn_family_count(NULL) == 0);
    IS(nn_model_name(NULL) == NULL && nn_model_nodes(NULL) == 0 && nn_model_node_operator(NULL, 0) == NULL);
    IS(nn_model_externals(NULL) == 0 && nn_model_inputs(NULL) == 0 && nn_model_outputs(NULL) == 0 && nn_model_sets(NULL) == 0);
    IS(table == NULL && family == NULL && model == NULL && weights == NULL);
    nn_model_free(NULL);
    nn_family_close(NULL);
    nn_table_close(NULL);
    nn_text_free(NULL);
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : ".";
    nn_table *table = NULL;
    nn_family *family = NULL;
    nn_model *model = NULL;
    char *weights = NULL;
    nn_table_config operators = {0};
    nn_family_config models = {0};
    operators.ops = "Abs,Add,Relu";
    operators.outputs = models.outputs = 1;
    models.nodes = 5;
    models.count = 2;
    models.input_format = "pb,npz";
    without_objects(dir);
    IS(nn_table_open(&table, &operators, &err) == NN_OK);
    REFUSES(nn_family_open(NULL, table, &models, &err));
    IS(nn_family_open(&family, table, &models, &err) == NN_OK);
    REFUSES(nn_model_build(NULL, family, 0, &err));
    REFUSES(nn_model_build_bytes(NULL, family, "", 0, &err));
    REFUSES(nn_model_build_bytes(&model, NULL, "", 0, &err));
    REFUSES(nn_model_trace(family, 0, NULL, NULL, &err));
    REFUSES(nn_family_trace(family, NULL, NULL, NULL, NULL, &err));
    REFUSES(nn_weights_like(NULL, dir, table, NULL, &err));
    REFUSES(nn_weights_like(&weights, NULL, table, NULL, &err));
    REFUSES(nn_weights_learn(NULL, dir, table, NULL, NULL, &err));
    REFUSES(nn_weights_learn(&weights, NULL, table, NULL, NULL, &err));
    IS(nn_model_build(&model, family, 0, &err) == NN_OK);
    pieces(model);
    evaluations(model);
    REFUSES(nn_model_build(&model, family, 99, &err)); /* then it holds no model */
    pieces(model);
    nn_model_free(model);
    nn_family_close(family);
    nn_table_close(table);
    return wrong;
}
