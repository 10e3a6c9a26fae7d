-- Version 2: documents, JSON texts that are read whole: a plan's graph, a process' timeline.

CREATE TABLE plan_document (
    plan_id INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (plan_id, kind)
);

CREATE TABLE process_document (
    process_id INTEGER NOT NULL REFERENCES process(id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (process_id, kind)
);
