import { afterAll, expect, it } from 'vitest'
import { createHtmlSanitizer, type HtmlSanitizer } from '../../src/sanitizers/html-sanitizer.ts'
import type { HtmlSanitizerOptions } from '../../src/sanitizers/html-sanitizer-options.ts'

const opened: HtmlSanitizer[] = []

function open(options?: HtmlSanitizerOptions): HtmlSanitizer {
  // A loaded machine must not turn a slow answer into a refusal.
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000, ...options })
  opened.push(sanitizer)
  return sanitizer
}

afterAll(async () => {
  await Promise.all(opened.map((sanitizer) => sanitizer.close()))
})

it('sanitises in a thread before jsdom is loaded here, and at once afterwards', async () => {
  const sanitizer = open()
  const dirty = '<p onclick="steal()">Hello <b>you</b><script>steal()</script></p>'
  const clean = { html: '<p>Hello <b>you</b></p>' }
  const first = sanitizer.sanitize(dirty)
  expect(first).toBeInstanceOf(Promise)
  expect(await first).toEqual(clean)
  await sanitizer.ready()
  expect(sanitizer.sanitize(dirty)).toEqual(clean)
  const large = sanitizer.sanitize(`<p onclick=a>${'x'.repeat(5000)}`)
  expect(large).toBeInstanceOf(Promise)
  expect(await large).toEqual({ html: `<p>${'x'.repeat(5000)}</p>` })
})

it('refuses long text that is nested too deeply, in the thread', async () => {
  const deep = `${'<p>text</p>'.repeat(1000)}${'<i>'.repeat(300)}`
  expect(await open().sanitize(deep)).toEqual({ refusal: 'too-deep' })
})

it.each<[string, NonNullable<HtmlSanitizerOptions['policy']>, string, string]>([
  [
    'no forms or styles by default',
    {},
    '<form><input></form><p style="top:0">x</p><style>p{}</style>',
    '<p>x</p>',
  ],
  ['no SVG by default', {}, '<svg><circle r="1"/></svg>', ''],
  ['profiles', { profiles: ['svg'] }, '<svg><circle r="1"/></svg>', '<svg><circle r="1"></circle></svg>'],
  ['lists', { allowedTags: ['b'], allowedAttributes: [] }, '<b id="x"><i>y</i></b>', '<b>y</b>'],
  [
    'data attributes',
    { allowDataAttributes: true },
    '<b data-a="1" data-b>y</b>',
    '<b data-a="1" data-b="">y</b>',
  ],
])('policy: %s', async (_name, policy, dirty, clean) => {
  expect(await open({ policy }).sanitize(dirty)).toEqual({ html: clean })
})

it('bounds what waits for a thread, and settles all of it when it closes', async () => {
  const sanitizer = open({ maxQueued: 2 })
  const outcomes = ['<b>1', '<b>2', '<b>3'].map(async (text) => sanitizer.sanitize(text))
  expect(await outcomes[2]).toEqual({ refusal: 'overloaded' })
  await sanitizer.close()
  expect(await Promise.all(outcomes.slice(0, 2))).toEqual([{ refusal: 'closed' }, { refusal: 'closed' }])
  expect(sanitizer.sanitize('<b>4')).toEqual({ refusal: 'closed' })
})
