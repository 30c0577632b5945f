/* Damage that verify names: through the public API, each with its exact message. */
#include "corpus/shards.h"

typedef struct {
    char text[2000];
} told;

static void tell(void *data, const char *path, const char *what)
{
    told *t = data;
    size_t n = strlen(t->text);
    (void)snprintf(t->text + n, sizeof t->text - n, "%s %s\n", path, what);
}

static void every_damage_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *edit, *want;
    } rows[] = {
        {"true", ""},
        {"rm d/test_000002/model.onnx", "test_000002/model.onnx is missing\n"},
        {"printf x >> d/test_000006/test_data_set_0/input_0.pb",
         "test_000006/test_data_set_0/input_0.pb has a different SHA-256 than models.jsonl states\n"},
        {"touch d/test_000003/extra", "test_000003/extra is not in models.jsonl\n"},
        {"mkdir d/test_000003/test_data_set_7", "test_000003/test_data_set_7 is not in models.jsonl\n"},
        {"cp -r d/test_000000 d/test_000009", "test_000009 is not in models.jsonl\n"},
        {"touch d/notes", "notes was not written by nngen\n"},
        {"touch d/.nngen-tmp-x", ".nngen-tmp-x was left by a run that was interrupted\n"},
        {"sed -i 3d d/models.jsonl", "models.jsonl has 6 models, not 7\ntest_000002 is not in models.jsonl\n"},
        {"sed -i '2s/.*/nonsense/' d/models.jsonl",
         "models.jsonl line 2 does not describe a model\nmodels.jsonl has 6 models, not 7\ntest_000001 is not in models.jsonl\n"},
        {"printf '{' >> d/models.jsonl", "models.jsonl ends in the middle of a line\n"},
        {"rm d/models.jsonl; rm -r d/test_*", "models.jsonl cannot read: No such file or directory\n"},
        {"printf '{' > d/manifest.json", "manifest.json is not a manifest of nngen, or is damaged\n"},
        {"rm d/test_000002/model.onnx; mkdir d/test_000002/model.onnx",
         "test_000002/model.onnx is not a regular file\ntest_000002/model.onnx is not in models.jsonl\n"},
        {"rm d/test_000002/model.onnx; ln -s ../test_000001/model.onnx d/test_000002/model.onnx",
         "test_000002/model.onnx is a symbolic link\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(shell("cd %s && rm -rf d && cp -r whole d && %s", folder, rows[i].edit), 0);
        told t = {""};
        nn_verify_report report;
        nn_error err;
        assert_int_equal(nn_corpus_verify(folder_path("d"), &report, tell, &t, &err), NN_OK);
        assert_string_equal(t.text, rows[i].want);
        uint64_t lines = 0;
        for (const char *p = t.text; *p != '\0'; p++)
            lines += *p == '\n';
        assert_int_equal(report.differences, lines);
    }
    nn_error err;
    assert_int_equal(nn_corpus_verify(folder_path("nowhere"), NULL, NULL, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "cannot open: No such file or directory");
    assert_int_equal(nn_corpus_verify(folder_path("whole"), NULL, NULL, NULL, &err), NN_OK); /* nobody to tell */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_damage_is_named),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
