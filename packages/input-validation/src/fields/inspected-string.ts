import { dropRejection, isThenable } from '@alfred/core'
import type { ZodString } from 'zod'
import type { Inspected, Inspection } from '../inspection/inspection.ts'
import { zod } from './lazy-zod.ts'
import { ownCheck } from './own-checks.ts'
import { sizeFault, type TextSize } from './text-size.ts'

/** Why a value is refused that has the right size and can be stored. */
export type StringFault =
  'host-not-allowed' | 'not-sanitized' | 'refused-content' | 'unknown-placeholder' | 'wrong-format'

/** Why no field takes a value: it could not be stored as it is. */
type StorageFault = 'lone-surrogate' | 'nul-character'

/** What a kind of field makes of a value, or why it refuses it. */
export type StringResult = { readonly text: string } | StringFault

/** What a kind of field asks of its values, in this order. */
export interface StringChecks {
  readonly size: TextSize
  /** What the kind itself asks; it may return another text. */
  readonly accept?: ((text: string) => StringFault | undefined | StringResult) | undefined
  readonly inspect: Inspection
  /** Told of every text that is accepted. */
  readonly onAccepted?: ((text: string) => void) | undefined
  /** Makes the accepted text another one. */
  readonly convert?: ((text: string) => StringResult | Promise<StringResult>) | undefined
}

/** A first run that turns out to be asynchronous is given up by zod, and with it whoever would hear of a rejection. */
const heard = <T>(work: Promise<T>): Promise<T> => {
  dropRejection(work)
  return work
}

/** What zod's issues have in common. */
const issue = (input: string) => ({ input, continue: false }) as const

const toResult = (inspected: Inspected): StringResult =>
  inspected === 'refused' ? 'refused-content' : inspected

/** Every value's way: the storable ones as the kind and the detectors leave them, or the reason for refusing. */
function judge(
  value: string,
  { accept, inspect }: StringChecks,
): StringResult | StorageFault | Promise<StringResult> {
  if (value.includes('\0')) return 'nul-character'
  if (!value.isWellFormed()) return 'lone-surrogate'
  const accepted = accept?.(value) ?? { text: value }
  if (typeof accepted === 'string') return accepted
  const inspected = inspect(accepted.text)
  return isThenable(inspected) ? inspected.then(toResult) : toResult(inspected)
}

/**
 * Builds the zod schema of a field. Two kinds of text are refused whatever the field, because they cannot be stored as
 * they are: lone surrogates, which have no UTF-8 form, and U+0000, which PostgreSQL's `text` does not hold.
 */
export function inspectedString(checks: StringChecks): ZodString {
  const { size, onAccepted, convert } = checks
  return zod()
    .string()
    .check(
      ownCheck((context) => {
        const { value, issues } = context
        const fault = sizeFault(value, size)
        if (fault) {
          const { code, origin, bound } = fault
          const common = { ...issue(value), origin, inclusive: true }
          issues.push(
            code === 'too_big' ? { ...common, code, maximum: bound } : { ...common, code, minimum: bound },
          )
          return undefined
        }
        const settle = (result: StringResult | StorageFault): void => {
          if (typeof result !== 'string') context.value = result.text
          else if (result === 'wrong-format') {
            issues.push({ ...issue(value), code: 'invalid_format', format: 'alfred' })
          } else issues.push({ ...issue(value), code: 'custom', params: { code: result } })
        }
        const proceed = (judged: StringResult | StorageFault): Promise<void> | undefined => {
          settle(judged)
          if (typeof judged === 'string') return undefined
          onAccepted?.(judged.text)
          const converted = convert?.(judged.text)
          if (isThenable(converted)) return heard(converted.then(settle))
          if (converted !== undefined) settle(converted)
          return undefined
        }
        const judged = judge(value, checks)
        return isThenable(judged) ? judged.then(proceed) : proceed(judged)
      }),
    )
}
