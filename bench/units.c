/* Wording of waiting times; see units.h. */
#include "bench/units.h"

#include <stdio.h>

const char *tb_wait_text(uint64_t ns, char text[TB_WAIT_TEXT_SIZE])
{
    unsigned long long s = (unsigned long long)((ns + 500000000u) / 1000000000u);
    if (s < 60)
        snprintf(text, TB_WAIT_TEXT_SIZE, "%llu s", s);
    else if (s < 3600)
        snprintf(text, TB_WAIT_TEXT_SIZE, "%llu min %llu s", s / 60, s % 60);
    else
        snprintf(text, TB_WAIT_TEXT_SIZE, "%llu h %llu min", s / 3600, s % 3600 / 60);
    return text;
}
