import { byteAt, lowered } from '../scan/byte-classes.ts'
import { WordSieve } from '../scan/word-sieve.ts'

const list = (words: string): readonly string[] => words.split(' ')

/** Names that only attacks use, with or without a call. */
const attackScores: Readonly<Record<string, number>> = {
  ctxsys: 0.6,
  dbms_lock: 0.5,
  dbms_pipe: 0.6,
  openrowset: 0.5,
  sp_addextendedproc: 0.7,
  sp_makewebtask: 0.8,
  sp_oacreate: 0.7,
  sp_password: 0.8,
  utl_http: 0.5,
  utl_inaddr: 0.7,
  xp_cmdshell: 0.85,
  xp_dirtree: 0.85,
  xp_regread: 0.8,
  xp_servicecontrol: 0.7,
}

/** What a statement begins with, and the words of which one must follow soon. */
const followers: Readonly<Record<string, readonly string[]>> = {
  alter: list('table database user login procedure session system'),
  backup: list('database log'),
  begin: list('declare dbms_lock utl_http'),
  bulk: list('insert'),
  create: list('table user or function procedure database login view temp temporary'),
  delete: list('from'),
  drop: list('table database user view procedure function schema index login'),
  if: list('select exists not user is_srvrolemember substring ascii len system_user'),
  insert: list('into'),
  merge: list('into'),
  show: list('tables databases columns grants'),
  truncate: list('table'),
  waitfor: list('delay time'),
}

/** What a word may be. One may be several. */
export const logic = 1
export const setOperator = 2
export const attackWord = 4
/** Begins a clause or a statement that attacks append. */
export const clause = 8
export const comparing = 16
/** The rest of a word behind an apostrophe: `don't`. */
export const contraction = 32
/** A function that reads the server, delays it or compares letter by letter. */
export const attackFunction = 64
export const unary = 128
export const constant = 256
/** Begins a statement that may be followed by anything. */
export const looseVerb = 512
/** May stand between `union` and `select`. */
export const unionFiller = 1024
/** Begins a statement. */
export const verb = 2048
/** Anything may begin with it. */
export const anchor = logic | setOperator | attackWord | clause

const looseVerbs = list('call copy desc describe grant kill load print use')

const members: readonly (readonly [property: number, words: readonly string[]])[] = [
  [logic, list('or and xor having where when div rlike')],
  [setOperator, list('union except intersect minus')],
  [attackWord, Object.keys(attackScores)],
  [clause, list('benchmark exec execute group into order procedure waitfor')],
  [comparing, list('like rlike regexp is in between similar glob sounds div mod')],
  [contraction, list('s t d m re ll ve')],
  [
    attackFunction,
    list(
      'ascii benchmark char_length chr conv current_user database dbms_pipe exists exp extractvalue get_host_address hex ' +
        'is_srvrolemember like load_file mid ord pg_sleep randomblob row row_count sleep substr substring system_user unhex ' +
        'updatexml user user_name utl_inaddr version xmltype',
    ),
  ],
  [unary, list('not binary all distinct')],
  [constant, list('true false null')],
  [looseVerb, looseVerbs],
  [
    verb,
    [...Object.keys(followers), ...looseVerbs, ...list('declare exec execute select set shutdown update')],
  ],
  [unionFiller, list('all distinct distinctrow')],
]

/** Words that are asked for by themselves. */
const single =
  'analyse benchmark by case declare delay dumpfile exec execute from group immediate into master not order outfile procedure ' +
  'select set shutdown time update waitfor when with'

/** The symbols below belong to ASCII characters and to {@link symbols}. */
const firstId = 256
/** A word that is on no list. */
export const unknownWord = 255

const vocabulary = [
  ...new Set([
    ...members.flatMap(([, words]) => words),
    ...Object.keys(followers),
    ...Object.values(followers).flat(),
    ...list(single),
  ]),
]
const ids = new Map(vocabulary.map((word, index) => [word, firstId + index]))

/** The number of a word on the lists. */
export const idOf = (word: string): number => ids.get(word) ?? unknownWord

const properties = new Uint16Array(firstId + vocabulary.length)
for (const [property, words] of members)
  for (const word of words) properties[idOf(word)] = (properties[idOf(word)] ?? 0) | property

/** Whether a word has one of the properties. */
export const hasProperty = (id: number, property: number): boolean => ((properties[id] ?? 0) & property) !== 0

const scores = new Map(Object.entries(attackScores).map(([word, score]) => [idOf(word), score]))

/** How sure a name is that only attacks use. */
export const attackScoreOf = (id: number): number => scores.get(id) ?? 0

const followerIds = new Map(
  Object.entries(followers).map(([verb, words]) => [idOf(verb), new Set(words.map(idOf))]),
)

/** The words of which one must follow a verb soon; none for a verb that asks for something else. */
export const followersOf = (id: number): ReadonlySet<number> | undefined => followerIds.get(id)

const sieve = new WordSieve(vocabulary)
const hashSize = 2048
const step = (hash: number, byte: number): number => (Math.imul(hash, 31) + lowered(byte)) | 0
const slotOf = (hash: number): number => (hash ^ (hash >>> 11)) & (hashSize - 1)

/** The numbers of the words by hash; one whose place is taken has the next free one. */
const slots = new Uint16Array(hashSize)
for (const word of vocabulary) {
  let hash = 0
  for (let at = 0; at < word.length; at++) hash = step(hash, word.charCodeAt(at))
  let slot = slotOf(hash)
  while (slots[slot] !== 0) slot = (slot + 1) & (hashSize - 1)
  slots[slot] = idOf(word)
}

function isWritten(bytes: Uint8Array, start: number, word: string): boolean {
  for (let at = 0; at < word.length; at++)
    if (lowered(byteAt(bytes, start + at)) !== lowered(word.charCodeAt(at))) return false
  return true
}

/** The number of an ASCII word between two indexes, in any case. */
export function wordIdAt(bytes: Uint8Array, start: number, end: number): number {
  if (!sieve.mayHold(byteAt(bytes, start), byteAt(bytes, start + 1), end - start)) return unknownWord
  let hash = 0
  for (let index = start; index < end; index++) hash = step(hash, byteAt(bytes, index))
  for (let slot = slotOf(hash); ; slot = (slot + 1) & (hashSize - 1)) {
    const id = slots[slot] ?? 0
    if (id === 0) return unknownWord
    const word = vocabulary[id - firstId] ?? ''
    if (word.length === end - start && isWritten(bytes, start, word)) return id
  }
}
