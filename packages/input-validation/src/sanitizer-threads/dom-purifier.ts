import { requireBeside } from '@alfred/core'
import type DOMPurify from 'dompurify'
import type * as Jsdom from 'jsdom'
import { configurePurifier, type SanitizerJob } from './sanitizer-job.ts'

/** DOMPurify on a DOM of its own, with one configuration. */
export interface DomPurifier {
  /** Sanitises at once, however long it takes. */
  purify(html: string): string
  close(): void
}

/** A window is replaced after so much work: what it keeps of parsed documents grows slowly. */
const callsPerWindow = 2000
const charactersPerWindow = 4_000_000

/**
 * Builds a purifier. It loads jsdom, which takes a third of a second: only threads do so without being asked. An import would be
 * hoisted by bundlers to where the program starts.
 */
export function createDomPurifier(job: SanitizerJob): DomPurifier {
  const require = requireBeside(import.meta.url)
  const { JSDOM, VirtualConsole } = require('jsdom') as typeof Jsdom
  const createDOMPurify = require('dompurify') as typeof DOMPurify
  let window: Jsdom.DOMWindow | undefined
  let sanitize: ((html: string) => string) | undefined
  let callsLeft = 0
  let charactersLeft = 0

  const renew = (): ((html: string) => string) => {
    window?.close()
    // Without a console of its own jsdom prints what it dislikes of style sheets.
    window = new JSDOM('', { virtualConsole: new VirtualConsole() }).window
    const purifier = createDOMPurify(window)
    // Fails closed: without a working DOM DOMPurify returns its input.
    if (!purifier.isSupported) throw new Error('DOMPurify does not support this DOM')
    callsLeft = callsPerWindow
    charactersLeft = charactersPerWindow
    // The purifier itself is never handed out, so nobody can add a hook to it or change its configuration.
    return configurePurifier(purifier, job)
  }

  return {
    purify(html) {
      if (!sanitize || callsLeft <= 0 || charactersLeft <= 0) sanitize = renew()
      callsLeft -= 1
      charactersLeft -= html.length
      try {
        return sanitize(html)
      } catch (error) {
        // What a failure left behind in the window shall not meet the next text.
        sanitize = undefined
        throw error
      }
    },
    close() {
      window?.close()
      window = undefined
      sanitize = undefined
    },
  }
}
