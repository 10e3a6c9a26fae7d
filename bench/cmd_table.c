/* The table of subcommands, made from commands.def. */
#include <string.h>

#include "bench/cmd.h"
#include "runtime/base/size.h"

#define X(name) extern const tb_cmd tb_cmd_##name;
#include "bench/commands.def"
#undef X

static const tb_cmd *const rows[] = {
#define X(name) &tb_cmd_##name,
#include "bench/commands.def"
#undef X
};

const tb_cmd *const *tb_cmd_rows(int *count)
{
    *count = (int)TB_COUNT_OF(rows);
    return rows;
}

const tb_cmd *tb_cmd_find(const char *name)
{
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
        if (strcmp(rows[k]->name, name) == 0)
            return rows[k];
    return NULL;
}
