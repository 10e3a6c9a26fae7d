/* Ctrl-C and requests to end: the first is noted, so that what was measured is stored and summed up;
   the second ends the program as usual. */
#ifndef TB_BENCH_INTERRUPT_H
#define TB_BENCH_INTERRUPT_H

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP are noted from now on, SIGHUP but where it is ignored (nohup). SIGPIPE
   is ignored. */
void tb_interrupt_catch(void);
bool tb_interrupted(void);

#endif
