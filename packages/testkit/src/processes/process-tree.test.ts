import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { anyRunning, childrenOf } from './process-tree.ts'

it('knows the children of a process, and when they are gone', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  expect(childrenOf(process.pid)).toContain(pid)
  expect(anyRunning([pid])).toBe(true)
  child.stdin.end()
  await once(child, 'exit')
  expect(anyRunning([pid])).toBe(false)
})
