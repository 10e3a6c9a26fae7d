/* The name table of the builtin operators, from the same rows as their enum. */
#include "runtime/builtin_names.h"

#include "runtime/base/size.h"

static const char *const names[] = {
#define TB_BUILTIN_OP(code, name, schema_name) [code] = #schema_name,
#include "runtime/tflite_abi/builtin_ops.def"
};

const char *tb_builtin_name(int code)
{
    if (code < 0 || (size_t)code >= TB_COUNT_OF(names) || !names[code])
        return "UNKNOWN";
    return names[code];
}
