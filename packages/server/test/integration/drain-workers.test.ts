import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('drained-workers.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly ports: readonly string[]
  /** What it printed after the ports. */
  readonly lines: readonly string[]
  readonly exited: Promise<unknown[]>
}

async function start(...parameters: string[]): Promise<Started> {
  const child = spawn(process.execPath, ['--conditions=@alfred/source', program, ...parameters], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const exited = once(child, 'close')
  await waitFor(() => lines.length >= 2, { timeoutMs: 20_000, what: 'two ports' })
  return { child, ports: lines.splice(0, 2), lines, exited }
}

it.each<[string, readonly string[], string]>([
  ['the primary of a cluster', ['cluster'], 'primary closed'],
  ['a primary that forks for every exit', ['cluster', 'replace'], 'primary closed'],
  ['a process with threads', ['thread'], 'main closed'],
])('drains every worker of %s', async (_name, parameters, last) => {
  const { child, exited, lines, ports } = await start(...parameters)
  const slow = ports.map(async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/slow`)
    return response.text()
  })
  // Both have been accepted before the signal: a worker answers in order of arrival.
  await Promise.all(ports.map((port) => fetch(`http://127.0.0.1:${port}/`)))
  child.kill('SIGTERM')
  expect(await Promise.all(slow)).toEqual(['ok', 'ok'])
  expect(await exited).toEqual([0, null])
  expect(lines).toEqual(expect.arrayContaining(['closed', 'closed']))
  expect(lines.at(-1)).toBe(last)
})
