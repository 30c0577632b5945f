/* A family of seven models as a whole and as three shards, with shards of others: open_all and close_all are set-up and tear-down
 * of a group. */
#ifndef TEST_SHARDS_H
#define TEST_SHARDS_H

#include "folder.h"
#include "nngen.h"

static nn_table *table;

static inline nn_status write_at(const char *name, uint64_t seed, unsigned shard, unsigned shards, const volatile int *cancel,
                                 nn_corpus_report *report)
{
    nn_family *f = NULL;
    nn_error err;
    assert_int_equal(nn_family_open(&f, table, &(nn_family_config){.nodes = 5, .count = 7, .seed = seed, .inputs = 2}, &err),
                     NN_OK);
    nn_status s = nn_corpus_write(
        f, &(nn_corpus_config){.out = folder_path(name), .force = 1, .shard = shard, .shards = shards, .cancel = cancel}, report,
        NULL, NULL, &err);
    nn_family_close(f);
    return s;
}

static inline int open_all(void **state)
{
    if (folder_make(state) != 0 || nn_table_open(&table, &(nn_table_config){.ops = "Abs,Add,Conv,Relu"}, NULL) != NN_OK)
        return -1;
    static const char *const names[] = {"s1", "s2", "s3"};
    for (unsigned k = 0; k < 3; k++)
        if (write_at(names[k], 1, k + 1, 3, NULL, NULL) != NN_OK)
            return -1;
    return write_at("whole", 1, 0, 0, NULL, NULL) == NN_OK && write_at("other", 2, 2, 3, NULL, NULL) == NN_OK &&
                   write_at("of2", 1, 2, 2, NULL, NULL) == NN_OK
               ? 0
               : -1;
}

static inline int close_all(void **state)
{
    nn_table_close(table);
    return folder_remove(state);
}

#endif
