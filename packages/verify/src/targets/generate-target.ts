import { targetRoutes } from './routes.ts'

/** A request of a trial. */
export interface GeneratedTarget {
  readonly target: string
  /** The `Host` fields. */
  readonly hosts: readonly string[]
}

type Random = () => number

/** Mulberry32: small, and the same on every machine. */
function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const pick = <T>(random: Random, from: readonly [T, ...T[]]): T =>
  from[Math.floor(random() * from.length)] ?? from[0]

const paths = targetRoutes.map(({ path }) => path)

function routePath(random: Random): string {
  const path = pick(random, ['/', ...paths])
  return path.replace(/:\w+/g, () => pick(random, ['1', 'a.css', 'x%2Fy', 'secret', '..', '%2e%2e', 'a;b']))
}

const hex = (random: Random, code: number): string => {
  const text = code.toString(16).padStart(2, '0')
  return random() < 0.5 ? text : text.toUpperCase()
}

/** Replaces one character, which `choose` accepts, by what `change` makes of it. */
function replaceOne(
  random: Random,
  path: string,
  choose: RegExp,
  change: (character: string) => string,
): string {
  const indexes = [...path.matchAll(choose)].map(({ index }) => index)
  if (indexes.length === 0) return path
  const index = indexes[Math.floor(random() * indexes.length)] ?? 0
  return path.slice(0, index) + change(path.charAt(index)) + path.slice(index + 1)
}

const parents = [
  '/..',
  '/%2e%2e',
  '/.%2e',
  '/%2E.',
  '/..;',
  '/..%2f',
  '/..%5c',
  '\\..',
  '/%252e%252e',
  '/../',
] as const
const inserted = [
  '/.',
  '/',
  '\\',
  '/%2e',
  '/;',
  ';v=1',
  '%2f',
  '%5c',
  '%00',
  '/x/..',
  '/x\\..',
  '/x;y/..',
  '//..',
  '%3b',
  '%3f',
  '%23',
] as const
const leading = [
  '/',
  '//x',
  '/\\x',
  '\\',
  '/\\',
  '///',
  '//x:80',
  '//user@x',
  '/.',
  '/x/..',
  '/%2f',
  '/%5c',
  '/;',
  '/%2e',
] as const
const trailing = [
  '/',
  '//',
  '/.',
  '/..',
  ';',
  ';a=b',
  '%20',
  '%00',
  '.',
  '.json',
  '%2f',
  '/%2e',
  '\\',
  '\u00a0',
  '%c2%a0',
  '\t',
  ' ',
] as const
const suffixes = [
  '?',
  '?a=b',
  '?/api/secret',
  '?a=/../login',
  '#',
  '#a',
  '#/../public/a',
  '?a#b',
  '?\u00a0',
  ';?x',
  '%3fa',
] as const
const odd = [
  '\u0000',
  '\u00e9',
  '\u00a0',
  '\u007f',
  '\u0001',
  '"',
  '<',
  '^',
  '|',
  '{',
  '}',
  '`',
  "'",
  '%',
  '%4',
  '%zz',
  '%e2%84%aa',
  '%ff',
  '@',
  ':',
  '+',
  '~',
] as const

/** One step away from a path as its author wrote it. */
const mutations: readonly [
  (random: Random, path: string) => string,
  ...((random: Random, path: string) => string)[],
] = [
  (random, path) =>
    replaceOne(random, path, /[a-z/.]/gi, (character) => `%${hex(random, character.charCodeAt(0))}`),
  (random, path) =>
    replaceOne(random, path, /[a-z]/gi, (character) => `%25${hex(random, character.charCodeAt(0))}`),
  (random, path) =>
    replaceOne(random, path, /[a-z]/gi, (character) => `%${hex(random, character.charCodeAt(0))}`),
  (random, path) => replaceOne(random, path, /[a-z]/g, (character) => character.toUpperCase()),
  (_random, path) => path.toUpperCase(),
  (random, path) =>
    replaceOne(random, path, /\//g, () => pick(random, ['\\', '//', '/\\', '%2f', '/./', '/;/'])),
  (random, path) => replaceOne(random, path, /[/a-z]/g, (character) => pick(random, inserted) + character),
  (random, path) => replaceOne(random, path, /[/a-z]/g, (character) => character + pick(random, odd)),
  (random, path) => pick(random, leading) + path,
  (random, path) => path + pick(random, trailing),
  (random, path) => routePath(random) + pick(random, parents).repeat(1 + Math.floor(random() * 3)) + path,
  (random, path) => `${routePath(random)}/x${pick(random, parents)}${path}`,
  (random, path) => routePath(random) + path,
  (random, path) => path + routePath(random),
  (random, path) => `/${'a'.repeat(1 + Math.floor(random() * 300))}${pick(random, parents)}${path}`,
]

const authorities = [
  'x',
  'x.example',
  'X.example:80',
  'x:',
  'x:99999',
  'x:port',
  '',
  ':80',
  'u@x',
  'u:p@x',
  '[::1]',
  '[::1]:80',
  '[::1',
  '127.0.0.1:3000',
  'x\\',
  'x;y',
  'x,y',
  '%78',
  'x#',
  'x?',
  'x?y',
  '*',
  'x..',
  'aaaaaaaaaaaaaaaa',
  'x/api',
  'localhost/public',
] as const
const schemes = [
  'http://',
  'https://',
  'HTTP://',
  'http:/',
  'http:',
  'http:///',
  'ftp://',
  'ws://',
  '//',
  'file://',
] as const
const hosts = ['localhost', 'x.example:80', '', 'x/../evil', 'x, y', 'u@x', 'x:99999', '[::1]'] as const

function generatePath(random: Random): string {
  let path = routePath(random)
  for (let left = Math.floor(random() * 5); left > 0; left--) path = pick(random, mutations)(random, path)
  return random() < 0.2 ? path + pick(random, suffixes) : path
}

function generateForm(random: Random): string {
  const form = random()
  if (form < 0.75) return generatePath(random)
  if (form < 0.97) return pick(random, schemes) + pick(random, authorities) + generatePath(random)
  return pick(random, ['*', 'x:443', 'api/secret', '?/api/secret', '', 'x', '/', '//', '///', '/\\', '/..'])
}

/** The target of a seed: a route's path, some steps away from how it is written, in one of the forms of RFC 9112. */
export function generateTarget(seed: number): GeneratedTarget {
  const random = createRandom(seed * 2_654_435_761)
  const target = generateForm(random)
  const host = random() < 0.9 ? 'localhost' : pick(random, hosts)
  return { target, hosts: random() < 0.98 ? [host] : [host, 'localhost'] }
}
