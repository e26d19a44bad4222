-- The roles of Alfred's database. Run it once as an administrator, in that database; it may be run again:
--   psql --dbname alfred --file roles.sql
-- Then give each role that logs in a password: \password alfred_migrator, and so on; alfred_exporter reads statistics alone.
-- alfred_backup reads everything and writes nothing. Without a password it logs in only where the server trusts it, in its container.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['alfred_migrator', 'alfred_app', 'alfred_readonly', 'alfred_exporter', 'alfred_backup'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
  END LOOP;
  EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

-- alfred_migrator owns the tables and changes them; what the others may do with them the migrate command grants.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO alfred_migrator;
GRANT USAGE ON SCHEMA public TO alfred_app, alfred_readonly;
GRANT pg_monitor TO alfred_exporter;
GRANT pg_read_all_data TO alfred_backup;
ALTER ROLE alfred_backup SET default_transaction_read_only = on;
