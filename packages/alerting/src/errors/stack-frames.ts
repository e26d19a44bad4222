/** One call of a stack. */
export interface StackFrame {
  readonly function: string | undefined
  /** Below the working folder where it can be told, `node:` for Node's own. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Whether it is the application's own code: neither a dependency's nor Node's. */
  readonly inApp: boolean
}

const maxFrames = 50

// https://v8.dev/docs/stack-trace-api: "at function (file:line:column)" or "at file:line:column".
const frameLine = /^\s*at (?:async )?(?:([^()]{1,300}?) \()?([^()]{1,500}):(\d{1,9}):(\d{1,9})\)?$/

const shorten = (file: string): string => {
  const path = file.startsWith('file://') ? file.slice('file://'.length) : file
  const dependency = path.lastIndexOf('/node_modules/')
  if (dependency !== -1) return path.slice(dependency + 1)
  const folder = process.cwd()
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path
}

/** Reads the frames of an error's `stack`, the innermost call first. */
export function readStackFrames(stack: unknown): readonly StackFrame[] {
  if (typeof stack !== 'string') return []
  const frames: StackFrame[] = []
  for (const text of stack.split('\n', maxFrames * 2)) {
    const match = frameLine.exec(text)
    if (!match) continue
    const [, name, file = '', line, column] = match
    if (file === '<anonymous>' || file === 'native') continue
    frames.push({
      function: name,
      file: shorten(file),
      line: Number(line),
      column: Number(column),
      inApp: !file.startsWith('node:') && !file.includes('/node_modules/'),
    })
    if (frames.length === maxFrames) break
  }
  return frames
}
