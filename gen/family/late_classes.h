/* The classes of values of a table, which statistics alone need: they are made when they are first asked for.
 *
 * Ownership: late_classes owns them, and may be shared by threads. */
#ifndef NN_LATE_CLASSES_H
#define NN_LATE_CLASSES_H

#include "stats/stats.h"

typedef struct late_classes late_classes;

/* The op_set is borrowed. */
nn_status late_classes_new(late_classes **out, const op_set *ops, nn_error *err);
void late_classes_free(late_classes *l);
nn_status late_classes_get(const class_table **out, late_classes *l, nn_error *err);

#endif
