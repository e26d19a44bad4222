-- Up Migration
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE messages (
  id uuid PRIMARY KEY,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('user', 'assistant')),
  content text NOT NULL,
  -- Who answered; null for the user's own messages.
  provider text,
  model text,
  -- False for an answer that was cut short.
  complete boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX messages_by_session ON messages (session_id, sequence);

-- Down Migration
DROP TABLE messages;
DROP TABLE sessions;
