import type { Logger } from '@alfred/core'
import type {
  SecurityHeaders,
  SecurityHeadersExplanation,
  SecurityHeadersOptions,
} from '@alfred/security-headers'

/**
 * The options of the headers with `Referrer-Policy: same-origin` where neither a preset nor the application says
 * another. With helmet's `no-referrer` browsers send `Origin: null` with the site's own forms, which CSRF protection
 * must refuse from a browser without `Sec-Fetch-Site`.
 */
export function withOwnReferrer(options: Partial<SecurityHeadersOptions>): Partial<SecurityHeadersOptions> {
  const { preset, referrerPolicy } = options
  if (preset !== undefined || (referrerPolicy !== undefined && referrerPolicy !== true)) return options
  return { ...options, referrerPolicy: { policy: 'same-origin' } }
}

const hidesOrigin = (headers: SecurityHeadersExplanation['headers']): boolean =>
  headers.some(({ name, value }) => name === 'Referrer-Policy' && value.split(',').at(-1) === 'no-referrer')

/** Logs where pages ask browsers to hide their origin: their forms are refused where no `Sec-Fetch-Site` comes. */
export function warnOfReferrer(headers: Pick<SecurityHeaders, 'explain'>, logger: Logger): void {
  const { headers: all, overrides } = headers.explain()
  const paths = [
    ...(hidesOrigin(all) ? ['headers.referrerPolicy'] : []),
    ...overrides.flatMap(({ headers: own }, index) =>
      hidesOrigin(own) ? [`headers.overrides[${String(index)}].referrerPolicy`] : [],
    ),
  ]
  if (paths.length === 0) return
  logger.warn(
    { paths },
    'Referrer-Policy no-referrer makes browsers send Origin: null with forms, which csrf refuses over plain HTTP; use same-origin',
  )
}
