-- Up Migration
-- What goes before and what comes after: instances of the release before this one go on writing `complete` alone.
ALTER TABLE messages
  ADD COLUMN state text NOT NULL DEFAULT 'complete'
    CHECK (state IN ('pending', 'streaming', 'complete', 'stopped', 'cut', 'refused', 'failed')),
  -- How the provider ended the answer; null for questions, and until then.
  ADD COLUMN finish text,
  -- What a client is told of an answer that failed.
  ADD COLUMN problem jsonb,
  ADD COLUMN input_tokens integer,
  ADD COLUMN output_tokens integer,
  ADD COLUMN stop_requested boolean NOT NULL DEFAULT false,
  -- The last sign of life of whoever makes the answer.
  ADD COLUMN saved_at timestamptz NOT NULL DEFAULT now();

UPDATE messages SET state = 'cut' WHERE NOT complete;

CREATE INDEX messages_in_progress ON messages (saved_at) WHERE state IN ('pending', 'streaming');

-- Down Migration
DELETE FROM messages WHERE state IN ('pending', 'streaming');
DROP INDEX messages_in_progress;
ALTER TABLE messages
  DROP COLUMN state,
  DROP COLUMN finish,
  DROP COLUMN problem,
  DROP COLUMN input_tokens,
  DROP COLUMN output_tokens,
  DROP COLUMN stop_requested,
  DROP COLUMN saved_at;
