/** Passes lines of JSON on, and fails on a line that is none: what stands behind it would print the line. */
export function wholeJsonLines(): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  const check = (line: string): void => {
    if (line.trim() === '') return
    try {
      JSON.parse(line)
    } catch {
      throw new Error('a line of the stream is not JSON')
    }
  }
  return new TransformStream({
    transform(bytes, controller) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(check)
      if (lines.length > 0) controller.enqueue(encoder.encode(`${lines.join('\n')}\n`))
    },
    flush(controller) {
      const last = rest + decoder.decode()
      check(last)
      controller.enqueue(encoder.encode(last))
    },
  })
}
