/* Edit distance with transpositions (optimal string alignment), on short words only. */
#include "bench/nearest.h"

#include <stddef.h>
#include <string.h>

#define LONGEST 40

static int smallest(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

static int distance(const char *a, const char *b)
{
    int rows[3][LONGEST + 1];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > LONGEST || b_size > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a_size; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *above_that = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_size; j++) {
            int change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smallest(row[j], above_that[j - 2] + 1, row[j]);
        }
    }
    return rows[a_size % 3][b_size];
}

void tb_nearest_begin(tb_nearest *nearest, const char *wanted)
{
    /* A third of the letters may be wrong, at least one and at most three. */
    int allowed = (int)strlen(wanted) / 3;
    nearest->wanted = wanted;
    nearest->best = NULL;
    nearest->best_distance = 1 + (allowed < 1 ? 1 : allowed > 3 ? 3 : allowed);
}

void tb_nearest_try(tb_nearest *nearest, const char *candidate)
{
    if (!candidate)
        return;
    int found = distance(nearest->wanted, candidate);
    if (found < nearest->best_distance) {
        nearest->best = candidate;
        nearest->best_distance = found;
    }
}
