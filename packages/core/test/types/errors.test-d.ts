import { type AlfredConfigError, AlfredError, type ConfigProblem, isAlfredError } from '@alfred/core'
import { expectTypeOf } from 'vitest'

export function read(error: unknown): void {
  if (isAlfredError(error, 'ALFRED_VAULT_KEY_IN_USE')) {
    expectTypeOf(error.details).toEqualTypeOf<{
      readonly provider: string
      readonly version: number
      readonly leases: number
    }>()
  }
  if (isAlfredError(error, 'ALFRED_STORE_TIMEOUT', 'ALFRED_STORE_UNAVAILABLE')) {
    expectTypeOf(error.details.store).toEqualTypeOf<string>()
    if (error.code === 'ALFRED_STORE_TIMEOUT') expectTypeOf(error.details.timeoutMs).toEqualTypeOf<number>()
  }
  if (isAlfredError(error) && error.code === 'ALFRED_LAYER_OFF') {
    expectTypeOf(error.details).toEqualTypeOf<{ readonly layer: string }>()
  }
}

expectTypeOf<AlfredConfigError['details']>().toEqualTypeOf<{ readonly problems: readonly ConfigProblem[] }>()
expectTypeOf<AlfredConfigError>().toExtend<AlfredError>()

// @ts-expect-error -- the details of another code
export const wrong = new AlfredError('ALFRED_LAYER_OFF', 'The layer is off.', { provider: 'openai' })

// @ts-expect-error -- an error says more than its code
export const bare = new AlfredError('ALFRED_LAYER_OFF', 'The layer is off.')
