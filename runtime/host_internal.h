/* Making the tb_host of a delegate's entry. */
#ifndef TB_RUNTIME_HOST_INTERNAL_H
#define TB_RUNTIME_HOST_INTERNAL_H

#include "runtime/interpreter_internal.h"

/* entry->interpreter is set; the entry stays where it is. */
void tb_host_fill(tb_delegate_entry *entry);
/* The subgraph's plan text is that of all delegates, in order of application. */
void tb_host_join_texts(tb_interpreter *interpreter, tb_subgraph *subgraph);

#endif
