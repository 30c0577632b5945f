#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

enum { MOST_CELLS = 40 };

static void bar_text(char *out, size_t room, int columns, const char *head, double share, const char *tail)
{
    char cells[MOST_CELLS + 1];
    int left = columns - (int)strlen(head) - (int)strlen(tail) - 3;
    int width = left > MOST_CELLS ? MOST_CELLS : left < 0 ? 0 : left;
    memset(cells, ' ', sizeof cells);
    memset(cells, '#', (size_t)((double)width * share));
    (void)snprintf(out, room, "%s[%.*s]%s\033[K", head, width, cells, tail);
}

void progress_models(char *out, size_t room, int columns, const nn_progress *p, double elapsed)
{
    double rate = elapsed > 0 ? (double)p->done / elapsed : 0;
    char tail[96];
    (void)snprintf(tail, sizeof tail, " %llu/%llu models  %.0f/s  %.0f s left", (unsigned long long)p->done,
                   (unsigned long long)p->count, rate, rate > 0 ? (double)(p->count - p->done) / rate : 0);
    bar_text(out, room, columns, "\r", (double)p->done / (double)p->count, tail);
}

void progress_steps(char *out, size_t room, int columns, const char *head, uint64_t done, uint64_t all, double elapsed)
{
    double share = (double)done / (double)all;
    char tail[96];
    (void)snprintf(tail, sizeof tail, " %.0f %%  %.0f s left", 100 * share, share > 0 ? elapsed * (1 - share) / share : 0);
    bar_text(out, room, columns, head, share, tail);
}
