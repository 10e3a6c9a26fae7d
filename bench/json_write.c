/* The JSON writer; RFC 8259. */
#include "bench/json_write.h"

#include <math.h>
#include <string.h>

static void key_of(tb_json_writer *json, const char *key)
{
    if (json->comma)
        tb_buf_append_char(json->out, ',');
    json->comma = true;
    if (key)
        tb_buf_printf(json->out, "\"%s\":", key);
}

static void open(tb_json_writer *json, const char *key, char bracket)
{
    key_of(json, key);
    tb_buf_append_char(json->out, bracket);
    json->comma = false;
}

static void close(tb_json_writer *json, char bracket)
{
    tb_buf_append_char(json->out, bracket);
    json->comma = true;
}

void tb_json_put_object(tb_json_writer *json, const char *key)
{
    open(json, key, '{');
}

void tb_json_put_array(tb_json_writer *json, const char *key)
{
    open(json, key, '[');
}

void tb_json_end_object(tb_json_writer *json)
{
    close(json, '}');
}

void tb_json_end_array(tb_json_writer *json)
{
    close(json, ']');
}

/* Bytes of the UTF-8 sequence at `text`, 0 where it is none: overlong forms, surrogates and what
   lies past U+10FFFF are none. */
static size_t sequence_size(const unsigned char *text)
{
    unsigned char lead = text[0];
    size_t size = lead < 0x80                   ? 1
                  : lead >= 0xc2 && lead < 0xe0 ? 2
                  : lead >= 0xe0 && lead < 0xf0 ? 3
                  : lead >= 0xf0 && lead < 0xf5 ? 4
                                                : 0;
    for (size_t k = 1; k < size; k++)
        if ((text[k] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) ||
        (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
        return 0;
    return size;
}

void tb_json_put_text(tb_json_writer *json, const char *key, const char *text)
{
    if (!text)
        return;
    key_of(json, key);
    tb_buf_append_char(json->out, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t size = sequence_size(c);
        if (size == 0)
            tb_buf_append_text(json->out, "\\ufffd");
        else if (*c == '"' || *c == '\\')
            tb_buf_printf(json->out, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            tb_buf_printf(json->out, "\\u%04x", *c);
        else
            tb_buf_append(json->out, c, size);
        c += size ? size : 1;
    }
    tb_buf_append_char(json->out, '"');
}

void tb_json_put_int(tb_json_writer *json, const char *key, int64_t value)
{
    key_of(json, key);
    tb_buf_printf(json->out, "%lld", (long long)value);
}

void tb_json_put_uint(tb_json_writer *json, const char *key, uint64_t value)
{
    key_of(json, key);
    tb_buf_printf(json->out, "%llu", (unsigned long long)value);
}

void tb_json_put_real(tb_json_writer *json, const char *key, double value)
{
    key_of(json, key);
    if (isfinite(value))
        tb_buf_printf(json->out, "%.17g", value);
    else
        tb_buf_append_text(json->out, "null");
}

void tb_json_put_bool(tb_json_writer *json, const char *key, bool value)
{
    key_of(json, key);
    tb_buf_append_text(json->out, value ? "true" : "false");
}
