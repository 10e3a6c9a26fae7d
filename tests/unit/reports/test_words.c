/* Units, escapes and axes: the small parts of every report. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/plot.h"
#include "reports/units.h"
#include "runtime/base/size.h"

Test(units, durations_keep_three_digits)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},          {1, "1 ns"},
        {0.25, "0.250 ns"},   {0.0004, "0.000400 ns"},
        {380, "380 ns"},      {999, "999 ns"},
        {999.4, "999 ns"},    {999.7, "1.00 µs"},
        {1000, "1.00 µs"},    {4210, "4.21 µs"},
        {42100, "42.1 µs"},   {999499, "999 µs"},
        {999600, "1.00 ms"},  {4206000, "4.21 ms"},
        {9.996e6, "10.0 ms"}, {1.5e9, "1.50 s"},
        {123.4e9, "123 s"},   {-4206000, "-4.21 ms"},
        {1e13, "10000 s"},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_duration(cases[i].ns, text);
        cr_expect_str_eq(text, cases[i].text, "%g ns: \"%s\", expected \"%s\"", cases[i].ns, text,
                         cases[i].text);
    }
}

Test(units, nothing_but_zero_prints_as_zero)
{
    char text[TB_FIGURE_TEXT_SIZE];
    for (double value = 1e-9; value < 1e15; value *= 1.7) {
        static const char *const units[] = {"ns", "bytes", "khz", "uj", "count", "ratio"};
        for (size_t i = 0; i < TB_COUNT_OF(units); i++) {
            tb_format_value(value, units[i], text);
            cr_assert(strpbrk(text, "123456789"), "%g %s prints as %s", value, units[i], text);
        }
    }
}

Test(units, intervals_share_unit_and_digits)
{
    static const struct {
        double median, low, high;
        const char *middle, *interval;
    } cases[] = {
        {4206000, 4100000, 4330000, "4.21 ms", "[4.10–4.33]"},
        {4206000, 4205000, 4207000, "4.206 ms", "[4.205–4.207]"},
        {4206000, 4205990, 4206010, "4.2060 ms", "[4.2060–4.2060]"},
        {4206000, 4206000, 4206000, "4.21 ms", "[4.21–4.21]"},
        {980000, 900000, 1200000, "980 µs", "[900–1200]"},
        {380, 370, 390, "380 ns", "[370–390]"},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        char middle[TB_FIGURE_TEXT_SIZE], interval[TB_FIGURE_TEXT_SIZE];
        tb_format_duration_interval(cases[i].median, cases[i].low, cases[i].high, middle, interval);
        cr_expect_str_eq(middle, cases[i].middle);
        cr_expect_str_eq(interval, cases[i].interval);
    }
}

Test(units, other_kinds)
{
    static const struct {
        double value;
        const char *unit, *text;
    } cases[] = {
        {0, "bytes", "0 B"},
        {1536, "bytes", "1.54 kB"},
        {5.8e6, "bytes", "5.80 MB"},
        {1.14e9, "count", "1.14 G"},
        {980, "count", "980"},
        {2700000, "khz", "2.70 GHz"},
        {250, "uj", "250 µJ"},
        {0.5, "uj", "500 nJ"},
        {61.5, "celsius", "61.5 °C"},
        {0.125, "ratio", "0.125 ratio"},
        {3, "", "3"},
    };
    for (size_t i = 0; i < TB_COUNT_OF(cases); i++) {
        char text[TB_FIGURE_TEXT_SIZE];
        tb_format_value(cases[i].value, cases[i].unit, text);
        cr_expect_str_eq(text, cases[i].text, "\"%s\", expected \"%s\"", text, cases[i].text);
    }
    char text[TB_FIGURE_TEXT_SIZE];
    tb_format_ratio(3.14159, text);
    cr_expect_str_eq(text, "3.1×");
    tb_format_ratio(12.6, text);
    cr_expect_str_eq(text, "12.6×");
    cr_expect_str_eq(tb_unit_of_name("peak_rss_bytes"), "bytes");
    cr_expect_str_eq(tb_unit_of_name("threads"), "");
    cr_expect_str_eq(tb_unit_of_name("kernel_name"), "");
}

static const char *escaped(void (*escape)(tb_buf *, const char *), const char *text)
{
    static char copy[256];
    tb_buf out = {0};
    escape(&out, text);
    snprintf(copy, sizeof copy, "%s", tb_buf_text(&out));
    tb_buf_free(&out);
    return copy;
}

Test(escape, every_format_is_safe)
{
    cr_expect_str_eq(escaped(tb_escape_html, "<b a=\"1\" c='2'>&</b>"),
                     "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&lt;/b&gt;");
    cr_expect_str_eq(escaped(tb_escape_html, "a\x01"
                                             "b\x7f"
                                             "c\xff"
                                             "d\xc3\xa9"),
                     "a\xef\xbf\xbd"
                     "b\xef\xbf\xbd"
                     "c\xef\xbf\xbd"
                     "d\xc3\xa9");
    cr_expect_str_eq(escaped(tb_escape_plain, "\x1b[31mred\n"), "\xef\xbf\xbd[31mred\xef\xbf\xbd");
    cr_expect_str_eq(escaped(tb_escape_csv, "plain text"), "plain text");
    cr_expect_str_eq(escaped(tb_escape_csv, "a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
    cr_expect_str_eq(escaped(tb_escape_csv, "=SUM(A1)"), "\"'=SUM(A1)\"");
    cr_expect_str_eq(escaped(tb_escape_markdown, "a|b_c\n<d>"), "a\\|b\\_c &lt;d&gt;");
    cr_expect_str_eq(escaped(tb_escape_html, NULL), "");
    cr_expect_str_eq(escaped(tb_escape_csv, NULL), "");
    cr_expect_eq(tb_escape_columns("a\xc3\xa9\xe2\x80\x93"), 3);
}

Test(escape, broken_utf8_never_passes)
{
    /* Overlong forms, surrogates, past the last code point, cut sequences. */
    static const char *const broken[] = {
        "\xc0\xaf",         "\xe0\x80\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xe2\x82",     "\x80",         "\xf0\x9f\x98"};
    for (size_t i = 0; i < TB_COUNT_OF(broken); i++) {
        const char *text = escaped(tb_escape_plain, broken[i]);
        size_t length = strlen(text);
        cr_expect(length > 0 && length % 3 == 0, "case %zu", i);
        for (size_t k = 0; k < length; k += 3)
            cr_expect_eq(strncmp(text + k, "\xef\xbf\xbd", 3), 0, "case %zu", i);
    }
    cr_expect_str_eq(escaped(tb_escape_plain, "\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
}

Test(plot, axes_hold_their_range_with_round_ticks)
{
    tb_axis axis = tb_axis_linear(-0.037, 0.081, 4);
    cr_expect_leq(axis.low, -0.037);
    cr_expect_geq(axis.high, 0.081);
    cr_expect_geq(axis.tick_count, 3);
    for (size_t i = 0; i < axis.tick_count; i++)
        cr_expect(fabs(axis.ticks[i] / 0.05 - round(axis.ticks[i] / 0.05)) < 1e-9);
    axis = tb_axis_linear(5, 5, 4);
    cr_expect_gt(axis.high, axis.low);
    axis = tb_axis_linear(0, 0, 4);
    cr_expect_gt(axis.high, axis.low);
    axis = tb_axis_logarithmic(2e4, 6e7, 6);
    cr_expect_geq(axis.tick_count, 2);
    for (size_t i = 0; i < axis.tick_count; i++) {
        cr_expect_geq(axis.ticks[i], axis.low);
        cr_expect_leq(axis.ticks[i], axis.high * (1 + 1e-9));
    }
    cr_expect_float_eq(tb_axis_place(&axis, axis.low), 0, 1e-12);
    cr_expect_float_eq(tb_axis_place(&axis, axis.high), 1, 1e-12);
    cr_expect_float_eq(tb_axis_place(&axis, sqrt(axis.low * axis.high)), 0.5, 1e-12);
    cr_expect_eq(tb_axis_place(&axis, 0), 0);
    cr_expect_eq(tb_axis_place(&axis, 1e300), 1);
}

Test(plot, density_peaks_where_the_samples_are)
{
    double samples[200];
    for (size_t i = 0; i < 200; i++)
        samples[i] = i < 150 ? 10 + (double)i / 1000 : 20 + (double)i / 1000;
    double density[50];
    tb_density_sorted(samples, 200, 0, 30, density, 50);
    size_t peak = 0;
    for (size_t b = 0; b < 50; b++)
        peak = density[b] > density[peak] ? b : peak;
    cr_expect(peak >= 15 && peak <= 18, "bin %zu", peak);
    cr_expect_float_eq(density[peak], 1, 1e-12);
    cr_expect_gt(density[33], density[25]);
    tb_density_sorted(samples, 200, 100, 200, density, 50);
    cr_expect_eq(density[0], 0);
    static const double flat[] = {5, 5, 5};
    tb_density_sorted(flat, 3, 4, 6, density, 50);
    cr_expect_float_eq(density[25], 1, 1e-9);
}
