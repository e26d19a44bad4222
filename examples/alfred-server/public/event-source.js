/* global TextDecoderStream */

/**
 * Reads server-sent events from a fetched body. EventSource itself can only GET.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{ id: string | undefined, event: string, data: unknown }>}
 */
export async function* readEvents(body) {
  let buffered = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    buffered += text
    const blocks = buffered.split('\n\n')
    buffered = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith(':'))
          .map((line) => {
            const colon = line.indexOf(':')
            return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
          }),
      )
      const data = fields.get('data')
      if (data === undefined) continue
      yield { id: fields.get('id'), event: fields.get('event') ?? 'message', data: JSON.parse(data) }
    }
  }
}
