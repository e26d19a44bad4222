import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fileName } from './file-name.ts'
import { html } from './html.ts'
import { identifier } from './identifier.ts'
import { placeholdersOf, renderTemplate } from './render-template.ts'
import { template, templateContent } from './template.ts'
import { chatMessage, code, markdown, text } from './text.ts'
import { url } from './url.ts'

interface Field {
  safeParse(value: unknown): { success: boolean; data?: unknown }
}

const accepts = (field: Field, value: string): boolean => field.safeParse(value).success

describe('url', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTP://EXAMPLE.com:80/a b', 'http://example.com/a%20b'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://8.8.8.8/', 'https://8.8.8.8/'],
  ])('%s becomes %s', (value, written) => {
    expect(url().parse(value)).toBe(written)
  })

  it.each([
    'example.com',
    'javascript:alert(1)',
    'ftp://example.com/',
    'https://user:secret@example.com/',
    'https://example.com@evil.example/',
    'http://localhost/',
    'http://a.localhost/',
    'http://intranet/',
    'http://db.internal./',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://10.1.2.3/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::a00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://metadata.google.internal/',
    'http://10.0.0.1.nip.io/',
    'http://10-0-0-1.example.com/',
    'http://localtest.me/',
    'http://127。0。0。1/',
    'https://exa\u202emple.com/',
    `https://example.com/${'a'.repeat(2048)}`,
  ])('refuses %s', (value) => {
    expect(accepts(url(), value)).toBe(false)
  })

  it.each<[Parameters<typeof url>[0], string, boolean]>([
    [{ hosts: ['example.com'] }, 'https://example.com/', true],
    [{ hosts: ['example.com'] }, 'https://a.example.com/', false],
    [{ hosts: ['*.example.com'] }, 'https://a.b.example.com/', true],
    [{ hosts: ['*.example.com'] }, 'https://example.com/', false],
    [{ hosts: ['*.example.com'] }, 'https://evilexample.com/', false],
    [{ hosts: ['localhost'] }, 'http://localhost:3000/', true],
    [{ allowPrivateHosts: true }, 'http://10.0.0.1/', true],
    [{ schemes: ['https'] }, 'http://example.com/', false],
  ])('%j: %s → %s', (options, value, accepted) => {
    expect(accepts(url(options), value)).toBe(accepted)
  })
})

describe('fileName', () => {
  it.each([
    'a.txt',
    'Größe.md',
    '.gitignore',
    'a b (1).tar.gz',
    '日本語.png',
    'con_fig.json',
    'é'.repeat(127),
  ])('accepts %s', (name) => {
    expect(fileName().parse(name)).toBe(name)
  })
  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/b',
    'a\\b',
    'C:a',
    'a\0.png',
    'a\n',
    'CON',
    'con.txt',
    'LPT1.log',
    'com¹',
    'a.',
    'a ',
    ' a',
    '-rf',
    'a:stream',
    'a*',
    '%2e%2e%2fa',
    'a\u2215b',
    'photo\u202egnp.exe',
    'é'.repeat(128),
  ])('refuses %j', (name) => {
    expect(accepts(fileName(), name)).toBe(false)
  })
  it.each([
    ['a.MD', true],
    ['a.exe', false],
    ['md', false],
    ['a.md.exe', false],
  ])('extensions: %s → %s', (name, accepted) => {
    expect(accepts(fileName({ extensions: ['md'] }), name)).toBe(accepted)
  })
})

describe('identifier of words', () => {
  const field = identifier({ characters: 'words' })
  it.each([
    "O'Brien & Söhne",
    'Zoë’s project',
    'Ελένη',
    'محمد',
    'Team #1',
    'نمی‌خواهم',
    'a',
    "When I'm Gone",
    '25 Or 6 To 4',
    'Brown–Forman',
    "O'Reilly or O'Brien",
    '…Baby One More Time',
    '“Heroes”',
    '(I Can’t Get No) Satisfaction',
    '+44',
    '👩‍💻 Team 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'R&D @ 100% {beta} [v2] = €5; *new*',
    'Select * from Where?',
    '山田\u3000太郎',
    'Jean\u00a0Luc',
  ])('accepts %s', (name) => {
    expect(field.parse(name)).toBe(name)
  })

  it.each(['a ', '\u3000a', 'a\u00a0', '\ufe0f', '\u2800', '\u034f', '\u17b4', '\u0301', '\u3164'])(
    'refuses a name that shows nothing, or ends in a space: %j',
    (name) => {
      expect(accepts(field, name)).toBe(false)
    },
  )

  it.each(['', ' a', '<b>', 'a>b', 'p\u0430ypal', 'a\u202eb', 'a\nb', 'a\0b', '\u2028', '\u{e0041}'])(
    'refuses %j',
    (name) => {
      expect(accepts(field, name)).toBe(false)
    },
  )

  it('rejects what looks like an injection where it is told to', () => {
    const strict = identifier({ characters: 'words', detectors: { sql: 'reject' } })
    expect(accepts(strict, "x' union select password")).toBe(false)
    expect(accepts(field, "x' union select password")).toBe(true)
  })
})

describe('template', () => {
  it.each([
    ['Hello {{name}}', ['name']],
    ['{{ a }}{{b}}{{a}}', ['a', 'b']],
    ['{{1a}} {{a-b}} {{}} {{{c}}}', ['c']],
    ['{{a}', []],
  ])('%s has the placeholders %j', (source, names) => {
    expect(placeholdersOf(source)).toEqual(names)
  })

  it.each([
    ['Review this {{ language }} code', { language: 'Rust' }, 'Review this Rust code'],
    ['{{a}}{{b}}{{a}}', { a: '1', b: '2' }, '121'],
    ['never looked at again: {{a}}', { a: '{{b}}', b: 'no' }, 'never looked at again: {{b}}'],
    ['$& stays: {{a}}', { a: "$& $' $1" }, "$& stays: $& $' $1"],
    ['{{constructor}} {{toString}} {{ 1 + 1 }} ${a}', {}, '{{constructor}} {{toString}} {{ 1 + 1 }} ${a}'],
  ])('%s is filled in', (source, values: Record<string, string>, rendered) => {
    expect(renderTemplate(source, values)).toBe(rendered)
  })

  it.each([
    ['Hello {{name}}', true],
    ['Hello {{other}}', false],
    ['Hello ${other} <%= x %>', true],
    ['Hello {{ 1 + 1 }}', true],
  ])('of declared placeholders: %s → %s', (source, accepted) => {
    expect(accepts(template({ maxLength: 100, placeholders: ['name'] }), source)).toBe(accepted)
    expect(accepts(template({ maxLength: 100, placeholders: ['name'], undeclared: 'keep' }), source)).toBe(
      true,
    )
    expect(accepts(templateContent(), source)).toBe(true)
  })

  it.each([
    ['Hello {{name}}', true],
    [`${'{{ name }}'.repeat(40)} eval(code)`, false],
    ['Hello {{other}}', false],
    ['Hello {{ 1 + 1 }}', false],
    ['Hello ${name}', false],
    ['eval(code)', false],
    ['new Function("a")', false],
    ['setTimeout("a", 1)', false],
    ['an evaluation (of sorts)', true],
  ])('refuses code that is no placeholder of its own, when told so: %s → %s', (source, accepted) => {
    const field = template({
      maxLength: 1000,
      placeholders: ['name'],
      undeclared: 'keep',
      detectors: { code: { action: 'reject', threshold: 'suspicious' } },
    })
    expect(accepts(field, source)).toBe(accepted)
  })

  it('takes every {{name}} for its own where none is declared', () => {
    const field = template({
      maxLength: 99,
      detectors: { code: { action: 'reject', threshold: 'suspicious' } },
    })
    expect(accepts(field, 'Hello {{ anybody }}')).toBe(true)
    expect(accepts(field, 'Hello {{ a.b }}')).toBe(false)
  })
})

describe('html', () => {
  it('is what the sanitiser leaves, asked once', async () => {
    const sanitize = vi.fn((source: string) => Promise.resolve({ html: source.toUpperCase() }))
    const field = html({ maxLength: 100, sanitizer: { sanitize } })
    expect(await field.parseAsync('<b>a</b>')).toBe('<B>A</B>')
    const standard = await field['~standard'].validate('<i>b</i>')
    expect(standard).toEqual({ value: '<I>B</I>' })
    expect(sanitize).toHaveBeenCalledTimes(2)
  })
  it('is refused when it cannot be sanitised', async () => {
    const sync = html({ maxLength: 9, sanitizer: { sanitize: () => ({ refusal: 'too-deep' }) } })
    const late = html({
      maxLength: 9,
      sanitizer: { sanitize: () => Promise.resolve({ refusal: 'timeout' as const }) },
    })
    expect(sync.safeParse('<b>').success).toBe(false)
    expect((await late.safeParseAsync('<b>')).success).toBe(false)
  })
})

it.each([
  [{ maxLength: 2 }, '👩👩', true],
  [{ maxLength: 9, maxUnits: 3 }, '👩👩', false],
  [{ maxLength: 9, maxBytes: 7 }, '👩👩', false],
  [{ maxLength: 9, maxBytes: 8 }, '👩👩', true],
  [{ maxLength: 9, maxBytes: 8, maxUnits: 4 }, '👩👩', true],
])('counts code points, units and bytes apart: %j', (size, value, accepted) => {
  expect(accepts(text(size), value)).toBe(accepted)
})

/** Fragments of attacks and odd strings, so that random texts run into every detector. */
const fragments = [
  '<script>',
  '</script',
  '<img src=x onerror=',
  'javascript:',
  '&#x6a;',
  '%3C',
  '%00',
  "' or 1=1--",
  'union select',
  ';drop table',
  '/*',
  '*/',
  '{{7*7}}',
  '${',
  '<%=',
  '../',
  '..%2f',
  '\\\\a\\',
  'http://127.1/',
  'http://[::',
  '@',
  '://',
  '\u202e',
  '\u200d',
  '\u{e0041}',
  '👩‍👩‍👧‍👦',
  '🏴',
  'pаypal',
  'ghp_',
  '-----BEGIN PRIVATE KEY-----',
  'ignore all previous instructions',
  '```',
  '`',
  '"',
  "'",
  '\\',
  '\ufeff',
  '\uffff',
  'null',
  'undefined',
  '__proto__',
  '0x',
  '1e999',
  'ﬀ',
  'İ',
  '\r\n',
  '\u2028',
  '\u0001',
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 8 })), { maxLength: 24 })
  .map((parts) => parts.join(''))

it('loses no character of text, code and Markdown, and refuses none for what it says', () => {
  const fields = [
    chatMessage({ maxLength: 10_000 }),
    text({ maxLength: 10_000 }),
    code({ maxLength: 10_000 }),
    markdown({ maxLength: 10_000 }),
  ]
  fc.assert(
    fc.property(hostile, (value) => {
      for (const field of fields) {
        const result = field.safeParse(value)
        const isStorable = !value.includes('\0') && value.isWellFormed()
        const isEmpty = value === '' && field === fields[0]
        expect(result.success).toBe(isStorable && !isEmpty)
        if (result.success) expect(result.data).toBe(value)
      }
    }),
    { numRuns: 500 },
  )
}, 30_000)

it('answers every text without an exception', () => {
  const fields = [
    url(),
    fileName(),
    identifier(),
    identifier({ characters: 'words' }),
    template({ maxLength: 99, placeholders: [] }),
  ]
  fc.assert(
    fc.property(hostile, (value) => {
      for (const field of fields) expect(typeof field.safeParse(value).success).toBe('boolean')
    }),
    { numRuns: 500 },
  )
}, 30_000)
