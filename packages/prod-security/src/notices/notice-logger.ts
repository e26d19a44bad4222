import {
  type AlfredEventName,
  type AlfredEvents,
  type EventBus,
  type Logger,
  noopLogger,
  printable,
} from '@alfred/core'
import { refusalAdvice } from './refusal-advice.ts'

/** The most kinds that are said: names of policies and codes are few, and a fault may be of any text. */
const maxKinds = 100

const hint = '(said once; give alfredHardening a logger to see each, or logger: false for silence)'

/** Warnings of refusals: their event says more. */
const saidByEvents: ReadonlySet<string> = new Set(['a cross-origin request was refused'])

/** What stands in for a logger until one is given. */
export interface Notices {
  /** Says each warning, and each kind of error with its stack, once. */
  readonly logger: Logger
  /** Says each kind of refusal once, with what to change. */
  watch(events: EventBus): void
}

/**
 * Says what would otherwise be silent: a newcomer has no logger, and a request that is refused has no reason on the console.
 *
 * @param write - takes a line with its end
 */
export function createNotices(write: (line: string) => void): Notices {
  const said = new Set<string>()
  const sayOnce = (kind: string, text = kind): void => {
    if (said.has(kind) || said.size >= maxKinds) return
    said.add(kind)
    write(`alfred-security: ${text}\n`)
  }
  const sayRefusal = <Name extends AlfredEventName>(name: Name, event: AlfredEvents[Name]): void => {
    const what = refusalAdvice[name]?.(event)
    if (what !== undefined) sayOnce(what, `refused a request ${what} ${hint}`)
  }
  return {
    logger: {
      ...noopLogger,
      warn: (_fields, message) => {
        if (!saidByEvents.has(message)) sayOnce(message)
      },
      error: ({ err }, message) => {
        if (!(err instanceof Error)) {
          sayOnce(message)
          return
        }
        const frames = framesOf(err)
        sayOnce(
          `${message}: ${frames[0] ?? err.name}`,
          [`${message}: ${err.name}: ${printable(err.message)}`, ...frames].join('\n'),
        )
      },
    },
    watch(events) {
      for (const name of Object.keys(refusalAdvice) as AlfredEventName[]) {
        events.on(name, (event) => {
          sayRefusal(name, event)
        })
      }
    },
  }
}

/** Where an error was made. Its message, which may hold anything that a client sent, stands before that in the stack. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const from = stack.indexOf(message)
  const behind = from === -1 ? stack : stack.slice(from + message.length)
  return behind.split('\n').filter((line) => /^\s+at /.test(line))
}
