/* The forms, and what each of them may do to a model. models.jsonl counts these features, so that failures can be attributed. */
#ifndef NN_FORM_FEATURE_H
#define NN_FORM_FEATURE_H

#define FORM_KIND_ROWS(X) \
    X(IF, "if")           \
    X(LOOP, "loop") X(SCAN, "scan") X(FUNCTION, "function") X(STORAGE, "storage") X(NAMES, "names") X(NEUTRAL, "neutral")

typedef enum {
#define X(id, word) FORM_##id,
    FORM_KIND_ROWS(X)
#undef X
        FORM_KINDS
} form_kind;

#define FORM_FEATURE_ROWS(X)                                                                                 \
    X(IF_CONSTANT, IF, "constant") /* the condition is an initializer */                                     \
    X(IF_INPUT, IF, "input")       /* ... a graph input */                                                   \
    X(IF_PROVEN, IF, "proven")     /* ... computed; its value is proven by intervals */                      \
    X(IF_EITHER, IF, "either")     /* ... computed; both branches are equal */                               \
    X(IF_ELSE, IF, "else")         /* the part is in the second branch */                                    \
    X(IF_COPY, IF, "copy")         /* the other branch is a copy of the part */                              \
    X(IF_FILLED, IF, "filled")     /* ... gives constants */                                                 \
    X(IF_PASSED, IF, "passed")     /* ... gives values from outside */                                       \
    X(IF_NESTED, IF, "nested")     /* inside a graph of a node */                                            \
    X(LOOP_NEVER, LOOP, "never")   /* the body does not run */                                               \
    X(LOOP_ONCE, LOOP, "once")                                                                               \
    X(LOOP_SEVERAL, LOOP, "several")                                                                         \
    X(LOOP_CONDITION, LOOP, "condition")     /* ends by its condition */                                     \
    X(LOOP_COUNTED, LOOP, "counted")         /* ends by its trip count */                                    \
    X(LOOP_INPUT, LOOP, "input")             /* the trip count is a graph input */                           \
    X(LOOP_ONE_ELEMENT, LOOP, "one_element") /* the trip count has rank 1 */                                 \
    X(LOOP_CARRIED, LOOP, "carried")         /* the part's inputs are carried */                             \
    X(LOOP_STACKED, LOOP, "stacked")         /* outputs are stacked, and one is picked */                    \
    X(LOOP_SLICES, LOOP, "slices")           /* takes a tensor apart and joins it again */                   \
    X(LOOP_NESTED, LOOP, "nested")                                                                           \
    X(SCAN_STACKED, SCAN, "stacked") /* the part scans stacked copies of its inputs */                       \
    X(SCAN_STATE, SCAN, "state")     /* ... has states */                                                    \
    X(SCAN_SLICES, SCAN, "slices")   /* takes a tensor apart and joins it again */                           \
    X(SCAN_BACKWARD, SCAN, "backward")                                                                       \
    X(SCAN_AXIS, SCAN, "axis") /* along another axis than the first */                                       \
    X(SCAN_NESTED, SCAN, "nested")                                                                           \
    X(FUNCTION_PART, FUNCTION, "part")           /* a connected part */                                      \
    X(FUNCTION_SHARED, FUNCTION, "shared")       /* one function for several nodes */                        \
    X(FUNCTION_TWICE, FUNCTION, "twice")         /* called again for some consumers */                       \
    X(FUNCTION_REFERENCE, FUNCTION, "reference") /* attributes by reference */                               \
    X(FUNCTION_DEFAULT, FUNCTION, "default")     /* attributes with default values, which calls leave out */ \
    X(FUNCTION_NESTED, FUNCTION, "nested")       /* calls another function */                                \
    X(FUNCTION_CONSTANT, FUNCTION, "constant")   /* constants inside */                                      \
    X(FUNCTION_INNER, FUNCTION, "inner")         /* called in the graph of a node */                         \
    X(STORAGE_TYPED, STORAGE, "typed")           /* elements in typed fields */                              \
    X(STORAGE_NODE, STORAGE, "node")             /* a node gives the constant: as a tensor */                \
    X(STORAGE_NUMBER, STORAGE, "number")         /* ... as a number */                                       \
    X(STORAGE_NUMBERS, STORAGE, "numbers")       /* ... as a list of numbers */                              \
    X(STORAGE_SPARSE, STORAGE, "sparse")         /* ... as a sparse tensor */                                \
    X(STORAGE_EXTERNAL, STORAGE, "external")                                                                 \
    X(STORAGE_FILES, STORAGE, "files")   /* several files with external data */                              \
    X(STORAGE_INPUT, STORAGE, "input")   /* an initializer that a caller may override */                     \
    X(STORAGE_OUTPUT, STORAGE, "output") /* an initializer is a graph output */                              \
    X(STORAGE_OLD, STORAGE, "old")       /* IR version 3: all initializers are graph inputs */               \
    X(STORAGE_UNUSED, STORAGE, "unused") /* unused initializers */                                           \
    X(STORAGE_DEAD, STORAGE, "dead")     /* nodes whose outputs nothing uses */                              \
    X(STORAGE_UNUSED_INPUT, STORAGE, "unused_input")                                                         \
    X(NAMES_VALUES, NAMES, "values") /* values have other names */                                           \
    X(NAMES_LONG, NAMES, "long")                                                                             \
    X(NAMES_SHADOW, NAMES, "shadow")           /* graphs that do not see one another use equal names */      \
    X(NAMES_NO_NODES, NAMES, "no_nodes")       /* nodes have no names */                                     \
    X(NAMES_EQUAL_NODES, NAMES, "equal_nodes") /* nodes of different graphs have equal names */              \
    X(NAMES_NODES, NAMES, "nodes")             /* nodes have other names */                                  \
    X(NAMES_DOCS, NAMES, "docs")               /* doc strings */                                             \
    X(NAMES_METADATA, NAMES, "metadata")                                                                     \
    X(NAMES_UNTOLD, NAMES, "untold")       /* no value_info */                                               \
    X(NAMES_SOME_TOLD, NAMES, "some_told") /* value_info for some values */                                  \
    X(NAMES_IMPORTS, NAMES, "imports")     /* further opset imports */                                       \
    X(NAMES_IR, NAMES, "ir")               /* a later IR version than the opset needs */                     \
    X(NEUTRAL_STEP, NEUTRAL, "step")       /* operators that together change nothing */                      \
    X(NEUTRAL_TWICE, NEUTRAL, "twice")     /* a node is computed again for some consumers */                 \
    X(NEUTRAL_ORDER, NEUTRAL, "order")     /* another topological order */                                   \
    X(NEUTRAL_OUTPUT, NEUTRAL, "output")   /* an inner tensor is a graph output */

typedef enum {
#define X(id, kind, word) FORM_##id,
    FORM_FEATURE_ROWS(X)
#undef X
        FORM_FEATURES
} form_feature;

extern const char *const form_kind_words[];    /* by form_kind */
extern const char *const form_feature_words[]; /* by form_feature: "if.constant" */

#endif
