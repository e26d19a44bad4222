-- Up Migration
-- What was written before belongs to nobody, and nobody can read it any more.
ALTER TABLE sessions
  ADD COLUMN owner text NOT NULL DEFAULT '',
  ADD COLUMN title text NOT NULL DEFAULT '',
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE templates ADD COLUMN owner text NOT NULL DEFAULT '';

CREATE INDEX sessions_by_owner ON sessions (owner, updated_at DESC, id DESC);
CREATE INDEX sessions_by_age ON sessions (updated_at);
CREATE INDEX templates_by_owner ON templates (owner, created_at DESC);
DROP INDEX templates_by_age;

-- What the instances that share this database sign with.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  secret text NOT NULL
);

-- Down Migration
DROP TABLE secrets;
DROP INDEX templates_by_owner, sessions_by_age, sessions_by_owner;
CREATE INDEX templates_by_age ON templates (created_at DESC);
ALTER TABLE templates DROP COLUMN owner;
ALTER TABLE sessions DROP COLUMN owner, DROP COLUMN title, DROP COLUMN updated_at;
