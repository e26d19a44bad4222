import type { BenchReport } from '../report/bench-area.ts'
import type { HttpLoadResult } from '../load/http-load.ts'
import { describeMachine } from '../report/machine.ts'
import { median, round } from '../measure/statistics.ts'
import { pageOrigin, path } from './application.ts'
import { type ContenderName, contenderNames, contenders } from './contenders.ts'

/** How the servers are loaded. */
export const loadPlan = { rounds: 5, connections: 64, seconds: 2, warmUpSeconds: 1 } as const

/** One turn of one stack. */
export interface StackSample extends HttpLoadResult {
  /** Processor time of the server's process per request, µs. */
  readonly cpuMicros: number
}

/** What a stack answers. */
export interface StackAnswer {
  readonly body: string
  readonly headerNames: readonly string[]
}

/** Puts what was measured into words, a table and figures. */
export function reportStack(
  samples: Readonly<Record<ContenderName, readonly StackSample[]>>,
  answers: Readonly<Partial<Record<ContenderName, StackAnswer>>>,
): BenchReport {
  const middle = (name: ContenderName, figure: keyof StackSample): number =>
    median(samples[name].map((sample) => sample[figure]))
  const rate = (name: ContenderName): number => middle(name, 'requestsPerSecond')
  const range = (name: ContenderName): string => {
    const rates = samples[name].map((sample) => sample.requestsPerSecond)
    return `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`
  }
  // Of each round's neighbours in time, not of two medians: what slowed the machine then, slowed both.
  const ratio = (name: ContenderName, to: ContenderName): number =>
    median(
      samples[name].map(
        (sample, index) => sample.requestsPerSecond / (samples[to][index]?.requestsPerSecond ?? NaN),
      ),
    )
  const { rounds, connections, seconds, warmUpSeconds } = loadPlan
  return {
    how: [
      `GET ${path} as a browser sends it from ${pageOrigin}; the answer is ${String(answers.bare?.body.length)} bytes of JSON.`,
      `Each server, the load generator (autocannon, ${String(connections)} connections, keep-alive) and the one Redis are processes of this machine; all traffic is loopback.`,
      `Medians of ${String(rounds)} rounds of ${String(seconds)} s taken in turn, each server warmed up for ${String(warmUpSeconds)} s before; a ratio is the median of the rounds' ratios.`,
      describeMachine(),
      ...contenderNames.map((name) => `${name}: ${contenders[name].does}`),
    ],
    table: {
      columns: ['stack', 'requests/s', 'range', 'to bare', 'to peers', 'cpu µs/request', 'p99 ms', 'headers'],
      rows: contenderNames.map((name) => [
        name,
        rate(name).toFixed(0),
        range(name),
        ratio(name, 'bare').toFixed(2),
        ratio(name, 'peers').toFixed(2),
        middle(name, 'cpuMicros').toFixed(0),
        middle(name, 'p99Ms').toFixed(0),
        String(answers[name]?.headerNames.length ?? 0),
      ]),
    },
    figures: {
      ...Object.fromEntries(contenderNames.map((name) => [name, round(rate(name))])),
      oursToBare: round(ratio('ours', 'bare'), 2),
      oursToPeers: round(ratio('ours', 'peers'), 2),
      oursToPeersTuned: round(ratio('ours', 'peersTuned'), 2),
      oursCpuMicros: round(middle('ours', 'cpuMicros')),
      peersCpuMicros: round(middle('peers', 'cpuMicros')),
    },
  }
}
