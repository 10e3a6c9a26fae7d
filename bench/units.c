/* Units for people; see units.h. */
#include "bench/units.h"

#include <math.h>
#include <stdio.h>

/* Three digits, never in powers of ten. */
static void three_digits(double value, const char *unit, char text[TB_UNIT_TEXT_SIZE])
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(text, TB_UNIT_TEXT_SIZE, "%.*f %s", decimals, value, unit);
}

static const char *pick(double value, double step, const char *const *units, int count,
                        char text[TB_UNIT_TEXT_SIZE])
{
    int unit = 0;
    while (unit + 1 < count && fabs(value) >= step * 0.9995) {
        value /= step;
        unit++;
    }
    if (unit == 0)
        snprintf(text, TB_UNIT_TEXT_SIZE, "%.0f %s", value, units[0]);
    else
        three_digits(value, units[unit], text);
    return text;
}

const char *tb_unit_ns(double ns, char text[TB_UNIT_TEXT_SIZE])
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    return pick(ns, 1000, units, 4, text);
}

const char *tb_unit_bytes(double bytes, char text[TB_UNIT_TEXT_SIZE])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    return pick(bytes, 1024, units, 5, text);
}

const char *tb_unit_wait(uint64_t ns, char text[TB_UNIT_TEXT_SIZE])
{
    unsigned long long s = (unsigned long long)((ns + 500000000u) / 1000000000u);
    if (s < 60)
        snprintf(text, TB_UNIT_TEXT_SIZE, "%llu s", s);
    else if (s < 3600)
        snprintf(text, TB_UNIT_TEXT_SIZE, "%llu min %llu s", s / 60, s % 60);
    else
        snprintf(text, TB_UNIT_TEXT_SIZE, "%llu h %llu min", s / 3600, s % 3600 / 60);
    return text;
}
