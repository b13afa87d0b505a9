// The first schema: resources, their versions, the search index, compartments, care ties, claims, audit and outbox.
// Index rows hold integers where they can (term_id, target_id, row_id): that is what makes them small and searches fast.

export const resources = `
  -- Names that repeat: resource types, search parameters ("Observation.code"), code systems, roles.
  CREATE TABLE term (term_id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

  -- Whatever a reference can point to, whether it is stored here or not. type_id 0: an address or canonical.
  CREATE TABLE target (
    target_id INTEGER PRIMARY KEY, type_id INTEGER NOT NULL, id TEXT NOT NULL,
    UNIQUE (type_id, id)
  ) STRICT;

  -- The current version of each resource. method: 1 POST, 2 PUT, 3 DELETE (then deleted is 1 and body is empty).
  CREATE TABLE resource (
    row_id INTEGER PRIMARY KEY, type_id INTEGER NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, last_updated INTEGER NOT NULL, method INTEGER NOT NULL,
    deleted INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (type_id, id)
  ) STRICT;
  CREATE INDEX resource_live ON resource (type_id, deleted);
  CREATE INDEX resource_updated ON resource (type_id, deleted, last_updated);

  -- Superseded versions only.
  CREATE TABLE version (
    row_id INTEGER NOT NULL, version INTEGER NOT NULL, last_updated INTEGER NOT NULL,
    method INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (row_id, version)
  ) STRICT;

  -- The search index. Each table is ordered by row (to check and to delete) and once more by value (to find).
  CREATE TABLE token_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, code TEXT NOT NULL, system_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, parameter_id, code, system_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX token_by_value ON token_value (parameter_id, code, row_id, system_id);

  CREATE TABLE reference_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, target_id INTEGER NOT NULL,
    PRIMARY KEY (row_id, parameter_id, target_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reference_by_value ON reference_value (parameter_id, target_id, row_id);

  CREATE TABLE string_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, exact TEXT NOT NULL, folded TEXT NOT NULL,
    PRIMARY KEY (row_id, parameter_id, exact)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX string_by_value ON string_value (parameter_id, folded, row_id);

  CREATE TABLE date_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
    PRIMARY KEY (row_id, parameter_id, from_ms, until_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX date_by_value ON date_value (parameter_id, from_ms, until_ms, row_id);

  CREATE TABLE quantity_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, code TEXT NOT NULL, system_id INTEGER NOT NULL,
    low REAL NOT NULL, high REAL NOT NULL,
    PRIMARY KEY (row_id, parameter_id, code, system_id, low, high)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX quantity_by_value ON quantity_value (parameter_id, low, high, row_id);

  CREATE TABLE uri_value (
    row_id INTEGER NOT NULL, parameter_id INTEGER NOT NULL, uri TEXT NOT NULL,
    PRIMARY KEY (row_id, parameter_id, uri)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX uri_by_value ON uri_value (parameter_id, uri, row_id);

  -- What stands together in one of several elements of a resource, for composite parameters: a component's code and its value.
  -- Read by row only: the tables above find the rows. text: a code, a string or a uri. number: a system or a target.
  -- low and high: a quantity, or the instants of a date.
  CREATE TABLE element_value (
    row_id INTEGER NOT NULL, key_id INTEGER NOT NULL, element INTEGER NOT NULL,
    text TEXT NOT NULL, number INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    PRIMARY KEY (row_id, key_id, element, text, number, low, high)
  ) STRICT, WITHOUT ROWID;

  -- A patient's record in order: every live row of it by type, and by code and date where the type has them, for the clinic's
  -- main search: one patient, one code, newest first. The code is empty for a type without, and for a row that is not about
  -- the patient though it is part of the record.
  CREATE TABLE timeline (
    patient_id INTEGER NOT NULL, type_id INTEGER NOT NULL, code TEXT NOT NULL, from_ms INTEGER NOT NULL,
    row_id INTEGER NOT NULL, system_id INTEGER NOT NULL,
    PRIMARY KEY (patient_id, type_id, code, from_ms, row_id, system_id)
  ) STRICT, WITHOUT ROWID;

  -- Whose record a row belongs to. Kept for deleted rows: who could see the last version may see that it is gone.
  -- Private: the person alone is shown it (src/fhir/for-the-person-alone.ts).
  CREATE TABLE compartment (
    row_id INTEGER NOT NULL, patient_id INTEGER NOT NULL, is_private INTEGER NOT NULL,
    PRIMARY KEY (row_id, patient_id)
  ) STRICT, WITHOUT ROWID;

  -- Who takes part in whose care, and which row says so.
  CREATE TABLE care_tie (
    reference_id INTEGER NOT NULL, patient_id INTEGER NOT NULL, row_id INTEGER NOT NULL,
    PRIMARY KEY (reference_id, patient_id, row_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX care_tie_by_row ON care_tie (row_id);

  -- One live resource per condition of a conditional create.
  CREATE TABLE claim (
    type_id INTEGER NOT NULL, condition TEXT NOT NULL, row_id INTEGER NOT NULL,
    PRIMARY KEY (type_id, condition)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claim_by_row ON claim (row_id);

  -- Who did what. Rows are only ever added. The *_id columns point to term.
  CREATE TABLE audit (
    audit_id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, role_id INTEGER NOT NULL, subject_id INTEGER NOT NULL,
    token_id INTEGER NOT NULL, request_id TEXT NOT NULL, action TEXT NOT NULL, interaction_id INTEGER NOT NULL,
    type_id INTEGER NOT NULL, id TEXT, version INTEGER, query TEXT, outcome TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows cannot be changed'); END;
  CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows cannot be removed'); END;

  -- Every change in the order of its commit, for whoever must hear of it.
  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, row_id INTEGER NOT NULL, version INTEGER NOT NULL, method INTEGER NOT NULL
  ) STRICT;
`;
