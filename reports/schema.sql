-- Version 1 of the store: the tables with their keys and rules. The descriptive columns of each
-- come from record.def, which adds those that a file lacks; a change of anything below is a new
-- migration (store_schema.c), never an edit.

-- Identities: the same content is the same row; `fingerprint` is a hash of it.
CREATE TABLE device (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);

CREATE TABLE build (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);

-- By hash of the file and name; the other columns hold what was learned last.
CREATE TABLE model (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);

CREATE TABLE configuration (
    id          INTEGER PRIMARY KEY,
    model_id    INTEGER NOT NULL REFERENCES model(id),
    fingerprint TEXT NOT NULL UNIQUE
);
CREATE INDEX configuration_model ON configuration(model_id);

-- One session of the driver.
CREATE TABLE run (
    id               INTEGER PRIMARY KEY AUTOINCREMENT, -- a number is never given twice
    device_id        INTEGER NOT NULL REFERENCES device(id),
    build_id         INTEGER NOT NULL REFERENCES build(id), -- of the driver
    started_unix_ms  INTEGER NOT NULL,
    finished_unix_ms INTEGER,
    exit_code        INTEGER
);

CREATE TABLE label (
    run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (run_id, key)
) WITHOUT ROWID;
CREATE INDEX label_value ON label(key, value);

CREATE TABLE environment (
    id               INTEGER PRIMARY KEY,
    run_id           INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    moment           TEXT NOT NULL,
    captured_unix_ms INTEGER NOT NULL
);
CREATE INDEX environment_run ON environment(run_id);

-- What a delegate made of a model, shared by every process that runs the same plan.
CREATE TABLE plan (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);

CREATE TABLE op (
    plan_id INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
    idx     INTEGER NOT NULL, -- position in execution order
    PRIMARY KEY (plan_id, idx)
) WITHOUT ROWID;

-- One worker: one measurement of one configuration.
CREATE TABLE process (
    id               INTEGER PRIMARY KEY,
    run_id           INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    configuration_id INTEGER NOT NULL REFERENCES configuration(id),
    build_id         INTEGER NOT NULL REFERENCES build(id), -- the code under test
    plan_id          INTEGER REFERENCES plan(id),
    status           TEXT NOT NULL,
    reason           TEXT,
    started_unix_ms  INTEGER NOT NULL,
    finished_unix_ms INTEGER,
    CHECK (status IN ('ok', 'running') OR reason IS NOT NULL)
);
CREATE INDEX process_run ON process(run_id);
CREATE INDEX process_configuration ON process(configuration_id);
CREATE INDEX process_build ON process(build_id);
CREATE INDEX process_plan ON process(plan_id);

-- Every latency of the steady state; no index beside the table itself keeps a row near 18 bytes.
CREATE TABLE sample (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    idx        INTEGER NOT NULL,
    latency_ns INTEGER NOT NULL,
    gap_us     INTEGER, -- idle since the sample before ended; NULL: not known
    PRIMARY KEY (process_id, idx)
) WITHOUT ROWID;

-- Latencies before the steady state; no figure is made from them.
CREATE TABLE warmup (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    idx        INTEGER NOT NULL,
    latency_ns INTEGER NOT NULL,
    PRIMARY KEY (process_id, idx)
) WITHOUT ROWID;

-- An op over the inferences of one profiled process, and each inference where they were kept.
CREATE TABLE op_time (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    op_idx     INTEGER NOT NULL,
    PRIMARY KEY (process_id, op_idx)
) WITHOUT ROWID;

CREATE TABLE op_sample (
    process_id  INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    op_idx      INTEGER NOT NULL,
    idx         INTEGER NOT NULL,
    duration_ns INTEGER NOT NULL,
    PRIMARY KEY (process_id, op_idx, idx)
) WITHOUT ROWID;

-- Anything else that was measured; an absent value has its reason.
CREATE TABLE figure (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    process_id INTEGER REFERENCES process(id) ON DELETE CASCADE, -- NULL: of the run
    phase      TEXT NOT NULL,
    metric     TEXT NOT NULL,
    owner      TEXT NOT NULL DEFAULT '',
    value      REAL,
    unit       TEXT NOT NULL,
    reason     TEXT,
    CHECK (value IS NOT NULL OR reason IS NOT NULL)
);
CREATE INDEX figure_process ON figure(process_id);
CREATE INDEX figure_run ON figure(run_id);

CREATE TABLE warning (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    process_id INTEGER REFERENCES process(id) ON DELETE CASCADE -- NULL: of the run
);
CREATE INDEX warning_run ON warning(run_id);
CREATE INDEX warning_process ON warning(process_id);
