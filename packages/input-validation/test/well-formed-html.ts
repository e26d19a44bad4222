/** A source of numbers below a bound, the same in every run. */
export type Random = (below: number) => number

export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const words = (text: string): readonly string[] => text.split(' ')

const texts = [
  'a', 'Text', ' ', '\n', '\t', 'x\ny', '1 &lt; 2', '&amp;', '&gt;', '&quot;', '&#39;', '&nbsp;', '"', "'", '>', '& ', '&&',
  '<3', '< ', '=', '日本', '\ud83d\ude00', '\ufeff', '\u2028', '{{x}}', '\u00a0', '\u0001', '\ud800', '/*', ']]>', '-->',
  'a &amp;amp; b', '&amp;lt;script&amp;gt;', 'Map<string, number>', '<T>', '<vector<int>>', '<std::string>', '<stdio.h>',
  '<iostream>\n', '</T>', '<int[]>', '<K, V>', '<Employee />', '<a_b>', '<constructor>', '<__proto__>', '<i32>',
] // prettier-ignore
/** What seldom is in well-formed HTML, or is another matter than it seems. */
const rareTexts = [
  '&copy;', '&#60;', '&lt', '&ampx', '\r', '\0', '\f', '<!-- c -->', '<b>', '</b>', '</p>', '<p>', '<li>', '<td>', '<tr>', '<br>',
  '<BR>', '<x-y>', '<x-y>z</x-y>', '<font>', '<nobr>', '<svg>', '<svg><text>', '<math><mi>', '<image>', '<select>', '<title>',
  '<style>p', '<script>a', '<form>', '<textarea>\n', '<template>', '<col>', '<caption>', '</body>', '</br>', '<text>', '<circle>',
  '<Kq>', '<foo "a">', "<foo a='>'>", '<foo\n>', '<foo/bar>', '<ruby><rb>', '<option>', '<plaintext>', '<\u00e9>', '<feblend>',
  '<set>', '<none>', '<mtext>', '<listing>\n', '<noscript>', '<head>', '<body class=x>', '<html>', '<frameset>', '<iframe>', '<?x?>',
  '<body>', '<input>', '<marquee>', '<object>', '<isindex>', '<keygen>', '<font><p>', '<unknown>', '<foo is=x>', '<nextid>',
] // prettier-ignore
const textValues = ['', 'a', 'a b', 'language-js', 'a&amp;b', '&quot;', "it's", '{{x}}', '日本', 'x\ny', 'javascript:x', '__proto__'] // prettier-ignore
const wordValues = ['', 'left', '2', '50%', '1', 'ltr', 'a-b', 'noopener nofollow', 'row', 'lazy', 'no-referrer', 'a_b'] // prettier-ignore
const addresses = [
  'https://e.example/a?b=c&amp;d#e', 'http://e.example', 'mailto:a@b.example', '/a', '#a', 'https:', 'https://e.example/a b',
  '//e.example', '/a:b', 'https://e.example/{{x}}"'.slice(0, -1), 'https://e.example/\u2028a', 'http:javascript:x',
] // prettier-ignore
const rareValues = [
  ' a', 'a ', '\n', 'a:b', 'x.y:z', '?a', 'a/b', 'HTTPS://E.EXAMPLE', 'javascript:alert(1)', 'java\tscript:x', 'tel:1', 'a:',
  'data:image/png;base64,AA', '1:', '\u2028a', '\ufeff', 'https://e.example/\u00a0', '-->', ']>', '&lt;/style', '&gt;', 'on',
  'a>b', 'a<b', '&copy;', 'a&b', 'vbscript:x', ' javascript:x', '&amp;&quot', "'", '&#39;', '\u0000', '\r', 'constructor',
] // prettier-ignore
const attributeNames: readonly (readonly [name: string, values: readonly string[]])[] = [
  ...words('class class title title alt').map((name) => [name, textValues] as const),
  ...words('href href href src').map((name) => [name, addresses] as const),
  ...words('align colspan rowspan dir lang start width height rel loading scope valign referrerpolicy').map(
    (name) => [name, wordValues] as const,
  ),
]
const rareNames = words(
  'id name style onclick data-x aria-label target srcset for is open value xlink:href action role usemap Class HREF x',
)
const phrasing = words(
  'a abbr b cite code del em i ins kbd mark s small span strong sub sup u q var samp dfn',
)
const blocks = words(
  'p p p h1 h2 h6 pre div div blockquote ul ol dl table section details summary figure header',
)

const pick = <T>(random: Random, from: readonly [T, ...T[]] | readonly T[]): T =>
  from[random(from.length)] as T

function attributes(random: Random): string {
  let written = ''
  const names = new Set<string>()
  for (let left = random(6) - 3; left > 0; left--) {
    const [usual, values] = pick(random, attributeNames)
    const name = random(80) === 0 ? pick(random, rareNames) : usual
    // A second one of the same name is the mutation's affair.
    if (names.has(name)) continue
    names.add(name)
    written += ` ${name}="${pick(random, random(80) === 0 ? rareValues : values)}"`
  }
  return written
}

const text = (random: Random): string => pick(random, random(100) === 0 ? rareTexts : texts)

function element(random: Random, name: string, content: string): string {
  return `<${name}${attributes(random)}>${content}</${name}>`
}

const several = (random: Random, most: number, one: () => string): string => {
  let all = ''
  for (let left = random(most + 1); left > 0; left--) all += one()
  return all
}

function inline(random: Random, depth: number): string {
  return several(random, 4, () => {
    const kind = random(8)
    if (kind === 0)
      return random(2) === 0 ? `<br${random(3) === 0 ? ' /' : ''}>` : `<img${attributes(random)}>`
    if (kind > 3 || depth <= 0) return text(random)
    return element(random, pick(random, phrasing), inline(random, depth - 1))
  })
}

const space = (random: Random): string =>
  pick(random, ['', '', '\n', ' ', '\n  ', random(40) === 0 ? 'x' : ''])

function table(random: Random, depth: number): string {
  const rows = (): string =>
    several(
      random,
      3,
      () =>
        `${space(random)}${element(random, 'tr', several(random, 3, () => space(random) + element(random, random(3) === 0 ? 'th' : 'td', flow(random, depth - 1))) + space(random))}`,
    ) + space(random)
  const body = random(3) === 0 ? rows() : several(random, 3, () => space(random) + element(random, pick(random, ['thead', 'tbody', 'tfoot']), rows()))
  return element(random, 'table', body + space(random))
} // prettier-ignore

function flow(random: Random, depth: number): string {
  return several(random, 4, () => {
    if (depth <= 0 || random(3) === 0) return inline(random, depth)
    const name = pick(random, blocks)
    if (random(12) === 0) return '<hr>'
    if (name === 'table') return table(random, depth)
    if (name === 'ul' || name === 'ol' || name === 'dl') {
      const item = (): string => (name === 'dl' ? (random(2) === 0 ? 'dt' : 'dd') : 'li')
      return element(
        random,
        name,
        several(random, 3, () => space(random) + element(random, item(), flow(random, depth - 1))) +
          space(random),
      )
    }
    const holdsFlow = !/^(?:p|h\d|pre)$/.test(name)
    return element(random, name, holdsFlow ? flow(random, depth - 1) : inline(random, depth - 1))
  })
}

/** Changes one thing: a character less, more or elsewhere, a tag's case, a tag twice or gone. */
function mutated(random: Random, html: string): string {
  const at = random(html.length + 1)
  const other = random(html.length + 1)
  switch (random(9)) {
    case 0:
      return html.slice(0, at) + html.slice(at + 1)
    case 1:
      return html.slice(0, at) + text(random) + html.slice(at)
    case 2:
      return html.slice(0, at) + pick(random, rareTexts) + html.slice(at)
    case 3:
      return (
        html.slice(0, at) +
        html
          .slice(at, at + 2)
          .split('')
          .reverse()
          .join('') +
        html.slice(at + 2)
      )
    case 4: {
      const tags = html.match(/<[^>]*>/g) ?? []
      return html.replace(pick(random, ['', ...tags]), pick(random, ['', ...tags]))
    }
    case 5: {
      const tags = html.match(/<[^>]*>/g) ?? []
      return html.replace(pick(random, ['', ...tags]), '')
    }
    case 6:
      return html.slice(0, at) + html.slice(at, at + 6).toUpperCase() + html.slice(at + 6)
    case 7:
      return (
        html.slice(0, at) + pick(random, ['<', '>', '&', '"', "'", ' ', '\n', '/', '=', ';']) + html.slice(at)
      )
    default:
      return html.slice(0, Math.min(at, other)) + html.slice(Math.max(at, other))
  }
}

/** HTML by its number, as editors and renderers write it; half of it with one or two faults. */
export function generateWellFormedHtml(seed: number): string {
  const random = createRandom(seed)
  let html = flow(random, 1 + random(3))
  for (let left = Math.max(0, random(5) - 2); left > 0; left--) html = mutated(random, html)
  return html
}
