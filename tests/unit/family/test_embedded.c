/* What the library takes for granted of the embedded table, so that it opens fast: digests, that every operator has an instance,
 * and that motifs which are compiled when they are first used are sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "family/family.h"
#include "lower/op_feasible.h"
#include "table/opset.h"
#include "table/spec_digest.h"

static const char all_types[] = "float16,double,int8,uint8,int16,uint16,int32,uint32,int64,uint64,bool";

static nn_table *opened(const nn_table_config *c)
{
    nn_table *t;
    nn_error err;
    if (nn_table_open(&t, c, &err) != NN_OK)
        fail_msg("%s, opset %d: %s", c->profile, c->opset, err.message);
    return t;
}

static void digests_are_those_of_the_files(void **state)
{
    (void)state;
    assert_int_equal(spec_embedded_digests_count, spec_embedded_profiles_count + 1); /* the plain one has no file */
    for (size_t i = 0; i < spec_embedded_digests_count; i++) {
        const char *profile = spec_embedded_digests[i].profile;
        nn_table *own = opened(&(nn_table_config){.profile = profile, .outputs = 1});
        nn_table *read = opened(&(nn_table_config){.profile = profile, .outputs = 1, .specs = "specs"});
        assert_string_equal(own->digest, spec_embedded_digests[i].table);
        assert_string_equal(own->digest, read->digest);
        assert_string_equal(own->full_digest, read->full_digest);
        assert_string_equal(own->rules_digest, read->rules_digest);
        nn_table_close(own);
        nn_table_close(read);
    }
}

static void every_operator_has_an_instance(void **state)
{
    (void)state;
    for (size_t i = 0; i < spec_embedded_digests_count; i++)
        for (int opset = OPSET_MIN; opset <= OPSET_MAX; opset++) {
            const lower_limits limits = {0};
            op_trials *trials;
            nn_error err;
            nn_table *t = opened(&(nn_table_config){.profile = spec_embedded_digests[i].profile, .opset = opset});
            assert_true(t->ops->table->embedded);
            assert_int_equal(op_trials_new(&trials, t->ops, &limits, &err), NN_OK);
            for (size_t k = 0; k < t->ops->n_ops; k++) {
                op_obstacle why;
                if (!op_trials_feasible(trials, &t->ops->ops[k], &why))
                    fail_msg("%s, opset %d: %s: %s", t->options.profile, opset, t->ops->ops[k].name, why.s);
            }
            op_trials_free(trials);
            nn_table_close(t);
        }
}

/* The files without their trees: all of their motifs are compiled and checked at once. */
static motif_set *compiled(const op_set *ops)
{
    static spec_file files[64];
    motif_set *s;
    nn_error err;
    assert_true(spec_embedded_motifs_count < 64);
    for (size_t i = 0; i < spec_embedded_motifs_count; i++) {
        files[i] = spec_embedded_motifs[i];
        files[i].packed = NULL;
    }
    if (motif_set_new(&s, ops, NULL, files, spec_embedded_motifs_count, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    return s;
}

static void assert_same_motifs(const motif_set *late, const motif_set *whole)
{
    nn_error err;
    assert_int_equal(motif_count(late), motif_count(whole));
    if (motif_set_complete(late, &err) != NN_OK)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.message);
    for (size_t i = 0; i < motif_count(late); i++) {
        const char *a = motif_left_out(late, i), *b = motif_left_out(whole, i);
        assert_string_equal(motif_name(late, i), motif_name(whole, i));
        assert_string_equal(motif_doc(late, i), motif_doc(whole, i));
        assert_int_equal(motif_nodes(late, i), motif_nodes(whole, i));
        assert_string_equal(a != NULL ? a : "-", b != NULL ? b : "-");
        if (a != NULL)
            continue;
        assert_string_equal(motif_fires(late, i), motif_fires(whole, i));
        assert_ptr_equal(motif_operator(late, i), motif_operator(whole, i));
    }
}

static void late_motifs_are_those_of_the_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < spec_embedded_digests_count; i++)
        for (int opset = OPSET_MIN; opset <= OPSET_MAX; opset++)
            for (int wide = 0; wide < 2; wide++) {
                nn_table *t = opened(&(nn_table_config){
                    .profile = spec_embedded_digests[i].profile, .opset = opset, .types = wide ? all_types : NULL});
                motif_set *whole = compiled(t->ops);
                assert_same_motifs(t->motifs, whole);
                motif_set_free(whole);
                nn_table_close(t);
            }
}

/* Plans of a motif that threads compile at the same time are the same in each. */
enum { THREADS = 4 };

static void *draw_plans(void *data)
{
    const nn_table *t = data;
    size_t nodes = 0;
    nn_error err;
    arena a;
    arena_init(&a, 0);
    for (size_t i = 0; i < motif_count(t->motifs); i++) {
        tape *draws;
        motif_plan p;
        if (motif_left_out(t->motifs, i) != NULL || tape_new_seeded(&draws, i, 0, &err) != NN_OK)
            continue;
        if (motif_plan_new(t->motifs, i, MOTIF_VARIANT, 0, NULL, &(lower_limits){0}, draws, &a, &p) == NN_OK)
            nodes += p.n_nodes * (i + 1);
        tape_free(draws);
        arena_reset(&a);
    }
    arena_free(&a);
    return (void *)nodes;
}

static void threads_share_late_motifs(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    void *found[THREADS];
    nn_table *t = opened(&(nn_table_config){0}), *alone = opened(&(nn_table_config){0});
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, draw_plans, t), 0);
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_join(threads[k], &found[k]), 0);
    void *const expected = draw_plans(alone);
    assert_non_null(expected);
    for (size_t k = 0; k < THREADS; k++)
        assert_ptr_equal(found[k], expected);
    nn_table_close(t);
    nn_table_close(alone);
}

static void classes_are_made_once(void **state)
{
    (void)state;
    const class_table *first, *second;
    nn_error err;
    nn_table *t = opened(&(nn_table_config){0});
    assert_int_equal(late_classes_get(&first, t->classes, &err), NN_OK);
    assert_int_equal(late_classes_get(&second, t->classes, &err), NN_OK);
    assert_ptr_equal(first, second);
    assert_true(first->n_classes > 0);
    nn_table_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_files),
        cmocka_unit_test(every_operator_has_an_instance),
        cmocka_unit_test(late_motifs_are_those_of_the_files),
        cmocka_unit_test(threads_share_late_motifs),
        cmocka_unit_test(classes_are_made_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
