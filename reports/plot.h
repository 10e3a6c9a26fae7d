/*
 * Shapes of data for pictures: axes with round ticks, densities, cumulative curves. Numbers only;
 * drawing is the writers'.
 */
#ifndef TB_REPORTS_PLOT_H
#define TB_REPORTS_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#define TB_AXIS_TICKS 12

typedef struct tb_axis {
    double low, high;
    bool logarithmic; /* then low > 0 */
    double ticks[TB_AXIS_TICKS];
    size_t tick_count;
} tb_axis;

/* An axis that holds low .. high with round ends and about `wanted` ticks. */
tb_axis tb_axis_linear(double low, double high, size_t wanted);
/* As above; low > 0. Ticks are 1, 2, 5 times powers of ten, thinned to what is wanted. */
tb_axis tb_axis_logarithmic(double low, double high, size_t wanted);

/* Where a value lies, 0 .. 1, clamped. */
double tb_axis_place(const tb_axis *axis, double value);

/* The smoothed density of sorted samples in `bins` equal cells of low .. high, the highest cell 1;
   samples outside are left out. All 0 where none is inside. bins <= 256. */
void tb_density_sorted(const double *sorted, size_t count, double low, double high, double *density,
                       size_t bins);

#endif
