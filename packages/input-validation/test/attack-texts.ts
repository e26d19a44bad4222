import fc from 'fast-check'
import { calls, delimiters } from '../src/detectors/code/code.ts'
import { embedding, scoredAttributes, urlAttributes } from '../src/detectors/markup/markup-names.ts'
import { targets } from '../src/detectors/path/path.ts'
import { frames, phrases } from '../src/detectors/prompt/prompt.ts'
import { secretNames } from '../src/detectors/secret/secret-assignments.ts'
import { secretFormats } from '../src/detectors/secret/secret-formats.ts'
import { hostileUnits } from './hostile-texts.ts'

const list = (texts: string): readonly string[] => texts.split(' ')

/** What attacks are made of, and what stands between it. */
const pieces: readonly (readonly string[])[] = [
  list(
    'or and xor having where when div rlike like not in is null true union select from insert into drop table create update set ' +
      'delete exec execute master xp_cmdshell sp_password order by group benchmark waitfor delay procedure analyse outfile all ' +
      'between case sleep( user() version() @@version @x 1=1 0x41 1e5 7*7 "=" || && -- # /* */ /*! ; ( ) , =',
  ),
  list(
    '<svg <img <a <script <style <body <?xml </a onerror= onload= on= =javascript: javascript: vbscript: data:text/html, alert(1) ' +
      '&#106; &#x6a; &colon; &tab; \\x6a \\u006a \\6a %3C %27 %61 %2 expression( document.cookie <!-- > />',
  ),
  list('../ ..\\ ..%2f %2e%2e/ %252e ....// ..;/ C:\\ C:/ \\\\host\\share %00 %c0%af %u002e . .. / \\'),
  list(
    'http:// gopher:// file:// localhost 127.0.0.1 169.254.169.254 user:password1@ [::1] nip.io 0x7f.1 @ :// :',
  ),
  list('-----BEGIN PRIVATE KEY----- -----END ----- Z7Q4M2X9K5W8R3T6 0123456789abcdef0123456789abcdef . _ -'),
  list("__class__ constructor.constructor process.env 7*7 }} } %} %> { $ '"),
  [' ', '  ', '\n', '\t', '\r\n', '\0', '\x01', '\x0b', '\x7f', '\x80', '\xa0', '\xb4', '\xe9', '\xff'],
  Array.from('‘’“”′KİſμΩ．／＼\u{1f600}\u200b\u200d\u202e\u2066\u2069\ufe0f\ufeff\u0430\u03bf\u0431\u05d0中'),
  ['\ud800', '\udb40', '\u{e0041}', '\u{1f3f4}'],
  delimiters.flat(),
  calls.map((name) => `${name}(`),
  targets,
  frames,
  phrases.flatMap(({ sets }) => sets.flatMap((words) => [...words])),
  secretNames.flatMap(({ ending }) => [`${ending}=`, `"${ending}": "`]),
  ['9f8Kq2LmZx71Wc4Vb6Nn', '\\n', 'Bearer '],
  secretFormats.map(({ prefix }) => prefix),
  Object.keys(embedding).map((name) => `<${name}`),
  [...urlAttributes, ...scoredAttributes].map((name) => `${name}=`),
  hostileUnits,
]

const piece = fc.oneof(
  ...pieces.map((texts) => fc.constantFrom(...texts)),
  fc.string({ maxLength: 4 }),
  fc.stringMatching(/^[\w-]{20,80}$/),
)

const cased = fc
  .tuple(piece, fc.constantFrom(0, 0, 0, 1, 2))
  .map(([text, how]) => (how === 0 ? text : how === 1 ? text.toUpperCase() : text.toLowerCase()))

/** Texts of what attacks are made of, with a space between or none. */
export const attackTexts: fc.Arbitrary<string> = fc
  .array(fc.tuple(cased, fc.constantFrom('', '', ' ')), { maxLength: 10 })
  .map((parts) => parts.flat().join(''))
