/* What is at the other end of a descriptor, and how wide it is. */
#ifndef TB_BENCH_TERMINAL_H
#define TB_BENCH_TERMINAL_H

#include <stdbool.h>

/* A terminal that understands escape sequences. */
bool tb_terminal_is(int fd);
/* Its columns; $COLUMNS where set goes first. 0: no terminal, or unknown. */
int tb_terminal_width(int fd);

#endif
