/* The option table: every refusal with its exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "family/options.h"

#define ARGS(...) ((char *[]){"nngen", __VA_ARGS__, NULL})
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static options parsed(char *const *argv)
{
    int n = 0;
    while (argv[n] != NULL)
        n++;
    options o;
    nn_error err = {0};
    if (options_parse(&o, n, argv, &err) != NN_OK)
        fail_msg("%s", err.message);
    return o;
}

static const char *refused(char *const *argv)
{
    static nn_error err;
    int n = 0;
    while (argv[n] != NULL)
        n++;
    options o;
    err = (nn_error){0};
    assert_int_equal(options_parse(&o, n, argv, &err), NN_ERR_USAGE);
    options_free(&o);
    assert_int_equal(err.status, NN_ERR_USAGE);
    return err.message;
}

static void defaults(void **state)
{
    (void)state;
    options o = parsed(ARGS("--out", "d"));
    assert_int_equal(o.nodes, 40);
    assert_int_equal(o.count, 100);
    assert_int_equal(o.seed, 0);
    assert_int_equal(o.opset, 17);
    assert_int_equal(o.inputs, 1);
    assert_int_equal(o.max_elements, 4096);
    assert_int_equal(o.jobs, 0);
    assert_string_equal(o.profile, "ort");
    assert_string_equal(o.ops, "");
    assert_string_equal(o.out, "d");
    assert_null(o.specs);
    assert_null(o.list_ops);
    assert_null(o.trace_summary);
    assert_int_equal(o.trace, -1);
    assert_false(o.force || o.quiet || o.progress || o.dry_run || o.intervals || o.version || o.help);
}

static void every_option_is_read(void **state)
{
    (void)state;
    options o = parsed(ARGS("--nodes", "7", "--count=8", "--out=a=b", "--seed", "9223372036854775807", "--opset", "21", "--inputs",
                            "0", "--profile", "onnx", "--ops", "-Foo,+Bar", "--max-elements", "512", "--intervals", "--specs", "s",
                            "--jobs", "3", "--force", "--dry-run", "--quiet"));
    assert_int_equal(o.nodes, 7);
    assert_int_equal(o.count, 8);
    assert_string_equal(o.out, "a=b");
    assert_true(o.seed == INT64_MAX);
    assert_int_equal(o.opset, 21);
    assert_int_equal(o.inputs, 0);
    assert_string_equal(o.profile, "onnx");
    assert_string_equal(o.ops, "-Foo,+Bar"); /* a value may begin with one - */
    assert_int_equal(o.max_elements, 512);
    assert_string_equal(o.specs, "s");
    assert_int_equal(o.jobs, 3);
    assert_true(o.intervals && o.force && o.dry_run && o.quiet);
    assert_string_equal(parsed(ARGS("--list-ops")).list_ops, "");
    assert_string_equal(parsed(ARGS("--list-ops=json")).list_ops, "json");
    assert_string_equal(parsed(ARGS("--trace-summary")).trace_summary, "");
    assert_int_equal(parsed(ARGS("--trace", "0")).trace, 0);
    assert_true(parsed(ARGS("--progress", "--dry-run")).progress);
    assert_true(parsed(ARGS("--version")).version);
    assert_true(parsed(ARGS("-h")).help);
}

static void ranges_of_nodes(void **state)
{
    (void)state;
    options o = parsed(ARGS("--out", "d", "--nodes", "15..100/5"));
    assert_true(o.nodes == 15 && o.nodes_last == 100 && o.nodes_step == 5);
    o = parsed(ARGS("--out", "d", "--nodes=3..3"));
    assert_true(o.nodes == 3 && o.nodes_last == 3 && o.nodes_step == 1);
    o = parsed(ARGS("--out", "d", "--nodes=3..5", "--nodes", "4")); /* the last one counts */
    assert_true(o.nodes == 4 && o.nodes_last == 0);
}

static void paths_of_commands_stand_anywhere(void **state)
{
    (void)state;
    options o = parsed(ARGS("merge", "--quiet", "d", "a", "--force", "b"));
    assert_true(o.quiet && o.force && o.n_paths == 3);
    assert_string_equal(o.command, "merge");
    assert_string_equal(o.paths[0], "d");
    assert_string_equal(o.paths[2], "b");
    options_free(&o);
}

static void the_last_one_counts(void **state)
{
    (void)state;
    assert_int_equal(parsed(ARGS("--nodes", "3", "--nodes", "4", "--out", "d")).nodes, 4);
}

static void refusals(void **state)
{
    (void)state;
    const struct {
        char *args[8];
        const char *message;
    } cases[] = {
        {{"--nodes", "0"}, "--nodes 0: expected an integer from 1 to 100000"},
        {{"--nodes", "100001"}, "--nodes 100001: expected an integer from 1 to 100000"},
        {{"--nodes", "-1"}, "--nodes -1: expected an integer from 1 to 100000"},
        {{"--nodes", "4x"}, "--nodes 4x: expected an integer from 1 to 100000"},
        {{"--nodes", "4.0"}, "--nodes 4.0: expected an integer from 1 to 100000"},
        {{"--nodes", " 4"}, "--nodes  4: expected an integer from 1 to 100000"},
        {{"--nodes", "0x10"}, "--nodes 0x10: expected an integer from 1 to 100000"},
        {{"--nodes="}, "--nodes '': expected an integer from 1 to 100000"},
        {{"--nodes", "15..100/"}, "--nodes 15..100/: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "15.."}, "--nodes 15..: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "..15"}, "--nodes ..15: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "15..14"}, "--nodes 15..14: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "15..20/0"}, "--nodes 15..20/0: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "15..100001"}, "--nodes 15..100001: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "1..2/3/4"}, "--nodes 1..2/3/4: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"--nodes", "0..2"}, "--nodes 0..2: expected N or A..B/S with A <= B, integers from 1 to 100000"},
        {{"replay", "m", "--nodes", "40..50", "--out", "d"}, "replay: --nodes is taken from the manifest"},
        {{"--nodes"}, "--nodes needs a value: expected N"},
        {{"--nodes", "--count", "3"}, "--nodes needs a value: expected N"},
        {{"--count", "0"}, "--count 0: expected an integer from 1 to 10000000"},
        {{"--count", "99999999999999999999999999"}, "--count 99999999999999999999999999: expected an integer from 1 to 10000000"},
        {{"--seed", "9223372036854775808"}, "--seed 9223372036854775808: expected an integer from 0 to 9223372036854775807"},
        {{"--seed", "-1"}, "--seed -1: expected an integer from 0 to 9223372036854775807"},
        {{"--opset", "6"}, "--opset 6: expected an integer from 7 to 28"},
        {{"--opset", "29"}, "--opset 29: expected an integer from 7 to 28"},
        {{"--inputs", "100001"}, "--inputs 100001: expected an integer from 0 to 100000"},
        {{"--max-elements", "0"}, "--max-elements 0: expected an integer from 1 to 16777216"},
        {{"--jobs", "0"}, "--jobs 0: expected an integer from 1 to 256"},
        {{"--jobs", "257"}, "--jobs 257: expected an integer from 1 to 256"},
        {{"--node", "4"}, "unknown option --node; did you mean --nodes?"},
        {{"--max_elements", "4"}, "unknown option --max_elements; did you mean --max-elements?"},
        {{"--sede=4"}, "unknown option --sede; did you mean --seed?"},
        {{"--frobnicate"}, "unknown option --frobnicate"},
        {{"-n", "4"}, "unknown option -n"},
        {{"--"}, "unknown option --"},
        {{"out"}, "unexpected argument out; options begin with --"},
        {{""}, "unexpected argument ''; options begin with --"},
        {{"--force=yes"}, "--force takes no value, but was given yes"},
        {{"--out", ""}, "--out '': expected DIR"},
        {{"--out"}, "--out needs a value: expected DIR"},
        {{"--profile="}, "--profile '': expected P"},
        {{"--nodes", "4"}, "--out is missing: expected the directory to write"},
        {{"--quiet", "--progress", "--out", "d"}, "--quiet and --progress exclude each other"},
        {{"--shard", "3/2"}, "--shard 3/2: expected K/N with 1 <= K <= N <= 10000"},
        {{"--shard", "0/2"}, "--shard 0/2: expected K/N with 1 <= K <= N <= 10000"},
        {{"merge", "a"}, "merge: expected the directory to write, then the directories of the shards"},
        {{"replay", "m", "--seed", "3", "--out", "d"}, "replay: --seed is taken from the manifest"},
        {{"replay", "m", "--like", "x", "--out", "d"}, "replay takes no --like"},
        {{"merge", "d", "a", "b", "--dry-run"}, "merge takes no --dry-run"},
        {{"merge", "d", "a", "b", "--out", "e"}, "merge takes no --out"},
        {{"verify", "--force", "d"}, "verify takes no --force"},
        {{"verify", "--list-ops"}, "verify takes no --list-ops"},
        {{"replay", "--list-ops"}, "replay takes no --list-ops"},
        {{"merge", "--list-ops=json"}, "merge takes no --list-ops"},
        {{"merge", "d", "a", "b", "--nodes", "40"}, "merge: --nodes is taken from the manifest"},
        {{"merge", "d", "a", "b", "--nodes", "40..50"}, "merge: --nodes is taken from the manifest"},
        {{"merge", "d", "a", "b", "--seed=0"}, "merge: --seed is taken from the manifest"},
        {{"verify", ""}, "verify '': expected a path"},
        {{"verfiy", "d"}, "unknown command verfiy; did you mean verify?"},
        {{"--count", "2", "verfiy"}, "unexpected argument verfiy; options begin with --"},
        {{"--force", "--resume", "--out", "d"}, "--force and --resume exclude each other"},
        {{"--list-ops", "--out", "d"}, "--list-ops writes no models: leave out --out"},
        {{"--list-ops="}, "--list-ops=: expected FORMAT after ="},
        {{"--trace-summary="}, "--trace-summary=: expected FORMAT after ="},
        {{"--list-motifs=markdown"}, "--list-motifs=markdown: expected text or json"},
        {{"--list-motifs="}, "--list-motifs=: expected FORMAT after ="},
        {{"verify", "--list-motifs"}, "verify takes no --list-motifs"},
        {{"--list-ops=xml"}, "--list-ops=xml: expected text, json or markdown"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[10] = {"nngen"};
        memcpy(argv + 1, cases[i].args, sizeof cases[i].args);
        assert_string_equal(refused(argv), cases[i].message);
    }
}

static void long_words_are_cut(void **state)
{
    (void)state;
    char word[5000];
    memset(word, '7', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *message = refused(ARGS("--nodes", word));
    assert_true(strlen(message) < 200);
    word[0] = word[1] = '-';
    assert_true(strlen(refused(ARGS(word))) < 200);
}

static void ranges_without_argv(void **state)
{
    (void)state;
    options o;
    nn_error err;
    options_default(&o);
    assert_int_equal(options_check(&o, "", &err), NN_OK);
    o.opset = 6;
    assert_int_equal(options_check(&o, "", &err), NN_ERR_USAGE);
    assert_string_equal(err.message, "opset 6: expected an integer from 7 to 28");
}

static void the_table_covers_every_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const option_row *row = &option_rows[i];
        assert_true(row->help[0] != '\0');
        assert_int_equal(row->offset, i * sizeof(int64_t));
        assert_true(row->kind != OPTION_INT || (row->least <= row->greatest && row->fallback <= row->greatest));
    }
}

static void described_for_the_metadata(void **state)
{
    (void)state;
    char text[256];
    options o = parsed(ARGS("--out", "d", "--ops", "-Foo", "--force", "--jobs", "3"));
    size_t n = options_describe(&o, text, sizeof text);
    assert_string_equal(text, "nodes=40 count=100 seed=0 opset=17 inputs=1 profile=ort ops=-Foo max_elements=4096 intervals=0");
    assert_int_equal(n, strlen(text));
    char cut[10];
    assert_int_equal(options_describe(&o, cut, sizeof cut), n);
    assert_string_equal(cut, "nodes=40 ");
    assert_int_equal(options_describe(&o, NULL, 0), n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_option_is_read),
        cmocka_unit_test(ranges_of_nodes),
        cmocka_unit_test(paths_of_commands_stand_anywhere),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(ranges_without_argv),
        cmocka_unit_test(the_table_covers_every_field),
        cmocka_unit_test(described_for_the_metadata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
