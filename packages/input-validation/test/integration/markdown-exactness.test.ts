import createDOMPurify from 'dompurify'
import { JSDOM } from 'jsdom'
import { expect, it } from 'vitest'
import { createFinishedMarkdown } from '../../src/markdown/finished-markdown.ts'
import { loadMarkdownIt } from '../../src/markdown/load-markdown-it.ts'
import { createMarkdownDrafter, purifyMarkdownWith } from '../../src/markdown/markdown-engine.ts'
import { resolveMarkdownPolicy } from '../../src/markdown/markdown-policy.ts'
import { createRandom } from '../well-formed-html.ts'

const pieces = [
  'a', 'b ', '\n', '\n\n', '**', '*', '_', '`', '```js\n', '```\n', '# ', '- ', '1. ', '3) ', '> ', '~~', '  \n', '    code\n', '\t', '\\',
  '|a|b|\n|-|:-:|\n|c|d|\n', '\n---\n', '<b>', '&amp;', '&', '"', "'", '<', '>', '&nbsp;', '\u00a0', '&#13;', '&#0;', '\f', '\u2028',
  '[a](https://e.example/?a=b&c)', '[a](https://e.example "t\'\\"<>")', '<https://f.example>', '[r]', "\n[r]: https://e.example 'x'\n",
  '![i](https://images.example.com/a.png "t")', '![<](https://evil.example)', '[x](javascript:1)', '[m](mailto:a@b.c)', '[ ](https://e.example " ")',
  '[d](<https://e.example/a b>)', '&lt;script&gt;', '![ a ](https://images.example.com/\u00fc)', '[p](https://u:p@e.example)', '```a"b\n',
] // prettier-ignore

it('finishes without a DOM what DOMPurify would return, byte for byte', { timeout: 60_000 }, () => {
  const differences: string[] = []
  let finished = 0
  for (const policy of [
    resolveMarkdownPolicy({ imageOrigins: ['https://images.example.com'] }),
    resolveMarkdownPolicy({ linkOrigins: ['https://e.example'] }),
  ]) {
    const draft = createMarkdownDrafter(policy, loadMarkdownIt())
    const finish = createFinishedMarkdown(policy)
    const purify = purifyMarkdownWith(createDOMPurify(new JSDOM('').window), policy)
    for (let seed = 1; seed <= 1500; seed++) {
      const random = createRandom(seed)
      let text = ''
      for (let left = 1 + random(15); left > 0; left--) text += pieces[random(pieces.length)] ?? ''
      const { html } = draft(text)
      const simple = finish(html, 200)
      if (simple === undefined) continue
      finished += 1
      if (simple !== purify(html)) differences.push(text)
    }
  }
  expect(differences).toEqual([])
  expect(finished).toBeGreaterThan(1500)
})
