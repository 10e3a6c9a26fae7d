/* `tflbench init`: a commented start, and a gate for a CI system. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/cmd.h"
#include "bench/config.h"

static const tb_option options[] = {
    {.name = "ci",
     .kind = TB_OPTION_TEXT,
     .value_name = "github|gitlab",
     .help = "Write a workflow that gates every change too."},
    {.name = "force", .kind = TB_OPTION_FLAG, .help = "Replace files that are there."},
    {.name = NULL},
};

static const char config_text[] =
#include "bench/init_config.inc"
    ;
static const char github_text[] =
#include "bench/init_github.inc"
    ;
static const char gitlab_text[] =
#include "bench/init_gitlab.inc"
    ;
static const char gate_text[] =
#include "bench/init_gate.inc"
    ;

static tb_status make_folders(const char *path, tb_error *err)
{
    char part[256];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return tb_fail_errno(err, "%s: cannot be made", part);
    }
    return TB_OK;
}

static tb_status write_file(const char *path, const char *text, bool force, bool program,
                            tb_error *err)
{
    if (!force && access(path, F_OK) == 0)
        return tb_fail(err, TB_STATE, "%s is there already: --force replaces it", path);
    tb_status status = make_folders(path, err);
    if (status != TB_OK)
        return status;
    FILE *file = fopen(path, "we");
    if (!file)
        return tb_fail_errno(err, "%s: cannot be written", path);
    bool written = fputs(text, file) >= 0;
    written = fclose(file) == 0 && written;
    if (!written || (program && chmod(path, 0755) != 0))
        return tb_fail_errno(err, "%s: cannot be written", path);
    printf("wrote %s\n", path);
    return TB_OK;
}

static tb_exit run(const tb_args *args)
{
    tb_error err = TB_ERROR_NONE;
    const char *ci = tb_args_text(args, "ci");
    bool force = tb_args_flag(args, "force");
    bool github = ci && strcmp(ci, "github") == 0, gitlab = ci && strcmp(ci, "gitlab") == 0;
    tb_status status = TB_OK;
    if (ci && !github && !gitlab)
        status = tb_fail(&err, TB_USAGE, "--ci %s: goes github or gitlab", ci);
    if (status == TB_OK)
        status = write_file(TB_CONFIG_FILE, config_text, force, false, &err);
    if (status == TB_OK && ci)
        status = write_file("ci/tflbench-gate.sh", gate_text, force, true, &err);
    if (status == TB_OK && github)
        status = write_file(".github/workflows/tflbench.yml", github_text, force, false, &err);
    if (status == TB_OK && gitlab)
        status = write_file(".gitlab-ci.yml", gitlab_text, force, false, &err);
    return status == TB_OK ? TB_EXIT_OK : tb_cmd_fail(&err);
}

const tb_cmd tb_cmd_init = {
    .name = "init",
    .synopsis = "[--ci github|gitlab]",
    .summary = "write a commented tflbench.json, and a gate for a CI system",
    .description =
        "Writes tflbench.json with the gate's policy, commented. With --ci also a workflow that "
        "builds base and head on the runner and gates the change there: hosted runners are other "
        "machines every time, so stored timings say nothing on them, and both sides are measured "
        "side by side. The workflow calls ci/tflbench-gate.sh, which runs anywhere; edit the two "
        "lines on top of it.",
    .examples = "tflbench init --ci github\n"
                "    ready to commit\n",
    .see_also = "tflbench gate",
    .options = options,
    .min_operands = 0,
    .max_operands = 0,
    .run = run,
};
