import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHtmlSanitizer, createMarkdownRenderer } from '../packages/input-validation/src/index.ts'
import { findJsonFault } from '../packages/input-validation/src/json-fault.ts'

/** What hostile input cost. */
export type ValidationBoundsFigures = {
  /** The longest that one call held up the main thread, for any input of at most 100 KB, ms. */
  readonly worstBlockMs: number
  readonly worstInput: string
  /** How much the heap grew over the sanitisations, with a turn of the event loop after each, MB. */
  readonly heapDriftMb: number
  /** The same without any but those that awaiting a result brings. */
  readonly heapDriftSyncMb: number
  /** How many dirty inputs came back with what should have been removed. */
  readonly passedThrough: number
}

const size = 100_000
const fill = (unit: string): string => unit.repeat(Math.ceil(size / unit.length)).slice(0, size)

/** What is slow for a parser, as large as it may be and as large as is still done in the main thread. */
const units = [
  '<div>',
  '<b>',
  '<a>',
  '<p>',
  '<b><p>',
  '<b a=1>x',
  '<a><div></a>',
  '<table><td>',
  '<table><a>',
  '<svg>',
  '<svg><g>',
  '<math><mi>',
  '<select><option>',
  '<template>',
  '<x-y>',
  '<!--',
  '<!---->',
  '<![CDATA[',
  '<a href="',
  '</div>',
  '<br>',
  '<b id=x>y</b>',
  '<li><ul>',
  '<img src=x onerror=y>',
  '&amp;<b',
  '<',
  '> ',
  '- ',
  '* a ',
  '*a **b ',
  '[',
  '![x](',
  '[a](<',
  '`',
  '``` ',
  '|a',
  '[a]: x\n',
  '[a]',
  '\\',
  '<http:',
  '_a*b~~',
  '# a\n',
  'a|b\n-|-\n',
  '"',
  '{"a":',
  '[[',
  '{"a":1,',
  '\u202e',
  'a',
] as const

const sizes = [500, 1000, 2000, 4000, 8000, 30_000, size]

/** How long `call` holds up this thread until it returns; a promise that it returns is awaited, unmeasured. */
async function blockMs(call: () => unknown): Promise<number> {
  const startedAt = performance.now()
  const result = call()
  const tookMs = performance.now() - startedAt
  await result
  await nextTurn()
  return tookMs
}

const dirty =
  '<p onclick="steal()">Hello <b>you</b> <script>steal()</script><a href="javascript:steal()">x</a></p>'
const isDirty = (html: string): boolean => html.includes('steal')

async function drift(count: number, yields: boolean, note: (outcome: string) => void): Promise<number> {
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000, maxQueued: 1000 })
  await sanitizer.ready()
  const used = async (): Promise<number> => {
    for (let round = 0; round < 4; round++) {
      await nextTurn()
      globalThis.gc?.()
    }
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const round = async (index: number): Promise<void> => {
    const outcome = sanitizer.sanitize(`${dirty}${String(index)}`)
    const settled = outcome instanceof Promise ? await outcome : outcome
    if ('html' in settled && isDirty(settled.html)) note(settled.html)
    if (yields && index % 10 === 0) await nextTurn()
  }
  // What a long run holds in any case, code and caches, is not drift.
  for (let index = 0; index < count / 20; index++) await round(index)
  const before = await used()
  for (let index = 0; index < count; index++) {
    await round(index)
    if (index % 50_000 === 0)
      console.error(`${yields ? 'yielding' : 'not yielding'}: ${String(index)} of ${String(count)}`)
  }
  const grown = (await used()) - before
  await sanitizer.close()
  return grown
}

/**
 * Measures what hostile input costs: the main thread's longest block, what the heap keeps, and whether time-outs,
 * full queues and ended threads let anything through.
 */
export async function verifyValidationBounds(): Promise<ValidationBoundsFigures> {
  if (!globalThis.gc) throw new Error('run with --expose-gc: pnpm verify does')
  let passedThrough = 0
  const note = (html: string): void => {
    passedThrough += 1
    console.error(`came through: ${html.slice(0, 200)}`)
  }
  const html = createHtmlSanitizer({ timeoutMs: 1000, maxQueued: 1000 })
  const markdown = createMarkdownRenderer({ timeoutMs: 1000, maxQueued: 1000 })
  await Promise.all([html.ready(), markdown.ready()])
  const limits = { maxDepth: 32, maxKeys: 10_000, maxArrayLength: 10_000 }
  const targets: Readonly<Record<string, (text: string) => unknown>> = {
    html: (text) => html.sanitize(text),
    markdown: (text) => markdown.renderMarkdown(text),
    'body guard': (text) => findJsonFault(text, limits),
  }
  let worstBlockMs = 0
  let worstInput = ''
  // Three rounds, of which the first compiles: what counts is the best of the others, without the machine's own pauses.
  for (const [name, call] of Object.entries(targets)) {
    for (const unit of units) {
      for (const length of sizes) {
        const text = fill(unit).slice(0, length)
        await blockMs(() => call(text))
        const took = Math.min(await blockMs(() => call(text)), await blockMs(() => call(text)))
        if (took > worstBlockMs) [worstBlockMs, worstInput] = [took, `${name}: ${unit} × ${String(length)}`]
      }
    }
    console.error(`${name}: ${worstBlockMs.toFixed(1)} ms so far (${worstInput})`)
  }
  await Promise.all([html.close(), markdown.close()])

  // Time-outs, a full queue and a closed sanitiser.
  const hurried = createHtmlSanitizer({ timeoutMs: 1, maxQueued: 5 })
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => hurried.sanitize(dirty.repeat(300 + index))),
  )
  await hurried.close()
  outcomes.push(await hurried.sanitize(dirty))
  for (const outcome of outcomes) if ('html' in outcome && isDirty(outcome.html)) note(outcome.html)

  const count = Number(process.env['ALFRED_SANITISATIONS'] ?? 1_000_000)
  const heapDriftMb = await drift(count, true, note)
  const heapDriftSyncMb = await drift(count, false, note)
  const round = (value: number): number => Number(value.toFixed(2))
  if (worstBlockMs > 20 || heapDriftMb > 5 || heapDriftSyncMb > 5 || passedThrough > 0) process.exitCode = 1
  return {
    worstBlockMs: round(worstBlockMs),
    worstInput,
    heapDriftMb: round(heapDriftMb),
    heapDriftSyncMb: round(heapDriftSyncMb),
    passedThrough,
  }
}
