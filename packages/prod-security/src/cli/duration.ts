import { UsageError } from './command-error.ts'

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const isUnit = (text: string): text is keyof typeof unitMs => Object.hasOwn(unitMs, text)

/**
 * Reads a duration such as `90d`, `24h`, `15m`, `30s` or `0`.
 *
 * @returns ms
 * @throws UsageError
 */
export function parseDuration(flag: string, text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? []
  if (digits === undefined || !isUnit(unit) || (unit === 's' && !text.endsWith('s') && digits !== '0')) {
    throw new UsageError(`${flag} must be a duration such as 90d, 24h, 15m or 30s`)
  }
  return Number(digits) * unitMs[unit]
}
