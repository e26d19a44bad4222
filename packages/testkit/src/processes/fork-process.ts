import { type ChildProcess, fork } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Starts a file of ours as a process of its own, which finds `order` as JSON in its first argument. */
export function forkProcess(file: URL, order: unknown): ChildProcess {
  return fork(fileURLToPath(file), [JSON.stringify(order)], {
    execArgv: ['--conditions=@alfred/source'],
    // Tests start dozens of these, and half of the start is the removal of types.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'alfred-compile-cache') },
  })
}
