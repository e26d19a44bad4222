import { startFakeOpenAi } from '@alfred/testkit'
import { createFailover } from '../../../../examples/alfred-server/src/providers/failover.ts'
import { createOpenAiProvider } from '../../../../examples/alfred-server/src/providers/openai-provider.ts'
import { dialects, outcomeOf } from '../../../../examples/alfred-server/test/wire/run-wire-case.ts'
import { wireCases } from '../../../../examples/alfred-server/test/wire/wire-cases.ts'

export interface ProviderFigures extends Readonly<Record<string, unknown>> {
  /** What three providers may put on the wire. */
  readonly cases: number
  readonly asExpected: number
  /** Refused and over-long questions of one client. */
  readonly refused: number
  /** Questions of others in the meantime, and how many of them failed. */
  readonly others: number
  readonly othersFailed: number
}

/** Ten questions a minute, which one client may ask, for ten minutes. */
const refusedQuestions = 100
const othersForEach = 3

const turns = [{ role: 'user', content: 'hi' }] as const
const { signal } = new AbortController()

async function countWireCases(): Promise<{ cases: number; asExpected: number }> {
  let cases = 0
  let asExpected = 0
  for (const dialect of dialects) {
    const outcomes = await Promise.all(wireCases.map((wireCase) => outcomeOf(dialect, wireCase)))
    wireCases.forEach((wireCase, index) => {
      cases += 1
      const expected = wireCase.expected(dialect)
      if (outcomes[index] === expected) asExpected += 1
      else
        console.error(`${dialect.name}, ${wireCase.what}: ${String(outcomes[index])}, expected ${expected}`)
    })
  }
  return { cases, asExpected }
}

/** Lets one client provoke refusals while others ask. */
async function countOthersFailed(): Promise<Pick<ProviderFigures, 'refused' | 'others' | 'othersFailed'>> {
  await using openai = await startFakeOpenAi()
  const apiKey = (): Promise<string> => Promise.resolve('sk')
  const failover = createFailover({
    providers: [createOpenAiProvider({ apiKey, baseUrl: openai.baseUrl, model: 'gpt-5-mini' })],
  })
  const ask = async (): Promise<boolean> => {
    try {
      const { tokens } = await failover.answer(turns, { signal })
      return (await Array.fromAsync(tokens)).join('') !== ''
    } catch {
      return false
    }
  }
  let refused = 0
  let othersFailed = 0
  for (let n = 0; n < refusedQuestions; n++) {
    openai.failNext({ status: n % 2 === 0 ? 400 : 413 })
    if (!(await ask())) refused += 1
    const others = await Promise.all(Array.from({ length: othersForEach }, ask))
    othersFailed += others.filter((answered) => !answered).length
  }
  return { refused, others: refusedQuestions * othersForEach, othersFailed }
}

/** Plays every wire case against the three SDKs, and lets one client spoil it for the others. */
export async function verifyProviders(): Promise<ProviderFigures> {
  return { ...(await countWireCases()), ...(await countOthersFailed()) }
}
