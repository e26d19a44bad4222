import type { KeyProbe } from '../providers/provider-adapter.ts'
import type { KeyUsage } from '../providers/key-usage.ts'
import type { KeyValidity } from '../providers/key-validity.ts'

const validities = ['valid', 'invalid', 'unknown', 'not_applicable'] as const satisfies KeyValidity[]

/** What an adapter said of a key. Anything but its contract is `unknown`, which neither promotes a key nor gives it up. */
export function readProbe(answer: unknown): KeyProbe {
  const { validity, errorCode }: Partial<Record<keyof KeyProbe, unknown>> =
    typeof answer === 'object' && answer !== null ? answer : {}
  const found = validities.find((each) => each === validity)
  if (found === undefined) return { validity: 'unknown', errorCode: 'malformed_answer' }
  return { validity: found, errorCode: typeof errorCode === 'string' ? errorCode : undefined }
}

/** How much a key was used, where an adapter told it in finite numbers. */
export function readUsage(answer: unknown): KeyUsage | undefined {
  const fields: Partial<Record<keyof KeyUsage, unknown>> =
    typeof answer === 'object' && answer !== null ? answer : {}
  const figure = (name: keyof KeyUsage): number | undefined => {
    const value = fields[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  const since = figure('since')
  if (since === undefined) return undefined
  const [requests, inputTokens, outputTokens] = [
    figure('requests'),
    figure('inputTokens'),
    figure('outputTokens'),
  ]
  return {
    since,
    ...(requests === undefined ? {} : { requests }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
  }
}
