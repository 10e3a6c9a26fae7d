/*
 * Figures for people: the unit is picked so that three significant digits show and nothing that is
 * not zero prints as 0.000.
 */
#ifndef TB_REPORTS_UNITS_H
#define TB_REPORTS_UNITS_H

#include <stddef.h>

#define TB_FIGURE_TEXT_SIZE 64

/* "4.21 ms", "380 ns", "12.3 s", "0 ns". */
void tb_format_duration(double ns, char text[TB_FIGURE_TEXT_SIZE]);

/* "4.21 ms" and "[4.10–4.33]" in the same unit, with as many digits as tell the ends apart (five
   significant at most). */
void tb_format_duration_interval(double ns, double low_ns, double high_ns,
                                 char middle[TB_FIGURE_TEXT_SIZE],
                                 char interval[TB_FIGURE_TEXT_SIZE]);

/* "1.21 MB", decimal prefixes as the rest of the field prints model sizes. */
void tb_format_bytes(double bytes, char text[TB_FIGURE_TEXT_SIZE]);

/* "12.3 M", "980": counts such as operations. */
void tb_format_count(double count, char text[TB_FIGURE_TEXT_SIZE]);

/* "3.1×", "12×". */
void tb_format_ratio(double ratio, char text[TB_FIGURE_TEXT_SIZE]);

/* A value with the unit of a figure or of a field's name (the part after the last _): ns, bytes,
   khz, uj, celsius, share (in per cent); of any other the plain number and the unit. */
void tb_format_value(double value, const char *unit, char text[TB_FIGURE_TEXT_SIZE]);

/* The unit in a field's name ("median_ns": "ns"), "" where it has none. */
const char *tb_unit_of_name(const char *name);

#endif
