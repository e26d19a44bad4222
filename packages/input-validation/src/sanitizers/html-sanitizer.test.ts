import { expect, it } from 'vitest'
import { createHtmlSanitizer } from './html-sanitizer.ts'
import type { HtmlSanitizerOptions } from './html-sanitizer-options.ts'

it('answers text without markup at once, whatever its length', () => {
  const sanitizer = createHtmlSanitizer({ maxLength: 5 })
  expect(sanitizer.sanitize('1 < 2, 3 > 2')).toEqual({ html: '1 &lt; 2, 3 &gt; 2' })
})

it.each<[string, HtmlSanitizerOptions, string, string]>([
  ['longer', { maxLength: 10 }, '<b>12345678</b>', 'too-long'],
  ['deeper', { maxDepth: 10 }, '<i>'.repeat(11), 'too-deep'],
])('refuses what is %s than allowed', (_name, options, text, refusal) => {
  expect(createHtmlSanitizer(options).sanitize(text)).toEqual({ refusal })
})

it('refuses markup once it is closed', async () => {
  const sanitizer = createHtmlSanitizer()
  await sanitizer.close()
  expect(sanitizer.sanitize('<b>1')).toEqual({ refusal: 'closed' })
  expect(sanitizer.sanitize('1')).toEqual({ html: '1' })
})

it('names every refused option', () => {
  const options = { maxDeep: 1, policy: { profiles: ['xml'], allowedTags: ['<b>'] }, maxDepth: 1000 }
  expect(() => createHtmlSanitizer(options as unknown as HtmlSanitizerOptions)).toThrow(
    /html\.maxDeep[\s\S]*html\.policy\.profiles\[0\][\s\S]*html\.policy\.allowedTags\[0\][\s\S]*html\.maxDepth/,
  )
})
