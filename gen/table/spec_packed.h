/* Trees that were parsed when the program was built, in a compact form from which they are read without libyaml: the embedded table
 * has one beside the bytes of each file. The form is private to this header's two functions, which one build compiles together.
 *
 *     file:  the numbers of nodes, pairs and items, then the root
 *     node:  a byte: its kind, and whether it is quoted and exact; its place; for a scalar its text; for a list the number of its
 *            items, then these; for a mapping the number of its pairs, then for each the place and text of the key and the value
 *     place: the line minus that of the place before, and the column
 *     text:  its length, its bytes, NUL
 *
 * Numbers have seven bits a byte, the lowest first; the highest bit says that another byte follows. Lines may go back, so their
 * differences are doubled, plus 1 if negative. */
#ifndef NN_SPEC_PACKED_H
#define NN_SPEC_PACKED_H

#include "table/spec_table.h"

/* Packs a tree. *bytes: allocated, the caller frees it with nn_free. */
nn_status spec_pack(unsigned char **bytes, size_t *size, const spec_node *root, nn_error *err);
/* The tree that was packed. The bytes come from spec_pack and are not checked; texts point into them. The file's name is copied. */
nn_status spec_unpack(const spec_node **root, const char *file, const unsigned char *bytes, arena *a, nn_error *err);

/* The tree of a file: unpacked if it is embedded, otherwise parsed (spec_parse). */
nn_status spec_file_tree(const spec_node **root, const spec_file *file, arena *a, nn_error *err);

#endif
