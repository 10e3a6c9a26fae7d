/* The table of delegates, made from delegates.def. */
#include <stddef.h>
#include <string.h>

#include "delegates/delegate.h"

#define X(name) extern const tb_delegate_row tb_delegate_##name;
#include "delegates/delegates.def"
#undef X

/* Ends with NULL, so that a build without any delegate is sound too. */
static const tb_delegate_row *const rows[] = {
#define X(name) &tb_delegate_##name,
#include "delegates/delegates.def"
#undef X
    NULL,
};

const tb_delegate_row *const *tb_delegate_rows(int *count)
{
    *count = (int)(sizeof rows / sizeof *rows) - 1;
    return rows;
}

const tb_delegate_row *tb_delegate_find(const char *name)
{
    for (const tb_delegate_row *const *row = rows; *row; row++)
        if (strcmp((*row)->name, name) == 0)
            return *row;
    return NULL;
}
