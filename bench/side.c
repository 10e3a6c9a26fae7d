/* What --base and --head name; see side.h. */
#include "bench/side.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_stored(const char *text)
{
    return *text == '@' || begins(text, "label:") || begins(text, "rev:") || begins(text, "db:");
}

static bool is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static bool is_model(const char *path)
{
    size_t size = strlen(path);
    return size > 7 && strcmp(path + size - 7, ".tflite") == 0;
}

static tb_status set_choice(tb_side *side, const char *key, const char *value, tb_error *err)
{
    const struct {
        const char *key, **field;
    } texts[] = {{"program", &side->program},
                 {"engine", &side->engine},
                 {"model", &side->model},
                 {"delegate", &side->delegate}};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (strcmp(key, texts[k].key) == 0) {
            *texts[k].field = value;
            return TB_OK;
        }
    if (strcmp(key, "threads") != 0)
        return tb_fail(err, TB_USAGE,
                       "%s: '%s' is none of program, engine, model, delegate, threads", side->text,
                       key);
    char *end;
    side->threads = strtoll(value, &end, 10);
    if (end == value || *end || side->threads < 1 || side->threads > 1024)
        return tb_fail(err, TB_USAGE, "%s: threads is a number from 1 to 1024", side->text);
    return TB_OK;
}

static tb_status parse_choices(tb_side *side, char *text, tb_error *err)
{
    tb_status status = TB_OK;
    char *rest = NULL;
    for (char *item = strtok_r(text, ",", &rest); item && status == TB_OK;
         item = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(item, '=');
        if (!equals)
            return tb_fail(err, TB_USAGE, "%s: goes KEY=VALUE,...", side->text);
        *equals = '\0';
        status = set_choice(side, item, equals + 1, err);
    }
    return status;
}

tb_status tb_side_parse(const char *text, tb_arena *arena, tb_error *err, tb_side *out)
{
    *out = (tb_side){.text = text};
    if (is_stored(text)) {
        out->stored = true;
        return TB_OK;
    }
    if (is_model(text)) {
        out->model = text;
        return TB_OK;
    }
    if (is_file(text)) {
        out->program = text;
        return TB_OK;
    }
    size_t name = strcspn(text, ":=");
    if (text[name] == '=') {
        char *copy = tb_arena_text(arena, text, strlen(text));
        return copy ? parse_choices(out, copy, err)
                    : tb_fail(err, TB_NO_MEMORY, "%s: out of memory", text);
    }
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)name, text);
    tb_delegate_arg delegate;
    tb_error ignored = TB_ERROR_NONE;
    if (tb_engine_find(word))
        out->engine = text;
    else if (tb_delegate_arg_parse(text, arena, &ignored, &delegate) == TB_OK)
        out->delegate = text;
    else
        return tb_fail(err, TB_USAGE,
                       "%s: names no program, model file, engine, delegate, KEY=VALUE,... or "
                       "stored result",
                       text);
    return TB_OK;
}

tb_sweep_request tb_side_request(const tb_side *side, const tb_sweep_request *request)
{
    tb_sweep_request out = *request;
    if (side->engine)
        out.engines = (tb_text_list){&side->engine, 1};
    if (side->model)
        out.models = (tb_text_list){&side->model, 1};
    if (side->delegate)
        out.delegates = (tb_text_list){&side->delegate, 1};
    if (side->threads) {
        out.threads = &side->threads;
        out.thread_count = 1;
    }
    return out;
}
