import { kindOf, operandAt, operands, reach, skipComments } from './sql-operand.ts'
import { isAhead } from './sql-reader.ts'
import { kinds } from './sql-kinds.ts'
import type { SqlTokens } from './sql-tokens.ts'
import { followersOf, hasProperty, idOf, looseVerb, verb } from './sql-vocabulary.ts'

const update = idOf('update')
const select = idOf('select')
const declare = idOf('declare')
const setWord = idOf('set')
const exec = idOf('exec')
const execute = idOf('execute')
const shutdown = idOf('shutdown')
const from = idOf('from')
const withWord = idOf('with')
const equals = 0x3d

const procedure = /^(?:sp_|xp_|master|immediate)/

/** How sure a verb without fixed followers begins a statement, by what stands behind it. */
function certainty(tokens: SqlTokens, word: number, next: number): number {
  const kind = tokens.kindAt(next)
  switch (word) {
    case update:
      return isAhead(tokens, next, setWord) && isAhead(tokens, next, equals) ? 0.3 : 0
    case select: {
      const found = kindOf(operandAt(tokens, next))
      if (isAhead(tokens, next, from) || found === operands.attack || kind === kinds.number) return 0.3
      return found === operands.call || kind === kinds.variable ? 0.25 : 0
    }
    case declare:
    case setWord:
      return kind === kinds.variable ? 0.3 : 0
    case exec:
    case execute: {
      const isProcedure = kind === kinds.word && procedure.test(tokens.lowerText(next))
      return isProcedure || kind === kinds.open || kind === kinds.variable ? 0.3 : 0
    }
    case shutdown:
      return kind === kinds.none || kind === kinds.comment || tokens.symbolAt(next) === withWord ? 0.25 : 0
    default:
      return hasProperty(word, looseVerb) && kind !== kinds.none ? 0.1 : 0
  }
}

/** How much the tokens from `at` on look like a statement: 0 to 0.3. */
export function statementCertainty(tokens: SqlTokens, at: number): number {
  let index = skipComments(tokens, at)
  while (tokens.kindAt(index) === kinds.open && index < at + reach) index++
  if (!tokens.isWord(index, verb)) return 0
  const word = tokens.symbolAt(index)
  const followers = followersOf(word)
  if (!followers) return certainty(tokens, word, index + 1)
  for (let next = index + 1; next < index + 4; next++) if (followers.has(tokens.symbolAt(next))) return 0.3
  return 0
}
