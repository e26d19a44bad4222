/** Writes `.env.example` of the example: `pnpm generate:env`. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { envExample } from '../examples/alfred-server/src/settings/env-example.ts'

const file = fileURLToPath(new URL('../examples/alfred-server/.env.example', import.meta.url))
await writeFile(file, envExample())
console.log(file)
