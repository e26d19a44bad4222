import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { microBenchmark, type MicroBenchmarkResult } from '../measure/micro-benchmark.ts'
import type { Operation } from '../measure/sampler.ts'
import { median, round } from '../measure/statistics.ts'
import { threadClock } from '../measure/thread-clock.ts'
import { type Contest, type ContestName, contestNames, contests } from './contests.ts'
import { createMessages, headersOf } from './exchange.ts'

const plan = { rounds: 21, sampleMs: 40 } as const

/** What one contest came to. */
type Figures = Readonly<Record<'oursNs' | 'peerNs' | 'ratio', number>>

type Side = 'messages' | 'ours' | 'peer'

/** What setting the headers of one response costs: ours, helmet and cors. */
export async function runHeaders(progress: Progress): Promise<BenchReport> {
  const figures: Partial<Record<ContestName, Figures>> = {}
  for (const name of contestNames) {
    checkAnswers(name, contests[name])
    figures[name] = compare(
      await microBenchmark(operations(contests[name]), {
        ...plan,
        clock: threadClock,
        progress: (line) => {
          progress(`${name}, ${line}`)
        },
      }),
    )
  }
  const measured = figures as Record<ContestName, Figures>
  return {
    how: [
      'ns of processor time per request of the middleware alone: making the request and response objects is measured beside it and subtracted.',
      `Medians of ${String(plan.rounds)} rounds of ${String(plan.sampleMs)} ms taken in turn; a ratio is the median of the rounds' ratios.`,
      describeMachine(),
      ...contestNames.map((name) => `${name}: ${contests[name].does}.`),
    ],
    table: {
      columns: ['contest', 'ours ns', 'peer ns', 'ratio'],
      rows: contestNames.map((name) => {
        const { oursNs, peerNs, ratio } = measured[name]
        return [name, oursNs.toFixed(0), peerNs.toFixed(0), ratio.toFixed(2)]
      }),
    },
    figures: measured,
  }
}

function operations({ ours, peer, origin }: Contest): Record<Side, Operation> {
  const next = (): void => undefined
  return {
    messages: () => createMessages(origin).response,
    ours: () => {
      const { request, response } = createMessages(origin)
      ours(request, response, next)
      return response
    },
    peer: () => {
      const { request, response } = createMessages(origin)
      peer(request, response, next)
      return response
    },
  }
}

/** Of each round's neighbours in time, not of two medians: what slowed the machine then, slowed both. */
function compare({ messages, ours, peer }: Readonly<Record<Side, MicroBenchmarkResult>>): Figures {
  const net = ({ samples }: MicroBenchmarkResult): number[] =>
    samples.map((sample, index) => sample - (messages.samples[index] ?? NaN))
  const oursNs = net(ours)
  const peerNs = net(peer)
  return {
    oursNs: round(median(oursNs)),
    peerNs: round(median(peerNs)),
    ratio: round(median(oursNs.map((sample, index) => sample / (peerNs[index] ?? NaN))), 3),
  }
}

/** Stops where the two do not send the same: their speeds could not be compared. */
function checkAnswers(name: ContestName, { ours, peer, origin, peerOnly }: Contest): void {
  const [our, their] = [headersOf(ours, origin), headersOf(peer, origin)].map(({ headers, passed }) => ({
    passed,
    sent: Object.entries(headers)
      .filter(([header]) => !peerOnly.includes(header))
      .map(([header, value]) => `${header}: ${String(value).replace(/'nonce-[^']+'/, "'nonce'")}`)
      .sort()
      .join('\n'),
  }))
  if (!our?.passed || !their?.passed || our.sent !== their.sent) {
    throw new Error(`${name}: ours sends\n${our?.sent ?? ''}\nand the peer\n${their?.sent ?? ''}`)
  }
}
