const unprintable = /[^\x20-\x7e]/g

/**
 * A client's text as it may stand in a log entry: in printable ASCII and of bounded length.
 *
 * @param text - of the client; `?` takes the place of every other character
 * @param maxLength - in characters; `…` says that more was cut off
 */
export function printable(text: string, maxLength = 200): string {
  const shown = text.slice(0, maxLength).replace(unprintable, '?')
  return text.length > maxLength ? `${shown}…` : shown
}
