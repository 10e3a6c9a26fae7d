/* The table of engines, made from engines.def. */
#include <string.h>

#include "bench/engine.h"
#include "bench/nearest.h"
#include "runtime/base/size.h"

#define X(name) extern const tb_engine tb_engine_##name;
#include "bench/engines.def"
#undef X

static const tb_engine *const rows[] = {
#define X(name) &tb_engine_##name,
#include "bench/engines.def"
#undef X
};

const tb_engine *const *tb_engine_rows(int *count)
{
    *count = (int)TB_COUNT_OF(rows);
    return rows;
}

static const tb_engine *find(const char *name, size_t size)
{
    for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
        if (strlen(rows[k]->name) == size && memcmp(rows[k]->name, name, size) == 0)
            return rows[k];
    return NULL;
}

const tb_engine *tb_engine_find(const char *name)
{
    return find(name, strlen(name));
}

tb_status tb_engine_parse(const char *text, tb_error *err, const tb_engine **engine,
                          const char **library)
{
    size_t size = strcspn(text, ":");
    const tb_engine *found = find(text, size);
    if (!found) {
        tb_nearest nearest;
        tb_nearest_begin(&nearest, text);
        for (size_t k = 0; k < TB_COUNT_OF(rows); k++)
            tb_nearest_try(&nearest, rows[k]->name);
        if (nearest.best)
            return tb_fail(err, TB_USAGE, "engine '%s': unknown; did you mean %s?", text,
                           nearest.best);
        return tb_fail(err, TB_USAGE, "engine '%s': unknown; `tflbench list engines` names them",
                       text);
    }
    const char *path = text[size] == ':' ? text + size + 1 : NULL;
    if (path && !*path)
        return tb_fail(err, TB_USAGE, "engine '%s': no library follows the colon", text);
    *engine = found;
    *library = path;
    return TB_OK;
}
