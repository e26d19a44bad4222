import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { microBenchmark, type MicroBenchmarkResult } from '../measure/micro-benchmark.ts'
import type { Operation } from '../measure/sampler.ts'
import { median, round } from '../measure/statistics.ts'
import { threadClock } from '../measure/thread-clock.ts'
import { createCounterContest } from './counter-contest.ts'
import { runHttpContest } from './http-contest.ts'
import { createScrapeContest, scrapedSeries } from './scrape-contest.ts'
import { createSpanContest } from './span-contest.ts'

/** The kernel books processor time by ticks of some ms: a sample has to last for many of them. */
const httpPlan = { rounds: 31, sampleMs: 100 } as const
const plan = { rounds: 31, sampleMs: 40 } as const
const scrapePlan = { rounds: 15, sampleMs: 100 } as const

type Results<N extends string> = Readonly<Record<N, MicroBenchmarkResult>>

/** The samples of one, without what its neighbour in time cost that does nothing of the kind. */
const net = ({ samples }: MicroBenchmarkResult, bare: MicroBenchmarkResult): readonly number[] =>
  samples.map((sample, index) => sample - (bare.samples[index] ?? NaN))

/** The median of the rounds' ratios: what slowed the machine in a round, slowed both. */
const ratio = (theirs: readonly number[], ours: readonly number[]): number =>
  median(theirs.map((sample, index) => sample / (ours[index] ?? NaN)))

/** What instrumentation costs: requests, counters and scrapes beside prom-client and what is built on it. */
export async function runMetrics(progress: Progress): Promise<BenchReport> {
  const measure = <N extends string>(
    what: string,
    operations: Readonly<Record<N, Operation>>,
    options: { readonly rounds: number; readonly sampleMs: number } = plan,
  ): Promise<Results<N>> =>
    microBenchmark(operations, {
      ...options,
      clock: threadClock,
      progress: (line) => {
        progress(`${what}, ${line}`)
      },
    })

  const http = await runHttpContest(httpPlan, (line) => {
    progress(`http, ${line}`)
  })
  const counter = await measure('counter', createCounterContest())
  const scrape = await measure('scrape', await createScrapeContest(), scrapePlan)
  const span = await measure('span', createSpanContest())

  const httpOurs = net(http.ours, http.bare)
  const httpPeer = net(http.peer, http.bare)
  const httpTuned = net(http.peerTuned, http.bare)
  const spanOurs = net(span.ours, span.bare)
  const row = (what: string, ours: number, peer: number | undefined, factor: number | undefined) => [
    what,
    ours.toFixed(1),
    peer?.toFixed(1) ?? '',
    factor?.toFixed(1) ?? '',
  ]
  const figures = {
    httpNs: round(median(httpOurs)),
    httpRatio: round(ratio(httpPeer, httpOurs), 1),
    httpRatioTuned: round(ratio(httpTuned, httpOurs), 1),
    counterRatio: round(ratio(counter.peer.samples, counter.ours.samples), 1),
    scrapeRatio: round(ratio(scrape.promClient.samples, scrape.ours.samples), 2),
    scrapeRatioSuccessor: round(ratio(scrape.successor.samples, scrape.ours.samples), 2),
    spanNoSdkNs: round(median(spanOurs), 1),
  }
  return {
    how: [
      'ns of processor time of one operation; the contenders of http in a process each, the others in one.',
      'http: request and response objects of Node, taken from arrival to `close` by hand over four routes, garbage collection included; making and ending them, with Node’s own listener, is measured beside it and subtracted. Ours counts a duration, a request by exact code and the active requests, the peer a duration with the same labels.',
      'The peer is express-prom-bundle with includeMethod and includePath. httpRatio is against it as its README sets it up, where it guesses templates from URLs; httpRatioTuned with a normalizePath that reads the route’s template, as ours does.',
      'counter: one more with two labels, ours on a bound handle, prom-client by counter.inc(labels).',
      `scrape: ${String(scrapedSeries)} series of a histogram; to the bytes that are sent; the three clients’ samples are compared before.`,
      'span: withSpan around a function, without an SDK; the bare call is subtracted.',
      `Medians of ${String(plan.rounds)} rounds of ${String(plan.sampleMs)} ms taken in turn (http: ${String(httpPlan.rounds)} of ${String(httpPlan.sampleMs)} ms, scrape: ${String(scrapePlan.rounds)} of ${String(scrapePlan.sampleMs)} ms); a ratio is the median of the rounds' ratios.`,
      describeMachine(),
    ],
    table: {
      columns: ['operation', 'ours ns', 'peer ns', 'ratio'],
      rows: [
        row('http, peer tuned', median(httpOurs), median(httpTuned), figures.httpRatioTuned),
        row('http, peer by its README', median(httpOurs), median(httpPeer), figures.httpRatio),
        row('counter, prom-client', counter.ours.nsPerOp, counter.peer.nsPerOp, figures.counterRatio),
        row('scrape, prom-client', scrape.ours.nsPerOp, scrape.promClient.nsPerOp, figures.scrapeRatio),
        row(
          'scrape, @prometheus-io/client',
          scrape.ours.nsPerOp,
          scrape.successor.nsPerOp,
          figures.scrapeRatioSuccessor,
        ),
        row('span without an SDK', figures.spanNoSdkNs, undefined, undefined),
      ],
    },
    figures,
  }
}
