/* The segment form of a choice tape: the bytes that fuzzers keep, mutate and splice.
 *
 * A tape is a sequence of segments. Each step of the builder reads one segment and nothing else, so that a change in one segment
 * does not shift what others read. A segment is a set of items; an item is the value of one decision, found by its address: a
 * label, and the place where the decision is made (segment_read.h). Items have one width. What an item refers to is named by the
 * address of another segment, not by its position, so that segments can be inserted, removed and moved.
 *
 *     bytes:    "NNT1", then segments
 *     segment:  kind u8, flags u8, u16 zero, number of items u32, address u32, salt u32
 *     item:     label u16, place u16, value u32
 *
 * All numbers are little-endian. Every byte string is a tape: what is cut off is ignored, and bytes without the magic are
 * segments of kind SEGMENT_STEP, each with four of the bytes as its salt.
 *
 * Ownership: a list owns its arrays. */
#ifndef NN_SEGMENTS_H
#define NN_SEGMENTS_H

#include "base.h"

typedef enum {
    SEGMENT_HEAD,  /* decisions about the whole model; the first of this kind counts */
    SEGMENT_STEP,  /* the builder chooses a move by itself */
    SEGMENT_GROUP, /* one to four operators that were solved together */
    SEGMENT_MOTIF,
    SEGMENT_SPARE, /* lets a weak output be a graph output */
    SEGMENT_TAIL,  /* decisions that finish the graph; the first of this kind counts */
    SEGMENT_KINDS
} segment_kind;

typedef struct {
    uint16_t label, place;
    uint32_t value;
} segment_item;

/* Labels of items that are no draws. The labels of draws are hashes of their names, at least SEGMENT_LABELS. */
typedef enum {
    ITEM_NONE,
    ITEM_NODES,    /* head: the number of nodes that the model was drawn for */
    ITEM_ATTEMPT,  /* head: failed attempts before this one */
    ITEM_EXTRA,    /* head: place 0: equal nodes, 1: constant nodes (build_extra.h) */
    ITEM_LOOSE,    /* head: weak tensors count, so that what is left can be finished */
    ITEM_LIMIT,    /* head: most graph outputs that the builder aims at */
    ITEM_CHOSEN,   /* tail: name of the tensor or use that was drawn for an extra node */
    ITEM_TURN,     /* tail: failed tries before the graph was finished */
    ITEM_SEED,     /* head: of the contents of tensors; place 0: low half, 1: high half */
    ITEM_INDEX,    /* head: the same of the stream */
    ITEM_CHECK,    /* head: hash of the tape and of the family that it was made in */
    ITEM_OPERATOR, /* hash of an operator's name */
    ITEM_ARITY,    /* slots of an input, if not one */
    ITEM_SLOT,     /* what is in a slot */
    ITEM_FROM,     /* address of the segment that made the tensor */
    ITEM_PORT,     /* which of its tensors, and the type and rank that the tensor had */
    ITEM_DIM,      /* and its dimensions, in order */
    ITEM_LOW,      /* and the bounds of its values, as the bits of a float32 */
    ITEM_HIGH,
    ITEM_TYPE,   /* requested type of the first output */
    ITEM_TARGET, /* output that replaces a graph input, + 1 */
    ITEM_MOTIF,  /* hash of a motif's name */
    ITEM_HOW,    /* level of a motif, kind of near miss, and how it meets the graph */
    ITEM_FEED,   /* the operator in front of a motif: its input and output */
    ITEM_LAYOUT, /* symbols of the axes of a slot that becomes a graph input, four bits each: 0, or the symbol's index + 1 */
    SEGMENT_LABELS = 32
} segment_label;

typedef struct {
    uint8_t kind, flags;
    uint32_t address, salt;
    size_t first, n; /* its items */
} segment;

typedef struct {
    segment *items;
    size_t n, capacity;
    segment_item *values; /* of all segments */
    size_t n_values, values_capacity;
    bool failed; /* out of memory */
} segment_list;

/* Flags of a segment. */
enum {
    SEGMENT_PLAIN = 1, /* no habits of the manner */
    SEGMENT_LEADS = 2, /* may take weak tensors only */
    SEGMENT_TWICE = 4  /* an operator may take a tensor twice */
};

#define SEGMENT_NOWHERE 0 /* address that no segment has: the tensor is to be a new graph input */
#define SEGMENT_MAGIC "NNT1"
#define SEGMENT_MAGIC_SIZE 4
#define SEGMENT_UNIT 8         /* bytes of an item */
#define SEGMENT_HEADER_SIZE 16 /* bytes */

/* Reads a tape of at most `most` segments; later ones are ignored. false: out of memory. */
bool segments_read(segment_list *l, const uint8_t *bytes, size_t size, size_t most);
size_t segments_size(const segment_list *l);
/* Writes segments_size bytes. */
void segments_write(const segment_list *l, uint8_t *out);
void segments_clear(segment_list *l); /* keeps the memory */
void segments_free(segment_list *l);

/* Adds a segment to the end, to which the next items belong. */
void segments_open(segment_list *l, segment_kind kind, uint32_t address);
void segments_put(segment_list *l, unsigned label, unsigned place, uint32_t value);
/* Adds the segment `at` of another list. */
void segments_copy(segment_list *l, const segment_list *from, size_t at);

/* A hash of all segments, but for items of this label. */
uint64_t segments_hash(const segment_list *l, uint64_t start, segment_label but);

uint16_t segment_label_of(const char *name);
uint32_t segment_hash(const char *name); /* of an operator or motif */

#endif
