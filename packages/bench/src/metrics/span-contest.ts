import { createTracing } from '@alfred/tracing'
import type { Operation } from '../measure/sampler.ts'

const work = (): number => 42

/** What a span helper costs where no SDK is registered: the call of `work` alone, and within a span. */
export function createSpanContest(): Readonly<Record<'bare' | 'ours', Operation>> {
  const tracing = createTracing()
  return {
    bare: () => work(),
    ours: () => tracing.withSpan('orders.sum', { 'orders.count': 3 }, work),
  }
}
