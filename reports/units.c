/* Picking units and digits; see units.h. */
#include "reports/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/size.h"

typedef struct step {
    double size; /* of one, in the base unit */
    const char *name;
} step;

static const step durations[] = {{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}};
static const step bytes_steps[] = {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}};
static const step counts[] = {{1, ""}, {1e3, " k"}, {1e6, " M"}, {1e9, " G"}, {1e12, " T"}};
static const step kilohertz[] = {{1, "kHz"}, {1e3, "MHz"}, {1e6, "GHz"}};
static const step microjoules[] = {{1e-3, "nJ"}, {1, "µJ"}, {1e3, "mJ"}, {1e6, "J"}};

/* The largest step that leaves at least 1 after rounding to three digits. */
static const step *pick(const step *steps, size_t count, double value)
{
    const step *chosen = steps;
    for (size_t i = 1; i < count; i++)
        if (fabs(value) >= steps[i].size * 0.9995)
            chosen = &steps[i];
    return chosen;
}

/* Decimals that show `digits` significant digits of a value. */
static int decimals_for(double value, int digits)
{
    double size = fabs(value);
    double slack = 1 - 0.5 * pow(10, -digits); /* what rounds up to the next power of ten */
    int decimals = digits - 1;
    for (double edge = 10; decimals > 0 && size >= edge * slack; edge *= 10)
        decimals--;
    for (double edge = 1; size > 0 && size < edge * slack && decimals < 12; edge /= 10)
        decimals++;
    return decimals;
}

static void format_steps(const step *steps, size_t count, double value,
                         char text[TB_FIGURE_TEXT_SIZE])
{
    const step *chosen = pick(steps, count, value);
    double scaled = value / chosen->size;
    /* Whole counts of the base unit need no decimals. */
    int decimals = scaled == floor(scaled) && chosen->size <= 1 ? 0 : decimals_for(scaled, 3);
    const char *gap = chosen->name[0] == ' ' || !chosen->name[0] ? "" : " ";
    snprintf(text, TB_FIGURE_TEXT_SIZE, "%.*f%s%s", decimals, scaled, gap, chosen->name);
}

void tb_format_duration(double ns, char text[TB_FIGURE_TEXT_SIZE])
{
    format_steps(durations, TB_COUNT_OF(durations), ns, text);
}

void tb_format_duration_interval(double ns, double low_ns, double high_ns,
                                 char middle[TB_FIGURE_TEXT_SIZE],
                                 char interval[TB_FIGURE_TEXT_SIZE])
{
    const step *chosen = pick(durations, TB_COUNT_OF(durations), ns);
    double scaled = ns / chosen->size;
    double low = low_ns / chosen->size, high = high_ns / chosen->size;
    int decimals = chosen->size <= 1 && scaled == floor(scaled) ? 0 : decimals_for(scaled, 3);
    int most = decimals_for(scaled, 5);
    while (decimals < most && high > low && (high - low) * pow(10, decimals) < 1)
        decimals++;
    snprintf(middle, TB_FIGURE_TEXT_SIZE, "%.*f %s", decimals, scaled, chosen->name);
    snprintf(interval, TB_FIGURE_TEXT_SIZE, "[%.*f–%.*f]", decimals, low, decimals, high);
}

void tb_format_bytes(double bytes, char text[TB_FIGURE_TEXT_SIZE])
{
    format_steps(bytes_steps, TB_COUNT_OF(bytes_steps), bytes, text);
}

void tb_format_count(double count, char text[TB_FIGURE_TEXT_SIZE])
{
    format_steps(counts, TB_COUNT_OF(counts), count, text);
}

void tb_format_ratio(double ratio, char text[TB_FIGURE_TEXT_SIZE])
{
    int decimals = decimals_for(ratio, ratio < 10 ? 2 : 3);
    snprintf(text, TB_FIGURE_TEXT_SIZE, "%.*f×", decimals > 2 ? 2 : decimals, ratio);
}

void tb_format_value(double value, const char *unit, char text[TB_FIGURE_TEXT_SIZE])
{
    static const struct {
        const char *unit;
        const step *steps;
        size_t count;
    } known[] = {
        {"ns", durations, TB_COUNT_OF(durations)},
        {"bytes", bytes_steps, TB_COUNT_OF(bytes_steps)},
        {"khz", kilohertz, TB_COUNT_OF(kilohertz)},
        {"uj", microjoules, TB_COUNT_OF(microjoules)},
        {"count", counts, TB_COUNT_OF(counts)},
    };
    for (size_t i = 0; i < TB_COUNT_OF(known); i++) {
        if (strcmp(unit, known[i].unit) == 0) {
            format_steps(known[i].steps, known[i].count, value, text);
            return;
        }
    }
    if (strcmp(unit, "celsius") == 0)
        snprintf(text, TB_FIGURE_TEXT_SIZE, "%.1f °C", value);
    else if (strcmp(unit, "share") == 0)
        snprintf(text, TB_FIGURE_TEXT_SIZE, "%.4g %%", 100 * value);
    else
        snprintf(text, TB_FIGURE_TEXT_SIZE, "%.6g%s%s", value, *unit ? " " : "", unit);
}

const char *tb_unit_of_name(const char *name)
{
    static const char *const units[] = {"ns", "bytes", "khz", "uj", "celsius"};
    const char *last = strrchr(name, '_');
    for (size_t i = 0; last && i < TB_COUNT_OF(units); i++)
        if (strcmp(last + 1, units[i]) == 0)
            return units[i];
    return "";
}
