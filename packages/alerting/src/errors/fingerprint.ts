import { hash } from 'node:crypto'
import type { StackFrame } from './stack-frames.ts'

/** How many calls tell two places apart. */
const framesCompared = 3

/** What varies in a message from one occurrence to the next. */
const variable = /[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|\d+|"[^"]{0,200}"|'[^']{0,200}'/gi

/**
 * A short name for "the same error": its class, its code and the innermost calls of the application. Lines are left
 * out, so that a new release does not make every error a new one; the message counts only where there is no stack.
 */
export function fingerprintOf(
  { type, code, message }: { type: string; code: string | undefined; message: string },
  frames: readonly StackFrame[],
): string {
  const own = frames.filter(({ inApp }) => inApp)
  const compared = (own.length > 0 ? own : frames).slice(0, framesCompared)
  const position =
    compared.length > 0
      ? compared.map((frame) => `${frame.function ?? ''}@${frame.file}`).join('|')
      : message.slice(0, 500).replace(variable, '#')
  return hash('sha256', `${type}|${code ?? ''}|${position}`, 'hex').slice(0, 32)
}
