/* The line of models.jsonl that says what a model is. */
#include "corpus/manifest.h"
#include "small_family.h"

#include <jansson.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void lines_say_what_the_model_is(void **state)
{
    (void)state;
    nn_model *m = NULL;
    nn_error err;
    json_line line = {.bytes = NULL};
    uint8_t digests[64][SHA256_SIZE] = {{0xab}}, structure[STRUCTURE_SIZE] = {0xcd};
    assert_int_equal(nn_model_build(&m, family, 2, &err), NN_OK);
    assert_int_equal(manifest_line(&line, m, structure, (const uint8_t(*)[SHA256_SIZE])digests, &err), NN_OK);
    assert_int_equal(line.bytes[line.size - 1], '\n');
    json_t *j = json_loadb(line.bytes, line.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(j);
    static const char *const keys[] = {"name",   "nodes",   "manner", "structure", "operators",
                                       "inputs", "outputs", "files",  "motifs",    "intervals"};
    size_t k = 0;
    for (void *i = json_object_iter(j); i != NULL; i = json_object_iter_next(j, i))
        assert_string_equal(json_object_iter_key(i), keys[k++]);
    assert_int_equal(k, COUNT(keys));
    assert_string_equal(json_string_value(json_object_get(j, "name")), "test_000002");
    assert_string_equal(json_string_value(json_object_get(j, "structure")), "cd000000000000000000000000000000");
    json_int_t nodes = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(j, "operators"), key, value) nodes += json_integer_value(value);
    assert_int_equal(nodes, 12);
    json_t *inputs = json_object_get(j, "inputs"), *files = json_object_get(j, "files");
    assert_int_equal(json_array_size(inputs), nn_model_inputs(m));
    assert_int_equal(json_array_size(json_object_get(j, "outputs")), nn_model_outputs(m));
    assert_int_equal(json_object_size(files), 1 + 2 * nn_model_inputs(m));
    assert_non_null(json_object_get(files, "test_data_set_1/input_0.pb"));
    assert_memory_equal(json_string_value(json_object_get(files, "model.onnx")), "ab00", 4);
    json_t *ends = json_object_get(json_array_get(inputs, 0), "interval");
    const tensor_desc *d = &m->graph->tensors[m->graph->inputs[0]].desc;
    assert_true(json_number_value(json_array_get(ends, 0)) == d->range.lo);
    assert_true(json_number_value(json_array_get(ends, 1)) == d->range.hi);
    json_t *again = json_object_get(json_object_get(j, "intervals"), "input_0");
    assert_true(json_equal(again, ends));
    json_decref(j);
    nn_free(line.bytes);
    nn_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAMILY(lines_say_what_the_model_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
