/* Waiting times for people; other figures are worded by reports/units.h. */
#ifndef TB_BENCH_UNITS_H
#define TB_BENCH_UNITS_H

#include <stdint.h>

#define TB_WAIT_TEXT_SIZE 48

/* "45 s", "2 min 5 s", "1 h 20 min". Returns `text`. */
const char *tb_wait_text(uint64_t ns, char text[TB_WAIT_TEXT_SIZE]);

#endif
