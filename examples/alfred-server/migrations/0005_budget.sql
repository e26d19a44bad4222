-- Up Migration
-- What each payer has spent and reserved, by day (2026-11-30) and month (2026-11) of UTC.
CREATE TABLE budget_periods (
  payer text NOT NULL,
  period text NOT NULL,
  tokens bigint NOT NULL DEFAULT 0,
  -- Millionths of a dollar.
  micros bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (payer, period)
);

-- What answers in the making may cost at most. It outlives a conversation that is removed.
CREATE TABLE reservations (
  message_id uuid PRIMARY KEY,
  owner text NOT NULL,
  -- The owner, or the address that guests share.
  payer text NOT NULL,
  day text NOT NULL,
  month text NOT NULL,
  tokens bigint NOT NULL,
  micros bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE usage (
  day text NOT NULL,
  owner text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  answers bigint NOT NULL DEFAULT 0,
  input_tokens bigint NOT NULL DEFAULT 0,
  output_tokens bigint NOT NULL DEFAULT 0,
  micros bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (owner, day, provider, model)
);

-- Down Migration
DROP TABLE usage;
DROP TABLE reservations;
DROP TABLE budget_periods;
