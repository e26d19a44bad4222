import type { Dialect, WireFinish } from './dialect.ts'
import type { Script } from './wire-server.ts'

/** Something a provider may do, and what the failover makes of it. */
export interface WireCase {
  readonly what: string
  readonly script: (dialect: Dialect) => Script
  /** As `outcomeOf` words it. */
  readonly expected: (dialect: Dialect) => string
}

const answer =
  (text: string, finish: WireFinish = 'stop') =>
  ({ finishSeen, name }: Dialect): string => {
    // OpenAI alone puts the refusal into words of its own.
    const words = finish === 'refusal' && name === 'openai' ? `${text}No.` : text
    return `answer ${JSON.stringify(words)} ${finishSeen[finish] ?? finish}`
  }

const failure = (words: string) => (): string => words

const whole =
  (finish: WireFinish, ...pieces: readonly string[]) =>
  (dialect: Dialect): Script => [
    { send: dialect.begin + pieces.map((piece) => dialect.text(piece)).join('') },
    { send: dialect.finish(finish) + dialect.end },
    { then: 'end' },
  ]

const crlf = (text: string): string => text.replaceAll('\n', '\r\n')

/** Every case, for every provider. */
export const wireCases: readonly WireCase[] = [
  { what: 'a whole answer', script: whole('stop', 'one', ' two'), expected: answer('one two') },
  { what: 'no text at all, ended by the bound', script: whole('length'), expected: answer('', 'length') },
  { what: 'no text at all, ended as usual', script: whole('stop'), expected: answer('') },
  { what: 'a refusal', script: whole('refusal'), expected: answer('', 'refusal') },
  { what: 'a refusal in the middle', script: whole('refusal', 'So'), expected: answer('So', 'refusal') },
  { what: 'a filter in the middle', script: whole('filter', 'So'), expected: answer('So', 'filter') },
  { what: 'the bound on tokens', script: whole('length', 'half'), expected: answer('half', 'length') },
  { what: 'a blank first token', script: whole('stop', '\n\n', 'one'), expected: answer('\n\none') },
  { what: 'nothing but blanks', script: whole('stop', ' ', '\n'), expected: answer(' \n') },
  { what: 'U+0000', script: whole('stop', 'a\0b'), expected: answer('a\0b') },
  {
    what: 'half a surrogate pair a piece',
    script: whole('stop', '\ud83d', '\ude00'),
    expected: answer('\u{1F600}'),
  },
  {
    what: 'a call of a tool that nobody offered',
    script: (dialect) => [
      { send: dialect.begin + dialect.text('one') + dialect.toolCall + dialect.finish('tool') + dialect.end },
      { then: 'end' },
    ],
    expected: answer('one', 'tool'),
  },
  {
    what: 'thoughts before the text',
    script: (dialect) => [
      { send: dialect.begin + dialect.thought.repeat(3) },
      { send: dialect.text('one') + dialect.finish('stop') + dialect.end },
      { then: 'end' },
    ],
    expected: answer('one'),
  },
  {
    what: 'pings everywhere',
    script: ({ ping, begin, text, finish, end }) => [
      { send: ping + begin + ping + text('one') + ping + text(' two') + ping + finish('stop') + ping + end },
      { then: 'end' },
    ],
    expected: answer('one two'),
  },
  {
    what: 'line ends of two characters',
    script: (dialect) => [
      { send: crlf(dialect.begin + dialect.text('one') + dialect.finish('stop') + dialect.end) },
      { then: 'end' },
    ],
    expected: answer('one'),
  },
  {
    what: 'one byte at a time',
    script: ({ begin, text, finish, end }) => [
      { drip: begin + text('é\u{1F600}') + finish('stop') + end },
      { then: 'end' },
    ],
    expected: answer('é\u{1F600}'),
  },
  {
    what: 'two finishes',
    script: ({ begin, text, finish, end }) => [
      { send: begin + text('one') + finish('stop') + finish('stop') + end },
      { then: 'end' },
    ],
    expected: answer('one'),
  },
  {
    what: 'a connection that stays open after the finish',
    script: ({ begin, text, finish }) => [{ send: begin + text('one') + finish('stop') }, { then: 'hang' }],
    // Ollama's package asks for nothing after its last part.
    expected: answer('one'),
  },
  {
    what: 'a connection that breaks after the finish',
    script: ({ begin, text, finish }) => [{ send: begin + text('one') + finish('stop') }, { then: 'reset' }],
    expected: answer('one'),
  },
  {
    what: 'an error in the stream, before the text',
    script: ({ begin, streamError }) => [{ send: begin + streamError }, { then: 'end' }],
    expected: ({ name }) => (name === 'anthropic' ? 'ill overloaded' : 'ill network'),
  },
  {
    what: 'an error in the stream, after some text',
    script: ({ begin, text, streamError }) => [{ send: begin + text('one') + streamError }, { then: 'end' }],
    expected: failure('cut "one" interrupted'),
  },
  {
    what: 'half a chunk, then the end',
    script: ({ begin, text }) => [{ send: begin + text('one') + text('two').slice(0, -9) }, { then: 'end' }],
    expected: failure('cut "one" interrupted'),
  },
  {
    what: 'an end without a finish',
    script: ({ begin, text }) => [{ send: begin + text('one') }, { then: 'end' }],
    expected: failure('cut "one" interrupted'),
  },
  {
    what: 'an end before the text',
    script: ({ begin }) => [{ send: begin }, { then: 'end' }],
    expected: failure('ill network'),
  },
  { what: 'an end before anything', script: () => [{ then: 'end' }], expected: failure('ill network') },
  {
    what: 'a connection that breaks in the middle',
    script: ({ begin, text }) => [{ send: begin + text('one') }, { then: 'reset' }],
    expected: failure('cut "one" interrupted'),
  },
  {
    what: 'silence before the text',
    script: ({ begin }) => [{ send: begin }, { then: 'hang' }],
    expected: failure('ill timeout'),
  },
  {
    what: 'silence in the middle',
    script: ({ begin, text }) => [{ send: begin + text('one') }, { then: 'hang' }],
    expected: failure('cut "one" interrupted'),
  },
  {
    what: '429 with Retry-After',
    script: () => ({ error: 'rate-limited', retryAfter: '37' }),
    expected: failure('busy rate-limited 37'),
  },
  {
    what: '429 without Retry-After',
    script: () => ({ error: 'rate-limited' }),
    expected: failure('busy rate-limited 5'),
  },
  { what: '529', script: () => ({ error: 'overloaded' }), expected: failure('ill overloaded') },
  { what: '500', script: () => ({ error: 'server-error' }), expected: failure('ill server-error') },
  {
    what: '500 as a page of a proxy',
    script: () => ({ error: 'server-error', body: '<html>rate_limit context_length_exceeded</html>' }),
    expected: failure('ill server-error'),
  },
  { what: '401', script: () => ({ error: 'unauthorized' }), expected: failure('ill unauthorized') },
  { what: '404', script: () => ({ error: 'not-found' }), expected: failure('ill not-found') },
  { what: 'no credit', script: () => ({ error: 'no-credit' }), expected: failure('ill out-of-credit') },
  {
    what: 'a full window',
    script: () => ({ error: 'context-too-long' }),
    expected: failure('asker context-too-long'),
  },
  { what: 'a filtered question', script: () => ({ error: 'filtered' }), expected: failure('asker filtered') },
  { what: '413', script: () => ({ error: 'too-large' }), expected: failure('asker too-large') },
]
