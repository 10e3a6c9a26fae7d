/* The command line as it was typed, for the record of a run. */
#ifndef TB_BENCH_COMMAND_LINE_H
#define TB_BENCH_COMMAND_LINE_H

#include "runtime/base/buf.h"

/* main() tells once; argv is borrowed. */
void tb_command_line_set(int argc, char **argv);
/* Appends it, quoted for a shell. */
void tb_command_line_put(tb_buf *out);

#endif
