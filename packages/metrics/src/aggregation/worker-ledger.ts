import type { MetricReading } from '../instruments/exported-metric.ts'
import { aggregateReadings, type SourceReadings } from './aggregate-readings.ts'
import { addLostSeries, createSharedSeriesFilter } from './lost-series.ts'
import { subtractReadings } from './subtract-readings.ts'

/**
 * What workers have read so far. A sum over them never falls: a worker that is late counts as it last did, and what an
 * ended one has counted stays. Prometheus would take a lower sum for a restart, and count all of it again.
 */
export interface WorkerLedger<Worker extends object> {
  /** Notes the latest readings of a worker; those of one that has ended count no more. */
  note(worker: Worker, latest: SourceReadings): void
  /** Folds the workers that are not present any more into what remains; resumes those that are present again. */
  keep(present: ReadonlySet<Worker>): void
  sources(): readonly SourceReadings[]
}

/** No process has it. */
const noProcess = -1

const isCumulative = ({ type }: MetricReading): boolean => type !== 'gauge'

/** @param ownProcessId - of the process in which this runs, whose threads come and go */
export function createWorkerLedger<Worker extends object>(ownProcessId: number): WorkerLedger<Worker> {
  const latest = new Map<Worker, SourceReadings>()
  /** What the ended threads have counted of a process that goes on. */
  const ended = new Map<number, readonly MetricReading[]>()
  let remainder: readonly MetricReading[] = []
  /** What present workers have counted in series that they read no more, while others read them. */
  const lost = new Map<Worker, readonly MetricReading[]>()
  /** The last readings of the folded workers. */
  const folded = new WeakMap<Worker, SourceReadings>()
  /** What was folded of the resumed workers: their readings go on from there. */
  const countedBefore = new WeakMap<Worker, readonly MetricReading[]>()

  const uncounted = (worker: Worker, source: SourceReadings): SourceReadings => {
    const before = countedBefore.get(worker)
    return before ? { ...source, readings: subtractReadings(source.readings, before) } : source
  }

  const fold = (worker: Worker, last: SourceReadings): void => {
    latest.delete(worker)
    folded.set(worker, last)
    const { processId, readings } = uncounted(worker, last)
    const parts = [ended.get(processId) ?? [], lost.get(worker) ?? [], readings.filter(isCumulative)]
    lost.delete(worker)
    ended.set(processId, aggregateReadings(parts.map((part) => ({ processId, readings: part }))))
  }

  /** A list of workers that was incomplete for a moment must not silence them. */
  const resume = (worker: Worker): void => {
    const last = folded.get(worker)
    if (last === undefined) return
    folded.delete(worker)
    // What is a process' own counts once for all of its threads, the ended ones too.
    const isOfRunningProcess = ended.has(last.processId)
    const before = last.readings.filter(
      (reading) => isCumulative(reading) && !(isOfRunningProcess && reading.scope === 'process'),
    )
    countedBefore.set(worker, before)
    latest.set(worker, last)
  }

  const foldProcesses = (): void => {
    const running = new Set(Array.from(latest.values(), ({ processId }) => processId)).add(ownProcessId)
    for (const [processId, readings] of ended) {
      if (running.has(processId)) continue
      ended.delete(processId)
      remainder = aggregateReadings([
        { processId: noProcess, readings: remainder },
        { processId, readings },
      ])
    }
  }

  const forgetUnshared = (): void => {
    const all = Array.from(lost.values()).flat()
    if (all.length === 0) return
    const shared = createSharedSeriesFilter(
      all,
      Array.from(latest.values(), ({ readings }) => readings),
    )
    for (const [worker, readings] of lost) lost.set(worker, shared(readings))
  }

  return {
    note(worker, source) {
      if (folded.has(worker)) return
      const before = latest.get(worker)
      latest.set(worker, source)
      if (before === undefined) return
      const [last, now] = [uncounted(worker, before), uncounted(worker, source)]
      lost.set(worker, addLostSeries(lost.get(worker) ?? [], last.readings, now.readings))
    },
    keep(present) {
      for (const [worker, source] of latest) if (!present.has(worker)) fold(worker, source)
      for (const worker of present) resume(worker)
      foldProcesses()
      forgetUnshared()
    },
    sources: () => [
      ...Array.from(latest, ([worker, source]) => uncounted(worker, source)),
      ...Array.from(ended, ([processId, readings]) => ({ processId, readings })),
      ...Array.from(lost.values(), (readings) => ({ processId: noProcess, readings })),
      { processId: noProcess, readings: remainder },
    ],
  }
}
