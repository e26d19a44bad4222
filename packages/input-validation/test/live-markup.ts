import { JSDOM, VirtualConsole } from 'jsdom'

/**
 * Whether markup, as a browser parses it, runs something.
 *
 * @param loads - counts what it loads by itself too: `src` of any element
 */
export function isLiveMarkup(markup: string, loads: boolean): boolean {
  // One that nobody listens to: jsdom complains of style sheets in the attempts.
  const virtualConsole = new VirtualConsole()
  const { document } = new JSDOM(`<!doctype html><body>${markup}`, { virtualConsole }).window
  return [...document.body.querySelectorAll('*')].some((element) => {
    if (/^(?:script|iframe|object|embed|base|meta)$/i.test(element.localName)) return true
    if (loads && element.hasAttribute('src')) return true
    return [...element.attributes].some(
      ({ name, value }) => name.startsWith('on') || /^\s*javascript:/i.test(value),
    )
  })
}
