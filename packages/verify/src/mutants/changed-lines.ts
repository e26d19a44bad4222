import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * The lines of the packages' sources that were added or changed since a commit, as Stryker names them:
 * `packages/core/src/time/clock.ts:10-12`.
 *
 * @param reference - a commit, a branch or a tag
 */
export async function changedLines(reference: string): Promise<readonly string[]> {
  const diff = await promisify(execFile)(
    'git',
    ['diff', '--unified=0', '--no-color', '--diff-filter=AM', `${reference}...HEAD`, '--', 'packages/*/src'],
    { maxBuffer: 2 ** 28 },
  )
  return readChangedLines(diff.stdout)
}

/** Reads a diff without context. */
export function readChangedLines(diff: string): readonly string[] {
  const ranges: string[] = []
  let file: string | undefined
  for (const line of diff.split('\n')) {
    const [, path] = /^\+\+\+ b\/(.+)$/.exec(line) ?? []
    if (path !== undefined) file = /(?<!\.test)\.ts$/.test(path) ? path : undefined
    const [, from, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (file === undefined || from === undefined || count === '0') continue
    ranges.push(`${file}:${from}-${String(Number(from) + Number(count) - 1)}`)
  }
  return ranges
}
