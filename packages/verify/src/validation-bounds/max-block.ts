import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import {
  chatMessage,
  createBodyGuard,
  createHtmlSanitizer,
  createMarkdownRenderer,
  text,
  validate,
} from '@alfred/input-validation'
import { detectors } from '@alfred/input-validation/detectors'
import { z } from 'zod'
import { hostileStructures, hostileUnits, repeatUnit } from '../../../input-validation/test/hostile-texts.ts'

/** What held up the main thread longest. */
export interface MaxBlock {
  /** Processor time of the main thread. */
  readonly ms: number
  readonly input: string
  /** The longest time that passed, which other processes and this one's own threads lengthen where they share processors. */
  readonly wallMs: number
}

/** In ticks of the kernel, of about 4 ms. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** One call's longest block: processor time, and time. */
interface Block {
  readonly ms: number
  readonly wallMs: number
}

/** As large as an input may be for the bound to hold, and what is around the limits of the ways that texts take. */
const lengths = [1000, 2048, 4096, 16_384, 100_000]

/**
 * Ordinary traffic before the first hostile input comes, short and long: it has the code compiled and the heap grown as
 * they are in a server that has been at work.
 */
const ordinary = [
  'Why does SELECT * FROM users WHERE name = $1 return no row?\n\n```ts\nconst a = b < c ? `x${d}` : "y"\n```\n',
  '<p class="a">Some <b>bold</b> text and <a href="https://example.com/a?b=c">a link</a>.</p>\n',
  '{"messages":[{"role":"user","content":"Hello \\"you\\""}],"count":12}',
]

/**
 * How long `call` keeps this thread busy: until it returns, and in any turn of the event loop until what it returned is
 * settled. Collecting garbage counts. The turns are taken without a promise each, which would cost more than they show.
 */
function measureBlock(call: () => unknown): Promise<Block> {
  let ms = 0
  let wallMs = 0
  let since = performance.now()
  let threadSince = threadMs()
  const mark = (): void => {
    const threadNow = threadMs()
    const now = performance.now()
    ms = Math.max(ms, threadNow - threadSince)
    wallMs = Math.max(wallMs, now - since)
    since = now
    threadSince = threadNow
  }
  const result = call()
  mark()
  if (!(result instanceof Promise)) return Promise.resolve({ ms, wallMs })
  return new Promise((resolve, reject) => {
    let isSettled = false
    const turn = (): void => {
      mark()
      if (isSettled) resolve({ ms, wallMs })
      else setImmediate(turn)
    }
    result.then(() => (isSettled = true), reject)
    setImmediate(turn)
  })
}

/** Sends a body through a middleware, until it passes or answers. */
function send(
  middleware: ReturnType<typeof createBodyGuard>,
  { body, bytes = '' }: { readonly body?: unknown; readonly bytes?: string },
): Promise<void> {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'POST', url: '/', body })
  request.headers['content-type'] = 'application/json'
  request.headers['content-length'] = String(Buffer.byteLength(bytes))
  request.push(bytes)
  request.push(null)
  const response = new ServerResponse<IncomingMessage>(request)
  return new Promise((resolve) => {
    // Without a connection an answer never ends by itself.
    response.end = () => {
      resolve()
      return response
    }
    middleware(request, response, () => {
      resolve()
    })
  })
}

const piecesOf = (whole: string, length: number): readonly string[] =>
  Array.from({ length: Math.ceil(whole.length / length) }, (_, at) =>
    whole.slice(at * length, (at + 1) * length),
  )

/** Everything that looks at what clients send, with every detector alone and all together. */
export async function measureMaxBlock(progress: (line: string) => void): Promise<MaxBlock> {
  // Few texts take that long, and each costs a thread that takes a second to come up again.
  const limits = { timeoutMs: 400, maxQueued: 1000 }
  const html = createHtmlSanitizer(limits)
  const markdown = createMarkdownRenderer(limits)
  await Promise.all([html.ready(), markdown.ready()])
  const guard = createBodyGuard()
  const oneField = validate({ body: z.strictObject({ text: text({ maxLength: 100_000 }) }) })
  const manyFields = validate({ body: z.array(chatMessage()) })
  const alone = chatMessage()
  const targets: Readonly<Record<string, (input: string) => unknown>> = {
    'body guard': (bytes) => send(guard, { bytes }),
    'one field': (input) => send(oneField, { body: { text: input } }),
    'fields of 1,000': (input) => send(manyFields, { body: piecesOf(input, 1000) }),
    'fields of 20': (input) => send(manyFields, { body: piecesOf(input, 20) }),
    'a chat message outside of a request': (input) => alone.safeParse(input.slice(0, 10_000)),
    ...Object.fromEntries(Object.entries(detectors).map(([name, detect]) => [`detector ${name}`, detect])),
    html: (input) => html.sanitize(input),
    markdown: (input) => markdown.renderMarkdown(input),
  }
  for (const call of Object.values(targets)) {
    for (let round = 0; round < 200; round++) await call(ordinary.join('').slice(0, 40 + round * 2))
    for (const text of ordinary)
      for (let round = 0; round < 10; round++) await call(repeatUnit(text, 100_000))
  }

  let max: MaxBlock = { ms: 0, wallMs: 0, input: '' }
  for (const [name, call] of Object.entries(targets)) {
    let ofTarget: MaxBlock = { ms: 0, wallMs: 0, input: '' }
    for (const unit of new Set([...hostileUnits, ...hostileStructures])) {
      for (const length of lengths) {
        const input = repeatUnit(unit, length)
        const { ms, wallMs } = await measureBlock(() => call(input))
        const maxWallMs = Math.max(ofTarget.wallMs, wallMs)
        ofTarget =
          ms > ofTarget.ms
            ? { ms, wallMs: maxWallMs, input: `${name}: ${JSON.stringify(unit)} × ${String(length)}` }
            : { ...ofTarget, wallMs: maxWallMs }
      }
    }
    progress(
      `${ofTarget.ms.toFixed(1)} ms (longest wall time ${ofTarget.wallMs.toFixed(1)}), ${ofTarget.input}`,
    )
    const wallMs = Math.max(max.wallMs, ofTarget.wallMs)
    max = { ...(ofTarget.ms > max.ms ? ofTarget : max), wallMs }
  }
  await Promise.all([html.close(), markdown.close()])
  return max
}
