import { describe, expect, it } from 'vitest'
import { generateWellFormedHtml } from '../../test/well-formed-html.ts'
import { toDomPurifyConfig } from './html-policy.ts'
import { measureHtml } from './html-structure.ts'
import { createSimpleHtml } from './simple-html.ts'

/** Classes stay here: they are what texts without a DOM may have most of. */
const simpleHtml = createSimpleHtml(toDomPurifyConfig({ forbiddenAttributes: ['style'] }))

// That DOMPurify says the same is for the comparison in html-exactness.test.ts to show.
it.each([
  ['<p>a <b>b</b><br>\n<a href="https://e.example/?a=b&amp;c" title="d">e</a></p>'],
  [' \n<h1 class="x y">a</h1>\n<ul>\n<li>b<ol start="3"><li></li></ol></li>\n</ul>'],
  ['<blockquote><pre><code class="language-js">a &lt; b &amp;&amp; "c"\n</code></pre></blockquote><hr>'],
  [
    '<table>\n<thead><tr><th align="right">a</th></tr></thead><tbody>\n<tr><td><p>b</p></td></tr></tbody></table>',
  ],
  ['<dl><dt>a</dt><dd><img src="/a.png" alt="" loading="lazy"></dd></dl>'],
])('%j stays as it is', (text) => {
  expect(simpleHtml(text, 256)).toBe(text)
})

it.each([
  ['<p>a > b & c < d\u00a0&quot;&#39;</p>', `<p>a &gt; b &amp; c &lt; d&nbsp;"'</p>`],
  ['a<br/>b<br />', 'a<br>b<br>'],
  ['<table><tr><td>a</td></tr></table>', '<table><tbody><tr><td>a</td></tr></tbody></table>'],
  ['a Map<string, number> and <T>(a: T)', 'a Map and (a: T)'],
  ['#include <iostream>\n<div>vector<vector<int>> a</T></div>', undefined],
  ['<div>vector<vector<int>> a</div><T>b</t>', '<div>vector&gt; a</div>b'],
])('%j becomes %j', (text, html) => {
  expect(simpleHtml(text, 256)).toBe(html)
})

it.each([
  ['an element that is removed', '<script>a</script>'],
  ['an element that is not in the table', '<ruby>a</ruby>'],
  ['upper case', '<P>a</P>'],
  ['an end tag without a start', 'a</p>'],
  ['an element that is never closed', '<p>a'],
  ['end tags in another order', '<b><i>a</b></i>'],
  ['a block in a paragraph', '<p><div>a</div></p>'],
  ['a block in a formatting element', '<b><p>a</p></b>'],
  ['a link in a link', '<a><b><a>x</a></b></a>'],
  ['an item without a list', '<li>a</li>'],
  ['text in a table', '<table>a<tr><td>b</td></tr></table>'],
  ['a section behind a row', '<table><tr></tr><tbody></tbody></table>'],
  ['a line feed that is dropped', '<pre>\na</pre>'],
  ['a carriage return', '<p>a\r</p>'],
  ['a null', '<p>\0</p>'],
  ['a form feed', '\f<p>a</p>'],
  ['another reference', '<p>&copy;</p>'],
  ['a comment', '<p>a</p><!---->'],
  ['a handler', '<p onclick="a()">b</p>'],
  ['an id', '<p id="a">b</p>'],
  ['a script as address', '<a href="javascript:a()">b</a>'],
  ['a script behind white space', '<a href=" javascript:a()">b</a>'],
  ['a script with a tab', '<a href="java\tscript:a()">b</a>'],
  ['a value that is trimmed', '<p title=" a">b</p>'],
  ['a value that ends a comment', '<p title="-->">b</p>'],
  ['a value with a reference', '<p title="&lt;/style">b</p>'],
  ['a value without quotation marks', '<p class=a>b</p>'],
  ['two attributes of a name', '<p class="a" class="b">c</p>'],
  ['two spaces', '<p  class="a">b</p>'],
  ['a custom element', '<a-b>c'],
  ['a name of SVG', '<circle>a'],
  ['quotation marks in a tag', '<T a=">">b'],
])('%s needs a parser', (_name, text) => {
  expect(simpleHtml(text, 256)).toBeUndefined()
})

describe('a policy', () => {
  it.each([
    ['forbids an element', { forbiddenTags: ['b'] }, '<b>a</b>', false],
    ['forbids an attribute', { forbiddenAttributes: ['class'] }, '<b class="a">b</b>', false],
    ['allows others', { allowedTags: ['i'] }, '<b>a</b>', false],
    ['allows it', { allowedTags: ['B'], allowedAttributes: ['title'] }, '<b title="a">b</b>', true],
    ['allows a body by its table', { allowedTags: ['table'] }, '<table><tbody></tbody></table>', true],
    ['allows a name of its own', { allowedTags: ['string'] }, 'a <string>', false],
    ['is of SVG', { profiles: ['svg'] as const }, '<a href="/a">b</a>', false],
  ])('that %s', (_name, policy, text, isSimple) => {
    expect(createSimpleHtml(toDomPurifyConfig(policy))(text, 256) === text).toBe(isSimple)
  })
})

it('answers nothing that would take many replacements', () => {
  expect(simpleHtml(`<b>a</b>${'&'.repeat(4000)}`, 256)).toBeDefined()
  expect(simpleHtml(`<b>a</b>${'&'.repeat(5000)}`, 256)).toBeUndefined()
})

it('answers nothing that is too deep', () => {
  expect(simpleHtml('<div>'.repeat(5) + '</div>'.repeat(5), 6)).toBeDefined()
  expect(simpleHtml('<div>'.repeat(6) + '</div>'.repeat(6), 6)).toBeUndefined()
  for (let seed = 1; seed <= 3000; seed++) {
    const text = generateWellFormedHtml(seed)
    const maxDepth = 1 + (seed % 9)
    if (!text.includes('<') || simpleHtml(text, maxDepth) === undefined) continue
    expect(measureHtml(text, maxDepth).depth).toBeLessThanOrEqual(maxDepth)
  }
})
