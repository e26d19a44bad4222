/** One response as it came over the wire. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>
  /** Head and body as one text, one character a byte. */
  readonly text: string
}

/** The end of a chunked body that begins at `start`, or `undefined` while it is not complete. */
function endOfChunks(text: string, start: number): number | undefined {
  let at = start
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    if (Number.isNaN(size)) return undefined
    if (size === 0) {
      const end = text.indexOf('\r\n', line + 2)
      return end === -1 ? undefined : end + 2
    }
    at = line + 2 + size + 2
    if (at > text.length) return undefined
  }
}

/**
 * Reads the complete responses of a connection, without those that say only to go on (1xx).
 *
 * @param received - all that came, one character a byte
 * @param bodiless - the responses have no body whatever their fields say, as those to HEAD
 */
export function readAnswers(received: string, bodiless: boolean): readonly Answer[] {
  const answers: Answer[] = []
  let at = 0
  for (;;) {
    const headEnd = received.indexOf('\r\n\r\n', at)
    if (headEnd === -1) return answers
    const [statusLine = '', ...lines] = received.slice(at, headEnd).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1])
    const fields = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      }),
    )
    let end: number | undefined = headEnd + 4
    const hasBody = !bodiless && status >= 200 && status !== 204 && status !== 304
    if (hasBody && fields.get('transfer-encoding') === 'chunked') end = endOfChunks(received, end)
    else if (hasBody) end += Number(fields.get('content-length') ?? 0)
    if (end === undefined || end > received.length) return answers
    if (status >= 200 || Number.isNaN(status)) answers.push({ status, fields, text: received.slice(at, end) })
    at = end
  }
}
