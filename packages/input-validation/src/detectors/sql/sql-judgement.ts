import { createFindingList, type Finding, type FindingList } from '../text/finding.ts'
import type { DecodedText } from '../text/percent-decoded.ts'
import type { SqlTokens } from './sql-tokens.ts'

/** The tokens of a text, and where its findings go. */
export class Judgement {
  readonly tokens: SqlTokens
  readonly #decoded: DecodedText
  readonly #maxFindings: number | undefined
  /** Made with the first finding: most texts have none. */
  #list: FindingList | undefined

  constructor(tokens: SqlTokens, decoded: DecodedText, maxFindings: number | undefined) {
    this.tokens = tokens
    this.#decoded = decoded
    this.#maxFindings = maxFindings
  }

  get findings(): readonly Finding[] {
    return this.#list?.findings ?? []
  }

  add(from: number, to: number, score: number): void {
    const { tokens } = this
    const start = tokens.startOf(from)
    const end = tokens.endOf(Math.min(to, tokens.count) - 1)
    this.#list ??= createFindingList(this.#maxFindings)
    this.#list.add(this.#decoded.positionOf(start), this.#decoded.positionOf(end), score)
  }
}
