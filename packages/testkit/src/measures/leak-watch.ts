import { inspect } from 'node:util'
import type { Logger } from '@alfred/core'

/** Keeps everything that a program lets out, and looks for secrets in it. */
export interface LeakWatch {
  /** Keeps a thing as logs, JSON and `util.inspect` show it, hidden properties included. */
  readonly note: (what: unknown) => void
  /** Notes what is logged. */
  readonly logger: Logger
  /** What was noted with one of the secrets in it, upper and lower case taken for the same. */
  hits(secrets: Iterable<string>): readonly string[]
}

/**
 * Builds a watch for secrets.
 *
 * @example
 * const watch = createLeakWatch()
 * watch.note(vault.report())
 * expect(watch.hits(['sk-secret'])).toEqual([])
 */
export function createLeakWatch(): LeakWatch {
  const seen: string[] = []
  const note = (what: unknown): void => {
    seen.push(inspect(what, { depth: 12, maxStringLength: null, showHidden: true }), JSON.stringify([what]))
  }
  const log = (fields: unknown, text: string): void => {
    note([fields, text])
  }
  return {
    note,
    logger: { debug: log, info: log, warn: log, error: log },
    hits(secrets) {
      const wanted = [...secrets].map((secret) => secret.toLowerCase())
      return seen.filter((text) => wanted.some((secret) => text.toLowerCase().includes(secret)))
    },
  }
}
