/* Figures as people read them: the unit is picked so that nothing prints as 0.000. */
#ifndef TB_BENCH_UNITS_H
#define TB_BENCH_UNITS_H

#include <stdint.h>

#define TB_UNIT_TEXT_SIZE 32

/* "812 ns", "12.3 us", "4.56 ms", "7.89 s"; three digits. Returns `text`. */
const char *tb_unit_ns(double ns, char text[TB_UNIT_TEXT_SIZE]);
/* How long something takes, for people who wait: "45 s", "2 min 5 s", "1 h 20 min". */
const char *tb_unit_wait(uint64_t ns, char text[TB_UNIT_TEXT_SIZE]);
/* "512 B", "4.5 KiB", "13.2 MiB". */
const char *tb_unit_bytes(double bytes, char text[TB_UNIT_TEXT_SIZE]);

#endif
