/*
 * What a measurement depends on besides the code: the machine, and the state it is in right now.
 * Readings are given one by one under the names that the store's columns bear (reports/record.def);
 * what cannot be read is not given.
 */
#ifndef TB_PROFILER_ENVIRONMENT_H
#define TB_PROFILER_ENVIRONMENT_H

/* Who takes the readings. Texts are valid during the call only. */
typedef struct tb_reading_taker {
    void (*text)(void *context, const char *name, const char *value);
    void (*number)(void *context, const char *name, double value);
    void *context;
} tb_reading_taker;

/* What does not change while it runs: name, maker, chip. */
void tb_device_read(const tb_reading_taker *taker);
/* What may: clocks, governor, temperatures, load, memory, kernel settings. */
void tb_environment_read(const tb_reading_taker *taker);

#endif
