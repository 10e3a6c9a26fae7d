/* Axes and densities; see plot.h. */
#include "reports/plot.h"

#include <math.h>
#include <string.h>

#include "reports/stats.h"

#define MOST_BINS 256

/* The next of 1, 2, 5 times a power of ten at or above. */
static double round_step(double least)
{
    double power = pow(10, floor(log10(least)));
    static const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++)
        if (factors[i] * power >= least * (1 - 1e-9))
            return factors[i] * power;
    return 10 * power;
}

tb_axis tb_axis_linear(double low, double high, size_t wanted)
{
    tb_axis axis = {.low = low, .high = high};
    if (!(high > low))
        axis.high = high = low + (low != 0 ? fabs(low) : 1);
    if (wanted > TB_AXIS_TICKS - 2)
        wanted = TB_AXIS_TICKS - 2;
    double step = round_step((high - low) / (double)(wanted ? wanted : 1));
    axis.low = floor(low / step + 1e-9) * step;
    axis.high = ceil(high / step - 1e-9) * step;
    for (double i = 0; axis.tick_count < TB_AXIS_TICKS; i++) {
        double tick = axis.low + i * step;
        if (tick > axis.high + step / 2)
            break;
        axis.ticks[axis.tick_count++] = tick;
    }
    return axis;
}

tb_axis tb_axis_logarithmic(double low, double high, size_t wanted)
{
    tb_axis axis = {.low = low, .high = high > low ? high : low * 2, .logarithmic = true};
    static const double fine[] = {1, 2, 5};
    static const double coarse[] = {1};
    double decades = log10(axis.high / axis.low);
    bool many = decades * 3 > (double)wanted;
    const double *factors = many ? coarse : fine;
    size_t factor_count = many ? 1 : 3;
    double skip = many ? ceil(decades / (double)(wanted ? wanted : 1)) : 1;
    for (double power = floor(log10(axis.low)); power <= log10(axis.high) + 1; power += skip) {
        for (size_t i = 0; i < factor_count && axis.tick_count < TB_AXIS_TICKS; i++) {
            double tick = factors[i] * pow(10, power);
            if (tick >= axis.low * (1 - 1e-9) && tick <= axis.high * (1 + 1e-9))
                axis.ticks[axis.tick_count++] = tick;
        }
    }
    return axis;
}

double tb_axis_place(const tb_axis *axis, double value)
{
    double place = axis->logarithmic
                       ? (value > 0 ? log(value / axis->low) / log(axis->high / axis->low) : 0)
                       : (value - axis->low) / (axis->high - axis->low);
    return place < 0 ? 0 : place > 1 ? 1 : place;
}

/* Silverman's rule, with the spread of the middle half so that a far outlier does not widen it. */
static double bandwidth(const double *sorted, size_t count)
{
    double middle =
        (tb_quantile_sorted(sorted, count, 0.75) - tb_quantile_sorted(sorted, count, 0.25)) / 1.34;
    double spread = tb_stddev(sorted, count);
    if (middle > 0 && middle < spread)
        spread = middle;
    return 0.9 * spread * pow((double)count, -0.2);
}

void tb_density_sorted(const double *sorted, size_t count, double low, double high, double *density,
                       size_t bins)
{
    double cells[MOST_BINS] = {0};
    memset(density, 0, bins * sizeof *density);
    if (count == 0 || !(high > low) || bins > MOST_BINS)
        return;
    double width = (high - low) / (double)bins;
    for (size_t i = 0; i < count; i++) {
        double at = (sorted[i] - low) / width;
        if (at >= 0 && at < (double)bins)
            cells[(size_t)at]++;
        else if (sorted[i] == high)
            cells[bins - 1]++;
    }
    double sigma = bandwidth(sorted, count) / width;
    if (sigma < 0.6)
        sigma = 0.6; /* narrower than a cell: still a shape that can be seen */
    double highest = 0;
    for (size_t b = 0; b < bins; b++) {
        for (size_t c = 0; c < bins; c++) {
            double distance = ((double)b - (double)c) / sigma;
            if (cells[c] > 0 && fabs(distance) < 5)
                density[b] += cells[c] * exp(-0.5 * distance * distance);
        }
        highest = density[b] > highest ? density[b] : highest;
    }
    for (size_t b = 0; highest > 0 && b < bins; b++)
        density[b] /= highest;
}
