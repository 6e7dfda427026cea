-- The tables and guards of version 0.1.0 in SQLite, as that version made them. Never changed: databases have them.

CREATE TABLE audit_meta (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (name)
)
STRICT;

CREATE TABLE audit_entry (
  idx INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  leaf_hash BLOB NOT NULL,
  entry BLOB NOT NULL,
  PRIMARY KEY (idx),
  CHECK (idx >= 0),
  CHECK (length(event_id) BETWEEN 36 AND 36),
  CHECK (length(leaf_hash) BETWEEN 32 AND 32),
  CHECK (length(entry) BETWEEN 2 AND 65535),
  UNIQUE (event_id)
)
STRICT;

CREATE TABLE audit_sealed (
  idx INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  PRIMARY KEY (idx),
  CHECK (length(nonce) BETWEEN 12 AND 12),
  CHECK (length(ciphertext) BETWEEN 16 AND 16777216)
)
STRICT;

CREATE INDEX audit_sealed_by_key ON audit_sealed (key_id);

CREATE TABLE audit_erased (
  idx INTEGER NOT NULL,
  by_idx INTEGER NOT NULL,
  PRIMARY KEY (idx),
  CHECK (by_idx > idx)
)
STRICT;

CREATE TABLE audit_tile (
  level INTEGER NOT NULL,
  n INTEGER NOT NULL,
  root BLOB NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (level, n),
  CHECK (level BETWEEN 0 AND 7 AND n >= 0),
  CHECK (length(root) BETWEEN 32 AND 32),
  CHECK (length(data) BETWEEN 8192 AND 8192)
)
STRICT;

CREATE INDEX audit_tile_root ON audit_tile (level, n, root);

CREATE TABLE audit_checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (size),
  CHECK (size >= 0)
)
STRICT;

CREATE TABLE audit_subject (
  subject TEXT NOT NULL,
  lookup BLOB NOT NULL,
  nonce BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  PRIMARY KEY (subject),
  CHECK (length(lookup) BETWEEN 32 AND 32),
  CHECK (length(nonce) BETWEEN 12 AND 12),
  UNIQUE (lookup)
)
STRICT;

CREATE TABLE audit_subject_key (
  key_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  vault_id TEXT NOT NULL,
  nonce BLOB NOT NULL,
  wrapped BLOB NOT NULL,
  PRIMARY KEY (key_id),
  CHECK (length(nonce) BETWEEN 12 AND 12)
)
STRICT;

CREATE INDEX audit_subject_key_by_subject ON audit_subject_key (subject);

CREATE TRIGGER audit_meta_guard_insert BEFORE INSERT ON audit_meta WHEN EXISTS (SELECT 1 FROM audit_meta WHERE name = NEW.name) BEGIN SELECT RAISE(ABORT, 'audit_meta is append-only: INSERT refused'); END;

CREATE TRIGGER audit_entry_guard_insert BEFORE INSERT ON audit_entry WHEN NEW.idx IS NOT (SELECT COALESCE(MAX(idx), -1) + 1 FROM audit_entry) OR EXISTS (SELECT 1 FROM audit_entry WHERE event_id = NEW.event_id) BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only: INSERT refused'); END;

CREATE TRIGGER audit_sealed_guard_insert BEFORE INSERT ON audit_sealed WHEN NEW.idx IS NOT (SELECT MAX(idx) FROM audit_entry) OR EXISTS (SELECT 1 FROM audit_sealed WHERE idx = NEW.idx) BEGIN SELECT RAISE(ABORT, 'audit_sealed is append-only: INSERT refused'); END;

CREATE TRIGGER audit_erased_guard_insert BEFORE INSERT ON audit_erased WHEN EXISTS (SELECT 1 FROM audit_erased WHERE idx = NEW.idx) OR NOT EXISTS (SELECT 1 FROM audit_sealed WHERE idx = NEW.idx) OR NOT EXISTS (SELECT 1 FROM audit_entry WHERE idx = NEW.by_idx) BEGIN SELECT RAISE(ABORT, 'audit_erased is append-only: INSERT refused'); END;

CREATE TRIGGER audit_tile_guard_insert BEFORE INSERT ON audit_tile WHEN NEW.n IS NOT (SELECT COALESCE(MAX(n), -1) + 1 FROM audit_tile WHERE level = NEW.level) BEGIN SELECT RAISE(ABORT, 'audit_tile is append-only: INSERT refused'); END;

CREATE TRIGGER audit_checkpoint_guard_insert BEFORE INSERT ON audit_checkpoint WHEN NEW.size <= (SELECT COALESCE(MAX(size), -1) FROM audit_checkpoint) OR NEW.size > (SELECT COALESCE(MAX(idx), -1) + 1 FROM audit_entry) BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only: INSERT refused'); END;

CREATE TRIGGER audit_subject_guard_insert BEFORE INSERT ON audit_subject WHEN EXISTS (SELECT 1 FROM audit_subject WHERE subject = NEW.subject OR lookup = NEW.lookup) BEGIN SELECT RAISE(ABORT, 'audit_subject is append-only: INSERT refused'); END;

CREATE TRIGGER audit_subject_key_guard_insert BEFORE INSERT ON audit_subject_key WHEN EXISTS (SELECT 1 FROM audit_subject_key WHERE key_id = NEW.key_id) BEGIN SELECT RAISE(ABORT, 'audit_subject_key is append-only: INSERT refused'); END;

CREATE TRIGGER audit_meta_guard_update BEFORE UPDATE ON audit_meta BEGIN SELECT RAISE(ABORT, 'audit_meta is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_entry_guard_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_erased_guard_update BEFORE UPDATE ON audit_erased BEGIN SELECT RAISE(ABORT, 'audit_erased is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_tile_guard_update BEFORE UPDATE ON audit_tile BEGIN SELECT RAISE(ABORT, 'audit_tile is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_checkpoint_guard_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_sealed_guard_update BEFORE UPDATE ON audit_sealed BEGIN SELECT RAISE(ABORT, 'audit_sealed is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_subject_guard_update BEFORE UPDATE ON audit_subject BEGIN SELECT RAISE(ABORT, 'audit_subject is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_subject_key_guard_update BEFORE UPDATE ON audit_subject_key BEGIN SELECT RAISE(ABORT, 'audit_subject_key is append-only: UPDATE refused'); END;

CREATE TRIGGER audit_meta_guard_delete BEFORE DELETE ON audit_meta BEGIN SELECT RAISE(ABORT, 'audit_meta is append-only: DELETE refused'); END;

CREATE TRIGGER audit_entry_guard_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only: DELETE refused'); END;

CREATE TRIGGER audit_erased_guard_delete BEFORE DELETE ON audit_erased BEGIN SELECT RAISE(ABORT, 'audit_erased is append-only: DELETE refused'); END;

CREATE TRIGGER audit_tile_guard_delete BEFORE DELETE ON audit_tile BEGIN SELECT RAISE(ABORT, 'audit_tile is append-only: DELETE refused'); END;

CREATE TRIGGER audit_checkpoint_guard_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'audit_checkpoint is append-only: DELETE refused'); END;

CREATE TRIGGER audit_subject_key_guard_delete BEFORE DELETE ON audit_subject_key WHEN EXISTS (SELECT 1 FROM audit_sealed WHERE key_id = OLD.key_id AND NOT EXISTS (SELECT 1 FROM audit_erased WHERE audit_erased.idx = audit_sealed.idx)) BEGIN SELECT RAISE(ABORT, 'audit_subject_key is append-only: DELETE refused'); END;

CREATE TRIGGER audit_sealed_guard_delete BEFORE DELETE ON audit_sealed WHEN EXISTS (SELECT 1 FROM audit_subject_key WHERE key_id = OLD.key_id) OR NOT EXISTS (SELECT 1 FROM audit_erased WHERE idx = OLD.idx) BEGIN SELECT RAISE(ABORT, 'audit_sealed is append-only: DELETE refused'); END;

CREATE TRIGGER audit_subject_guard_delete BEFORE DELETE ON audit_subject WHEN EXISTS (SELECT 1 FROM audit_subject_key WHERE subject = OLD.subject) BEGIN SELECT RAISE(ABORT, 'audit_subject is append-only: DELETE refused'); END;
