/* Shards that make no family: through the public API, each with its exact message. */
#include "corpus/shards.h"

static void any_order_gives_the_whole(void **state)
{
    (void)state;
    nn_corpus_report one, all;
    assert_int_equal(write_at("again", 1, 0, 0, NULL, &all), NN_OK);
    nn_error err;
    const char *const shards[] = {folder_path("s3"), folder_path("s1"), folder_path("s2")};
    assert_int_equal(nn_corpus_merge(folder_path("m"), shards, 3, NULL, &one, NULL, NULL, &err), NN_OK);
    assert_int_equal(shell("diff -r %s/m %s/whole", folder, folder), 0);
    assert_true(one.models == 7 && one.nodes == 35 && one.files == all.files && one.bytes == all.bytes &&
                one.distinct == all.distinct && one.covered == all.covered);
    assert_int_equal(nn_corpus_merge(folder_path("m"), shards, 3, NULL, NULL, NULL, NULL, &err), NN_ERR_IO);
    assert_string_equal(err.message, "is not empty; --force replaces what nngen wrote there and nothing else");
    assert_int_equal(nn_corpus_merge(folder_path("m"), shards, 3, &(nn_merge_config){.force = 1}, NULL, NULL, NULL, &err), NN_OK);
    assert_int_equal(shell("diff -r %s/m %s/whole && rm -r %s/m", folder, folder, folder), 0);
}

static void refused(const char *a, const char *b, const char *c, const char *where, const char *message)
{
    nn_error err = {0};
    const char *const shards[] = {folder_path(a), folder_path(b), folder_path(c)};
    nn_status s = nn_corpus_merge(folder_path("m"), shards, 3, NULL, NULL, NULL, NULL, &err);
    char want[500];
    (void)snprintf(want, sizeof want, message, folder);
    assert_string_equal(err.message, want);
    assert_string_equal(err.file, folder_path(where));
    assert_true(s == err.status && (s == NN_ERR_USAGE || s == NN_ERR_IO));
    assert_int_equal(shell("rm -rf %s/m", folder), 0);
}

static void no_family(void **state)
{
    (void)state;
    nn_error err;
    assert_int_equal(nn_corpus_merge(folder_path("m"), NULL, 0, NULL, NULL, NULL, NULL, &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "no shard was given");
    refused("s1", "s2", "s1", "s1", "is the same shard as %s/s1");
    refused("s1", "whole", "s2", "whole", "contains no shard of a family");
    refused("s1", "other", "s3", "other", "belongs to another family than %s/s1: seed differs");
    refused("s1", "of2", "s3", "of2", "is one of 2 shards, but 3 were given");
    refused("s1", "nowhere", "s3", "nowhere", "cannot open: No such file or directory");
}

/* A shard whose run was stopped, and shards that were damaged. */
static void unfinished_or_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *edit, *where, *message;
    } rows[] = {
        {"sed -i '$d' d/models.jsonl", "d/models.jsonl", "has no line for test_000004 at the expected place"},
        {"sed -i 1d d/models.jsonl", "d/models.jsonl", "has no line for test_000001 at the expected place"},
        {"sed -i 's/\"structure\":\"..../\"structure\":\"/' d/models.jsonl", "d/models.jsonl",
         "the line of test_000001 has no structure of 32 hexadecimal digits"},
        {"printf x >> d/models.jsonl; sed -i '$d' d/models.jsonl; printf '{\"name\":1}\\n' > d/models.jsonl", "d/models.jsonl",
         "has no line for test_000001 at the expected place"},
        {"rm d/test_000004/test_data_set_1/input_0.pb", "d/test_000004/test_data_set_1/input_0.pb",
         "cannot read: No such file or directory"},
        {"sed -i 's|\"model.onnx\"|\"../model.onnx\"|' d/models.jsonl", "d/models.jsonl",
         "test_000001: '../model.onnx' is not a file of this model"},
        {"sed -i 's|\"model.onnx\"|\"a/b/model.onnx\"|' d/models.jsonl", "d/models.jsonl",
         "test_000001: 'a/b/model.onnx' is not a file of this model"},
        {"sed -i 's|\"model.onnx\"|\".model\"|' d/models.jsonl", "d/models.jsonl",
         "test_000001: '.model' is not a file of this model"},
        {"sed -i 's|\"model.onnx\"|\"notes\"|' d/models.jsonl; for i in d/test_*; do cp $i/model.onnx $i/notes; done",
         "d/models.jsonl", "test_000001: 'notes' is not a file of this model"},
        {"sed -i 's|\"model.onnx\"|\"test_data_set_1/\"|' d/models.jsonl", "d/models.jsonl",
         "test_000001: 'test_data_set_1/' is not a file of this model"},
        {"sed -i 's|data_set_1/|data_set_1x/|g' d/models.jsonl; for i in d/test_*; do mv $i/test_data_set_1 $i/test_data_set_1x; "
         "done",
         "d/models.jsonl", "test_000001: 'test_data_set_1x/input_0.pb' is not a file of this model"},
        {"ln -sf /dev/null d/test_000004/model.onnx", "d/test_000004/model.onnx", "is a symbolic link"},
        {"sed -i 's/\"number\": 2/\"number\": 20002/; s/\"of\": 3/\"of\": 20003/' d/manifest.json", "d/manifest.json",
         "is not a manifest of nngen, or is damaged"},
        {"printf '{' > d/manifest.json", "d/manifest.json", "is not a manifest of nngen, or is damaged"},
        {"sed -i 's/\"version\": \"[^\"]*\"/\"version\": \"0\"/' d/manifest.json", "d",
         "was made with another version or table than %s/s1"},
        {"rm d/models.jsonl", "d/models.jsonl", "cannot read: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(shell("cd %s && rm -rf d && cp -r s2 d && %s", folder, rows[i].edit), 0);
        refused("s1", "d", "s3", rows[i].where, rows[i].message);
    }
    assert_int_equal(shell("rm -rf %s/d", folder), 0);
    const int stopped = 1;
    assert_int_equal(shell("cp -r %s/s2 %s/d && rm -r %s/d/test_000004", folder, folder, folder), 0);
    nn_family *f = NULL;
    nn_error err;
    assert_int_equal(nn_family_open(&f, table, &(nn_family_config){.nodes = 5, .count = 7, .seed = 1, .inputs = 2}, &err), NN_OK);
    nn_corpus_report report;
    assert_int_equal(
        nn_corpus_write(f, &(nn_corpus_config){.out = folder_path("d"), .resume = 1, .shard = 2, .shards = 3, .cancel = &stopped},
                        &report, NULL, NULL, &err),
        NN_ERR_CANCELLED);
    nn_family_close(f);
    assert_int_equal(report.models, 1); /* the one that is there is counted, none is made */
    refused("s1", "d", "s3", "d", "contains an unfinished run; --resume continues it");
    assert_int_equal(shell("rm -rf %s/d", folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_gives_the_whole),
        cmocka_unit_test(no_family),
        cmocka_unit_test(unfinished_or_damaged),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
