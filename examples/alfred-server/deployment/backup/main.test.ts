import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const main = fileURLToPath(new URL('main.ts', import.meta.url))

it('is refused for an environment without settings, such as a mistyped one', async () => {
  const env = { ...process.env, ALFRED_BACKUP_STORAGE: 'http://127.0.0.1:9/bucket/alfred' }
  await expect(run(process.execPath, [main, 'backup', 'stagign'], { env })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/The settings in \S+\/stagign\.env cannot be read: .*ENOENT/) as string,
  })
})
