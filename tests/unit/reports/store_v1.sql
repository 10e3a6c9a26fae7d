-- A store of version 1 as an early program wrote it, with content. Frozen: never edit.
CREATE TABLE device (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);
CREATE TABLE build (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);
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
CREATE TABLE run (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id        INTEGER NOT NULL REFERENCES device(id),
    build_id         INTEGER NOT NULL REFERENCES build(id),
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
CREATE TABLE plan (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE
);
CREATE TABLE op (
    plan_id INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (plan_id, idx)
) WITHOUT ROWID;
CREATE TABLE process (
    id               INTEGER PRIMARY KEY,
    run_id           INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    configuration_id INTEGER NOT NULL REFERENCES configuration(id),
    build_id         INTEGER NOT NULL REFERENCES build(id),
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
CREATE TABLE sample (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    idx        INTEGER NOT NULL,
    latency_ns INTEGER NOT NULL,
    gap_us     INTEGER,
    PRIMARY KEY (process_id, idx)
) WITHOUT ROWID;
CREATE TABLE warmup (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    idx        INTEGER NOT NULL,
    latency_ns INTEGER NOT NULL,
    PRIMARY KEY (process_id, idx)
) WITHOUT ROWID;
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
CREATE TABLE figure (
    id         INTEGER PRIMARY KEY,
    run_id     INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    process_id INTEGER REFERENCES process(id) ON DELETE CASCADE,
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
    process_id INTEGER REFERENCES process(id) ON DELETE CASCADE
);
CREATE INDEX warning_run ON warning(run_id);
CREATE INDEX warning_process ON warning(process_id);
ALTER TABLE device ADD COLUMN name TEXT;
ALTER TABLE build ADD COLUMN engine TEXT;
ALTER TABLE build ADD COLUMN git_revision TEXT;
ALTER TABLE model ADD COLUMN sha256 TEXT;
ALTER TABLE model ADD COLUMN name TEXT;
ALTER TABLE configuration ADD COLUMN delegate TEXT;
ALTER TABLE configuration ADD COLUMN threads INTEGER;
ALTER TABLE run ADD COLUMN command_line TEXT;
INSERT INTO device (id, fingerprint, name) VALUES (1, 'd1', 'old host');
INSERT INTO build (id, fingerprint, engine, git_revision) VALUES (1, 'b1', 'native', '0ldbu1ld');
INSERT INTO model (id, fingerprint, sha256, name) VALUES (1, 'm1', 'abcdef0123', 'keyword');
INSERT INTO configuration (id, model_id, fingerprint, delegate, threads)
    VALUES (1, 1, 'c1', 'cpu', 1);
INSERT INTO run (id, device_id, build_id, started_unix_ms, finished_unix_ms, exit_code, command_line)
    VALUES (1, 1, 1, 1700000000000, 1700000001000, 0, 'tflbench run keyword.tflite');
INSERT INTO label (run_id, key, value) VALUES (1, 'branch', 'main');
INSERT INTO process (id, run_id, configuration_id, build_id, status, started_unix_ms, finished_unix_ms)
    VALUES (1, 1, 1, 1, 'ok', 1700000000100, 1700000000900);
INSERT INTO sample (process_id, idx, latency_ns, gap_us) VALUES (1, 0, 1500, NULL), (1, 1, 1400, 3);
INSERT INTO figure (run_id, process_id, phase, metric, owner, value, unit, reason)
    VALUES (1, 1, 'load', 'duration_ns', '', 42000, 'ns', NULL),
           (1, 1, 'steady', 'energy_uj', '', NULL, 'uj', 'no power meter');
PRAGMA application_id = 1413893186;
PRAGMA user_version = 1;
