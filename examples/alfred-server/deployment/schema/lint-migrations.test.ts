import { expect, it } from 'vitest'
import { lintMigrations, readSchemaReleases } from './lint-migrations.ts'

const lint = (sql: string, ...releases: readonly string[]): readonly string[] =>
  lintMigrations(
    [
      { name: '0001_first', sql: 'CREATE TABLE t (a int, CHECK (a > 0));' },
      { name: '0002_expand', sql: 'ALTER TABLE t ADD COLUMN b int;' },
      { name: '0003_other', sql: 'CREATE TABLE o (a int);' },
      { name: '0004_tried', sql },
    ],
    releases.map((lastMigration, index) => ({ version: `1.${String(index)}.0`, lastMigration })),
  )

it.each([
  [
    'a table',
    'CREATE TABLE n (a int NOT NULL); CREATE UNIQUE INDEX i ON n (a); ALTER TABLE n ADD UNIQUE (a)',
  ],
  ['a column', 'ALTER TABLE t ADD COLUMN c numeric(3, 2) NOT NULL DEFAULT 0, ADD COLUMN d text'],
  [
    'a column that may be null, after one that may not',
    "ALTER TABLE t ADD c text NOT NULL DEFAULT 'x', ADD d int",
  ],
  ['an index', 'CREATE INDEX i ON t (a); DROP INDEX older'],
  ['words in a text', "COMMENT ON TABLE t IS 'we rename; it''s no DROP TABLE'"],
  ['words in a comment', '-- DROP TABLE t\n/* TRUNCATE t; */ CREATE INDEX i ON t (b)'],
  ['what goes back', 'CREATE TABLE n (a int);\n-- Down Migration\nDROP TABLE n;'],
])('takes %s', (_what, sql) => {
  expect(lint(sql)).toEqual([])
})

it.each([
  ['DROP TABLE o', 'drops what may be in use'],
  ['ALTER TABLE t DROP COLUMN a', 'drops what may be in use'],
  ['alter table t rename column a to b', 'renames'],
  ['ALTER TABLE t ALTER COLUMN a TYPE bigint', 'changes a type'],
  ['ALTER TABLE t ALTER a SET DATA TYPE bigint', 'changes a type'],
  ['ALTER TABLE t ALTER COLUMN a SET NOT NULL', 'refuses null'],
  ['ALTER TABLE t ALTER COLUMN a DROP DEFAULT', 'removes a default'],
  ['ALTER TABLE t ADD COLUMN c text NOT NULL', 'adds a column that must be given'],
  ['ALTER TABLE t ADD c int DEFAULT 1, ADD d numeric(3, 2) NOT NULL', 'adds a column that must be given'],
  ['ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)', 'adds a rule for rows'],
  ['CREATE UNIQUE INDEX i ON t (a)', 'makes rows unique'],
  ['CREATE TABLE n (a int); CREATE UNIQUE INDEX i ON t (a)', 'makes rows unique'],
  ['REVOKE SELECT ON t FROM alfred_app', 'takes a right away'],
  ['TRUNCATE o', 'empties a table'],
])('refuses %s', (sql, what) => {
  expect(lint(sql)).toEqual([`0004_tried ${what}: name what it ends in a line "-- Contracts: NAME"`])
})

const contract = (name: string): string => `-- Contracts: ${name}\nALTER TABLE t DROP COLUMN a;`

it.each([
  ['before any release', contract('0002_expand'), [], 'contract one release later'],
  ['in the release of its expansion', contract('0002_expand'), ['0001_first'], 'contract one release later'],
  [
    'in the release of its expansion, seen later',
    contract('0002_expand'),
    ['0001_first', '0004_tried'],
    'release',
  ],
  ['of what is not there', contract('0009_no'), ['0003_other'], 'which is no migration before it'],
  ['of itself', contract('0004_tried'), ['0003_other'], 'which is no migration before it'],
])('refuses a contract %s', (_when, sql, releases, message) => {
  expect(lint(sql, ...releases)).toEqual([expect.stringContaining(message)])
})

it('takes a contract after a release with its expansion', () => {
  expect(lint(contract('0002_expand'), '0003_other')).toEqual([])
  expect(lint(contract('0002_expand'), '0003_other', '0004_tried')).toEqual([])
})

it('names a release whose last migration is not there', () => {
  expect(lint('', '0009_gone')).toEqual(['release 1.0.0 ends with 0009_gone, which is not there'])
})

it.each(['{}', '[{"version": "1.0.0"}]', '[1]'])('refuses %s as a list of releases', (text) => {
  expect(() => readSchemaReleases(text)).toThrow('database/releases.json')
})
