import type { FindingList } from '../text/finding.ts'
import type { DecodedText } from '../text/percent-decoded.ts'
import type { SqlTokens } from './sql-tokens.ts'

/** The tokens of a text, and where its findings go. */
export class Judgement {
  readonly tokens: SqlTokens
  readonly #decoded: DecodedText
  readonly #list: FindingList

  constructor(tokens: SqlTokens, decoded: DecodedText, list: FindingList) {
    this.tokens = tokens
    this.#decoded = decoded
    this.#list = list
  }

  add(from: number, to: number, score: number): void {
    const { tokens } = this
    const start = tokens.startOf(from)
    const end = tokens.endOf(Math.min(to, tokens.count) - 1)
    this.#list.add(this.#decoded.positionOf(start), this.#decoded.positionOf(end), score)
  }
}
