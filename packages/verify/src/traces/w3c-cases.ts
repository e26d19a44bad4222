/** What a service sent on: its `traceparent` in parts, and the members of its `tracestate`. */
export interface Propagated {
  readonly traceId: string
  readonly parentId: string
  readonly flags: number
  readonly state: ReadonlyMap<string, string>
  /** The `tracestate` as it was sent. */
  readonly stateText: string
}

/** One case of the W3C test suite for Trace Context, `test/test.py` of w3c/trace-context. */
export interface W3CCase {
  readonly name: string
  /** How many requests the service makes for each that it gets. @default 1 */
  readonly calls?: number
  /** The header fields of each request, and whether what the service sent on is as it has to be. */
  readonly requests: readonly (readonly [
    readonly (readonly [string, string])[],
    (sent: readonly Propagated[]) => boolean,
  ])[]
}

const id = '12345678901234567890123456789012'
const parent = '1234567890123456'
const valid = `00-${id}-${parent}-01`
const unsampled: readonly [string, string] = ['traceparent', `00-${id}-${parent}-00`]

type Check = (sent: Propagated) => boolean

const all =
  (check: Check) =>
  (sent: readonly Propagated[]): boolean =>
    sent.every(check)

const restarted = all(({ traceId }) => traceId !== id)
const goesOn = all(({ traceId, parentId }) => traceId === id && parentId !== parent)

/** Every `traceparent` on its own begins a new trace. */
const restarts = (name: string, ...values: readonly string[]): W3CCase => ({
  name,
  requests: values.map((value) => [[['traceparent', value]], restarted] as const),
})

/** Every list of `tracestate` fields beside a valid `traceparent`. */
const states = (name: string, ...each: readonly (readonly [readonly string[], Check])[]): W3CCase => ({
  name,
  requests: each.map(
    ([fields, check]) =>
      [
        [unsampled, ...fields.map((field) => ['tracestate', field] as const)],
        all((sent) => sent.traceId === id && check(sent)),
      ] as const,
  ),
})

const holds =
  (members: Readonly<Record<string, string>>): Check =>
  ({ state }) =>
    Object.entries(members).every(([key, value]) => state.get(key) === value)
const lacks =
  (...keys: readonly string[]): Check =>
  ({ state }) =>
    keys.every((key) => !state.has(key))
const isOne =
  (key: string, ...values: readonly string[]): Check =>
  ({ state }) =>
    values.includes(state.get(key) ?? '')

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at).padStart(2, '0'))
    .map((number) => `bar${number}=${number}`)
    .join(',')
const thirty = [numbered(1, 10), numbered(11, 20), numbered(21, 30)]

const characters = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, at) => from + at))
const anyKey = `${characters(0x61, 0x7a)}0123456789_-*/`
const anyValue = characters(0x20, 0x2b) + characters(0x2d, 0x3c) + characters(0x3e, 0x7e)

const severalParents = (sent: readonly Propagated[]): boolean =>
  new Set(sent.map(({ parentId }) => parentId)).size === 3

/** All 41 cases of the suite at its strict level, in our own words. */
export const w3cCases: readonly W3CCase[] = [
  { name: 'neither field', requests: [[[], all(({ traceId }) => traceId !== id)]] },
  { name: 'traceparent alone', requests: [[[['traceparent', valid]], goesOn]] },
  {
    name: 'two traceparent fields',
    requests: [
      [
        [
          ['traceparent', valid.replace('9012-', '9011-')],
          ['traceparent', valid],
        ],
        all(({ traceId }) => !traceId.startsWith(id.slice(0, 31))),
      ],
    ],
  },
  {
    name: 'other names than traceparent',
    requests: ['trace-parent', 'trace.parent'].map((name) => [[[name, valid]], restarted] as const),
  },
  {
    name: 'traceparent in any case',
    requests: ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => [[[name, valid]], goesOn] as const),
  },
  restarts('version 00 with more behind', `${valid}.`, `${valid}-what-the-future-will-be-like`),
  {
    name: 'version cc',
    requests: [
      [[['traceparent', valid.replace('00-', 'cc-')]], goesOn],
      [[['traceparent', `${valid.replace('00-', 'cc-')}-what-the-future-will-be-like`]], goesOn],
      [[['traceparent', `${valid.replace('00-', 'cc-')}.what-the-future-will-be-like`]], restarted],
    ],
  },
  restarts('version ff', valid.replace('00-', 'ff-')),
  restarts('illegal characters in the version', valid.replace('00-', '.0-'), valid.replace('00-', '0.-')),
  restarts('a version that is too long', `0${valid}`, `00${valid}`),
  restarts('a version that is too short', valid.slice(1)),
  {
    name: 'a trace id of zeros',
    requests: [
      [[['traceparent', valid.replace(id, '0'.repeat(32))]], all(({ traceId }) => !/^0+$/.test(traceId))],
    ],
  },
  {
    name: 'illegal characters in the trace id',
    requests: [
      [
        [['traceparent', valid.replace(id, `.${id.slice(1)}`)]],
        all(({ traceId }) => !traceId.endsWith(id.slice(1))),
      ],
      [
        [['traceparent', valid.replace(id, `${id.slice(0, 31)}.`)]],
        all(({ traceId }) => !traceId.startsWith(id.slice(0, 31))),
      ],
    ],
  },
  {
    name: 'a trace id that is too long',
    requests: [
      [
        [['traceparent', valid.replace(id, `${id}3`)]],
        all(({ traceId }) => traceId !== id && traceId !== `${id.slice(1)}3`),
      ],
    ],
  },
  restarts('a trace id that is too short', valid.replace(id, id.slice(0, 31))),
  restarts('a parent id of zeros', valid.replace(`-${parent}-`, `-${'0'.repeat(16)}-`)),
  restarts(
    'illegal characters in the parent id',
    `00-${id}-.234567890123456-01`,
    `00-${id}-123456789012345.-01`,
  ),
  restarts('a parent id that is too long', `00-${id}-${parent}7-01`),
  restarts('a parent id that is too short', `00-${id}-${parent.slice(1)}-01`),
  restarts('illegal characters in the flags', `00-${id}-${parent}-.0`, `00-${id}-${parent}-0.`),
  restarts('flags that are too long', `00-${id}-${parent}-001`),
  restarts('flags that are too short', `00-${id}-${parent}-1`),
  {
    name: 'white space around traceparent',
    requests: [` ${valid}`, `\t${valid}`, `${valid} `, `${valid}\t`, `\t ${valid} \t`].map(
      (value) => [[['traceparent', value]], goesOn] as const,
    ),
  },
  {
    name: 'tracestate alone',
    requests: ['foo=1', 'foo=1,bar=2'].map(
      (value) => [[['tracestate', value]], all(({ state }) => state.size === 0)] as const,
    ),
  },
  states('both fields', [['foo=1,bar=2'], holds({ foo: '1', bar: '2' })]),
  {
    name: 'other names than tracestate',
    requests: ['trace-state', 'trace.state'].map(
      (name) => [[unsampled, [name, 'foo=1']], all(lacks('foo'))] as const,
    ),
  },
  {
    name: 'tracestate in any case',
    requests: ['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map(
      (name) => [[unsampled, [name, 'foo=1']], all(holds({ foo: '1' }))] as const,
    ),
  },
  states(
    'empty tracestate fields',
    [[''], ({ state }) => state.size === 0],
    [['foo=1', ''], holds({ foo: '1' })],
    [['', 'foo=1'], holds({ foo: '1' })],
  ),
  states('several tracestate fields', [
    ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'],
    ({ stateText }) => stateText === 'foo=1,bar=2,rojo=1,congo=2,baz=3',
  ]),
  states(
    'a key that is there twice',
    [['foo=1,foo=1'], isOne('foo', '1')],
    [['foo=1,foo=2'], isOne('foo', '1', '2')],
    [['foo=1', 'foo=1'], isOne('foo', '1')],
    [['foo=1', 'foo=2'], isOne('foo', '1', '2')],
  ),
  states(
    'every character that may be',
    [[`${anyKey}=${anyValue}`], holds({ [anyKey]: anyValue })],
    [[`${anyKey}@a-z0-9_-*/=${anyValue}`], holds({ [`${anyKey}@a-z0-9_-*/`]: anyValue })],
  ),
  states(
    'white space around members',
    [['foo=1 \t , \t bar=2, \t baz=3'], holds({ foo: '1', bar: '2', baz: '3' })],
    [['foo=1\t \t,\t \tbar=2,\t \tbaz=3'], holds({ foo: '1', bar: '2', baz: '3' })],
    ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map(
      (field) => [[field], holds({ foo: '1' })] as const,
    ),
  ),
  states(
    'illegal characters in a key',
    [['foo =1'], lacks('foo ')],
    [['FOO=1'], lacks('FOO')],
    [['foo.bar=1'], lacks('foo.bar')],
  ),
  states(
    'the at sign in a key',
    [['foo@=1,bar=2'], holds({ 'foo@': '1', bar: '2' })],
    [['@foo=1,bar=2'], lacks('bar')],
    [['foo@@bar=1,bar=2'], holds({ 'foo@@bar': '1', bar: '2' })],
    [['foo@bar@baz=1,bar=2'], holds({ 'foo@bar@baz': '1', bar: '2' })],
  ),
  states(
    '32 members, and 33',
    [[...thirty, numbered(31, 32)], ({ state }) => state.size === 32 && state.get('bar01') === '01'],
    [[...thirty, numbered(31, 33)], lacks('bar01')],
  ),
  states(
    'the length of a key',
    [['foo=1', `${'z'.repeat(256)}=1`], holds({ foo: '1', ['z'.repeat(256)]: '1' })],
    [['foo=1', `${'z'.repeat(257)}=1`], lacks('foo')],
    ...[`${'t'.repeat(241)}@${'v'.repeat(14)}`, `${'t'.repeat(242)}@v`, `t@${'v'.repeat(15)}`].map(
      (key) => [['foo=1', `${key}=1`], holds({ foo: '1', [key]: '1' })] as const,
    ),
  ),
  states(
    'illegal characters in a value',
    [['foo=bar=baz'], lacks('foo')],
    [['foo=,bar=3'], lacks('foo', 'bar')],
  ),
  {
    name: 'three calls with a valid traceparent',
    calls: 3,
    requests: [[[['traceparent', valid]], (sent) => severalParents(sent) && goesOn(sent)]],
  },
  { name: 'three calls without traceparent', calls: 3, requests: [[[], severalParents]] },
  {
    name: 'three calls with an illegal traceparent',
    calls: 3,
    requests: [
      [
        [['traceparent', valid.replace(id, '0'.repeat(32))]],
        (sent) => severalParents(sent) && sent.every(({ traceId }) => !/^0+$/.test(traceId)),
      ],
    ],
  },
  {
    name: 'the random flag of Level 2',
    requests: [
      [
        [['traceparent', `00-${id}-${parent}-02`]],
        (sent) => goesOn(sent) && sent.every(({ flags }) => (flags & 2) !== 0),
      ],
    ],
  },
]
