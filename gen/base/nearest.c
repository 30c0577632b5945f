#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 63

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment (F. Damerau, "A technique for computer detection and correction of spelling errors", 1964); keeps
 * three rows of the matrix. Costs: of another letter, of a missing or surplus one, and of two that are swapped. */
static size_t distance(const char *a, const char *b, size_t replace, size_t other, size_t swap)
{
    size_t la = strnlen(a, LONGEST), lb = strnlen(b, LONGEST), row[3][LONGEST + 1];
    for (size_t j = 0; j <= lb; j++)
        row[0][j] = j * other;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = i * other;
        for (size_t j = 1; j <= lb; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            size_t d = before[j - 1] + (x != y ? replace : 0);
            d = least(d, least(before[j], now[j - 1]) + other);
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && y == lower(a[i - 2]))
                d = least(d, earlier[j - 2] + swap);
            now[j] = d;
        }
    }
    return row[la % 3][lb];
}

size_t word_distance(const char *a, const char *b, size_t most)
{
    size_t d = distance(a, b, 1, 1, 1);
    return d > most ? most + 1 : d;
}

/* How bad a candidate is: letters are swapped more often than left out or doubled, and that more often than replaced, and the first
 * one is seldom wrong. */
static size_t badness(const char *unknown, const char *candidate)
{
    return 2 * distance(unknown, candidate, 6, 5, 4) + (lower(*unknown) != lower(*candidate));
}

void nearest_offer(nearest *n, const char *unknown, const char *candidate)
{
    size_t length = strlen(unknown), most = length < 3 ? 1 : (length + 2) / 3;
    size_t d = word_distance(unknown, candidate, most);
    size_t bad = d <= most ? badness(unknown, candidate) : 0;
    if (d <= most && (n->word == NULL || bad < n->badness)) {
        n->word = candidate;
        n->badness = bad;
    }
}

size_t nearest_family(char *out, size_t size, const char *start, const char *quote, const char *const *words, size_t n)
{
    const char *found[NEAREST_FAMILY];
    size_t members = 0, used = 0, length = strlen(start);
    for (size_t i = 0; i < n && length > 0; i++)
        if (strncmp(words[i], start, length) == 0) {
            if (members < NEAREST_FAMILY)
                found[members] = words[i];
            members++;
        }
    *out = '\0';
    for (size_t i = 0; members <= NEAREST_FAMILY && i < members && used < size; i++) {
        const char *gap = i == 0 ? "" : i + 1 == members ? " or " : ", ";
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", gap, quote, found[i], quote);
    }
    if (used > 0 && used < size)
        return members;
    *out = '\0';
    return 0;
}
