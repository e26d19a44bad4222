/** Whether the release before can live with every migration: `node scripts/check-migrations.ts`. */
import { readdir, readFile } from 'node:fs/promises'
import {
  lintMigrations,
  readSchemaReleases,
} from '../examples/alfred-server/deployment/schema/lint-migrations.ts'

const folder = new URL('../examples/alfred-server/', import.meta.url)

const names = (await readdir(new URL('migrations/', folder))).filter((name) => name.endsWith('.sql')).sort()
const files = await Promise.all(
  names.map(async (file) => ({
    name: file.replace(/\.sql$/, ''),
    sql: await readFile(new URL(`migrations/${file}`, folder), 'utf8'),
  })),
)
const released = readSchemaReleases(await readFile(new URL('database/releases.json', folder), 'utf8'))
const faults = lintMigrations(files, released)
for (const fault of faults) console.error(fault)
console.log(
  `${String(files.length)} migrations, ${String(faults.length)} that the release before cannot live with`,
)
process.exitCode = faults.length === 0 ? 0 : 1
