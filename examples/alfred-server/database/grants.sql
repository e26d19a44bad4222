-- Run by the migrate command after every migration, as the owner of the tables. Roles that are not there get nothing.
DO $$
DECLARE
  relation record;
  -- Keys, and what cookies are signed with: read by the server alone.
  is_secret boolean;
BEGIN
  FOR relation IN
    SELECT relname AS name, relkind AS kind FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace
      AND relowner = current_user::regrole
      AND relkind IN ('r', 'p', 'S')
  LOOP
    is_secret := relation.name = 'secrets' OR relation.name LIKE 'alfred\_vault\_%' OR relation.name LIKE 'alfred\_client\_key%';
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'alfred_app') THEN
      IF relation.kind = 'S' THEN
        EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO alfred_app', relation.name);
      ELSIF relation.name = 'migrations' THEN
        EXECUTE format('GRANT SELECT ON %I TO alfred_app', relation.name);
      ELSE
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO alfred_app', relation.name);
      END IF;
    END IF;
    IF relation.kind <> 'S' AND NOT is_secret AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'alfred_readonly') THEN
      EXECUTE format('GRANT SELECT ON %I TO alfred_readonly', relation.name);
    END IF;
  END LOOP;
END
$$;
