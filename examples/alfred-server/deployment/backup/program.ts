import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** How to start a program. */
export interface StartOptions {
  /** Kills it when it ends. */
  readonly signal: AbortSignal
  readonly env?: NodeJS.ProcessEnv | undefined
}

/** A program that runs: what it reads and writes passes through without being kept. */
export interface RunningProgram {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Settles when it has ended and its output was read. Rejects with the end of its stderr unless it ends with 0. */
  readonly ended: Promise<void>
}

const keptCharacters = 16 * 1024
const shownLines = 8

/** Starts a program without a shell. */
export function startProgram(
  [file = '', ...args]: readonly string[],
  { signal, env = process.env }: StartOptions,
): RunningProgram {
  // Not SIGTERM: a program that waits for a dead server may not hear it.
  const child = spawn(file, args, { env, signal, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptCharacters)
  })
  // One that ends before it has read everything says why in its exit code.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`${file} could not be run`, { cause }))
    })
    child.once('close', (code, by) => {
      if (code === 0) {
        resolve()
        return
      }
      const lines = errors.trim().split('\n').slice(-shownLines).join('\n')
      reject(new Error(`${file} ended with ${String(code ?? by)}: ${lines}`))
    })
  })
  ended.catch(() => undefined)
  return { stdin: child.stdin, stdout: child.stdout, ended }
}

/** Runs a program with `input` and waits for it. @returns what it wrote, up to 16 MiB */
export async function runProgram(
  command: readonly string[],
  options: StartOptions & { readonly input?: string | undefined },
): Promise<string> {
  const { stdin, stdout, ended } = startProgram(command, options)
  stdin.end(options.input ?? '')
  const output = await readAll(stdout)
  await ended
  return output
}

const maxCharacters = 16 * 1024 * 1024

async function readAll(stream: Readable): Promise<string> {
  let output = ''
  for await (const text of stream.setEncoding('utf8') as AsyncIterable<string>) {
    output += text
    if (output.length > maxCharacters) throw new Error('the output is too long')
  }
  return output
}
