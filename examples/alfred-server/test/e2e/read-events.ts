/** One server-sent event. */
export interface ReceivedEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Reads the events of a response as they come. */
export async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent> {
  if (!response.body) throw new Error('the response has no body')
  let buffered = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    buffered += text
    const blocks = buffered.split('\n\n')
    buffered = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2)
      const data = field('data')
      if (data === undefined) continue
      yield {
        id: field('id'),
        event: field('event') ?? 'message',
        data: JSON.parse(data) as ReceivedEvent['data'],
      }
    }
  }
}

/** The next event of a response; there must be one. */
export async function nextEvent(events: AsyncGenerator<ReceivedEvent, unknown>): Promise<ReceivedEvent> {
  const next = await events.next()
  if (next.done) throw new Error('the events have ended')
  return next.value
}
