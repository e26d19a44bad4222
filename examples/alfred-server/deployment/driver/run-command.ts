import { spawn } from 'node:child_process'

/** How to run a command. */
export interface RunOptions {
  readonly signal: AbortSignal
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly cwd?: string | undefined
}

/** Runs a command without a shell and waits for it. */
export type RunCommand = (command: readonly string[], options: RunOptions) => Promise<string>

const keptCharacters = 64 * 1024

/**
 * @returns what the command wrote to stdout
 * @throws Error with the end of its output when it ends with anything but 0
 */
export const runCommand: RunCommand = ([file = '', ...args], { signal, env, cwd }) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptCharacters)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-keptCharacters)
    })
    child.once('error', (cause) => {
      reject(new Error(`${file} could not be run`, { cause }))
    })
    child.once('close', (code, by) => {
      if (code === 0) resolve(output)
      else {
        const lines = `${output}\n${errors}`.trim().split('\n').slice(-8).join('\n')
        reject(new Error(`${[file, ...args].join(' ')} ended with ${String(code ?? by)}: ${lines}`))
      }
    })
  })
