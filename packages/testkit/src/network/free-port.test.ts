import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

it('gives a port once, to this and to other processes, outside what the system gives to others', async () => {
  const module = fileURLToPath(new URL('free-port.ts', import.meta.url))
  const own = await Promise.all(Array.from({ length: 100 }, freePort))
  const script = `
    const { freePort } = await import(${JSON.stringify(module)})
    const ports = []
    for (let asked = 0; asked < 2000; asked++) ports.push(await freePort())
    console.log(JSON.stringify(ports))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
  const ports = [...own, ...(JSON.parse(stdout) as number[])]
  expect(new Set(ports).size).toBe(2100)
  expect(Math.max(...ports)).toBeLessThan(22_000)
})
