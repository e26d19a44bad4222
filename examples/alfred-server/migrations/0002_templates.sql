-- Up Migration
CREATE TABLE templates (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  content text NOT NULL,
  placeholders text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX templates_by_age ON templates (created_at DESC);

-- Down Migration
DROP TABLE templates;
