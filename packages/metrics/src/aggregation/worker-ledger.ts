import type { MetricReading } from '../instruments/exported-metric.ts'
import { aggregateReadings, type SourceReadings } from './aggregate-readings.ts'

/**
 * What workers have read so far. A sum over them never falls: a worker that is late counts as it last did, and what an
 * ended one has counted stays. Prometheus would take a lower sum for a restart, and count all of it again.
 */
export interface WorkerLedger<Worker extends object> {
  /** Notes the latest readings of a worker; those of one that has ended count no more. */
  note(worker: Worker, latest: SourceReadings): void
  /** Folds the workers that are not present any more into what remains. */
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
  const folded = new WeakSet<Worker>()

  const fold = (worker: Worker, { processId, readings }: SourceReadings): void => {
    latest.delete(worker)
    folded.add(worker)
    const before = { processId, readings: ended.get(processId) ?? [] }
    ended.set(processId, aggregateReadings([before, { processId, readings: readings.filter(isCumulative) }]))
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

  return {
    note(worker, source) {
      if (!folded.has(worker)) latest.set(worker, source)
    },
    keep(present) {
      for (const [worker, source] of latest) if (!present.has(worker)) fold(worker, source)
      foldProcesses()
    },
    sources: () => [
      ...latest.values(),
      ...Array.from(ended, ([processId, readings]) => ({ processId, readings })),
      { processId: noProcess, readings: remainder },
    ],
  }
}
