/* Store and format by the command line; see store_args.h. */
#include "bench/store_args.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/terminal.h"
#include "runtime/base/buf.h"

const char *tb_store_args_path(const tb_args *args)
{
    const char *environment = getenv("TFLBENCH_DB");
    bool by_environment = !tb_args_given(args, "db") && environment && *environment;
    return by_environment ? environment : tb_args_text(args, "db");
}

tb_status tb_store_args_open(const tb_args *args, tb_store_mode mode, tb_error *err, tb_store **out)
{
    return tb_store_open(tb_store_args_path(args), mode, err, out);
}

tb_status tb_store_args_format(const tb_args *args, tb_error *err, const char **out)
{
    static const char *const formats[] = {"json", "csv", "markdown"};
    *out = "table";
    bool found = false;
    for (size_t k = 0; k < 3; k++) {
        if (!tb_args_flag(args, formats[k]))
            continue;
        if (found)
            return tb_fail(err, TB_USAGE, "--%s and --%s exclude each other", *out, formats[k]);
        found = true;
        *out = formats[k];
    }
    return TB_OK;
}

tb_report_options tb_store_args_look(void)
{
    bool terminal = tb_terminal_is(STDOUT_FILENO);
    return (tb_report_options){
        .colour = terminal && !getenv("NO_COLOR"),
        .width = terminal ? tb_terminal_width(STDOUT_FILENO) : 0,
    };
}

tb_status tb_store_args_select(const tb_args *args, tb_store *store, const char *name,
                               tb_error *err, tb_selection **out)
{
    int count;
    const char *const *conditions = tb_args_list(args, "where", &count);
    tb_buf where = {0};
    for (int k = 0; k < count; k++)
        tb_buf_printf(&where, "%s%s", k ? "," : "", conditions[k]);
    tb_status status = tb_buf_status(&where, "conditions", err);
    if (status == TB_OK)
        status = tb_selection_open(store, name ? name : "@", count ? tb_buf_text(&where) : NULL,
                                   err, out);
    tb_buf_free(&where);
    return status;
}

tb_exit tb_store_args_fail(const tb_error *err)
{
    tb_exit code = tb_cmd_fail(err);
    return code == TB_EXIT_USAGE ? code : TB_EXIT_ENVIRONMENT;
}
