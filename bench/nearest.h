/* "Did you mean ...?": the nearest of some words to one that nobody knows. */
#ifndef TB_BENCH_NEAREST_H
#define TB_BENCH_NEAREST_H

typedef struct tb_nearest {
    const char *wanted;
    const char *best; /* NULL: nothing near enough */
    int best_distance;
} tb_nearest;

void tb_nearest_begin(tb_nearest *nearest, const char *wanted);
/* `candidate` is borrowed; NULL is passed over. */
void tb_nearest_try(tb_nearest *nearest, const char *candidate);

#endif
