import createDOMPurify, { type Config } from 'dompurify'
import { type DOMWindow, JSDOM, VirtualConsole } from 'jsdom'

/** DOMPurify on a DOM of its own, with one configuration. */
export interface DomPurifier {
  /** Sanitises at once, however long it takes. */
  purify(text: string): string
  close(): void
}

/** A window is replaced after so much work: what it keeps of parsed documents grows slowly. */
const callsPerWindow = 2000
const charactersPerWindow = 4_000_000

/**
 * Builds a purifier. Importing this module loads jsdom, which takes a third of a second: only threads do so
 * without being asked.
 */
export function createDomPurifier(config: Config): DomPurifier {
  let window: DOMWindow | undefined
  let sanitize: ((text: string) => string) | undefined
  let callsLeft = 0
  let charactersLeft = 0

  const renew = (): ((text: string) => string) => {
    window?.close()
    // Without a console of its own jsdom prints what it dislikes of style sheets.
    window = new JSDOM('', { virtualConsole: new VirtualConsole() }).window
    const purifier = createDOMPurify(window)
    // Fails closed: without a working DOM DOMPurify returns its input.
    if (!purifier.isSupported) throw new Error('DOMPurify does not support this DOM')
    purifier.setConfig(config)
    callsLeft = callsPerWindow
    charactersLeft = charactersPerWindow
    // The purifier itself is never handed out, so nobody can add a hook to it or change its configuration.
    return (text) => purifier.sanitize(text)
  }

  return {
    purify(text) {
      if (!sanitize || callsLeft <= 0 || charactersLeft <= 0) sanitize = renew()
      callsLeft -= 1
      charactersLeft -= text.length
      try {
        return sanitize(text)
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
