import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** The `sh` blocks of a Markdown file of this repository. */
export const shellBlocks = (path: string): readonly string[] =>
  Array.from(
    readFileSync(join(root, path), 'utf8').matchAll(/^```sh\n(.*?)^```/gms),
    ([, block = '']) => block,
  )

/** A folder that looks like a fresh clone: everything of the repository, and no data. */
export interface Clone extends Disposable {
  readonly folder: string
}

/** Makes a clone of links: what is started in it leaves its data there. */
export function linkClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'alfred-clone-'))
  const left = new Set(['.data', '.env', '.git', '.cache'])
  for (const name of readdirSync(root)) if (!left.has(name)) symlinkSync(join(root, name), join(folder, name))
  return {
    folder,
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs the scripts of package.json, as `npx -y pnpm@12 NAME` does, without asking for a package manager. */
const prelude = `npx() {
  while case $1 in -y|pnpm@12|--silent) true ;; *) false ;; esac; do shift; done
  script=$(node -p 'require("./package.json").scripts[process.argv[1]] ?? process.exit(1)' "$1") || return
  shift
  eval "$script \\"\\$@\\""
}
set -e
`

/** Runs a block with bash in the clone, and returns what it printed. `port` stands for 3000. */
export function runBlock(
  block: string,
  { folder }: Clone,
  port: number,
  variables: Readonly<Record<string, string>> = {},
) {
  const command = prelude + block.replaceAll('127.0.0.1:3000', `127.0.0.1:${String(port)}`)
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const child = spawn('bash', ['-c', command], {
    cwd: folder,
    env: { PATH: path, PORT: String(port), MAX_EVENT_LOOP_DELAY_MS: '0', ...variables },
    // A group of its own, so that what the shell has started can be ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  return {
    done: once(child, 'close').then(() => ({ code: child.exitCode, output })),
    async [Symbol.asyncDispose]() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await this.done
    },
  }
}
