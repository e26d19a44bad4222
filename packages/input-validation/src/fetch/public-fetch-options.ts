import { observed, option, type Options, readOptions } from '@alfred/core'

const optionsRule = option.object({
  /** @default 'GET' */
  method: option.oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE').default('GET'),
  /**
   * Fields of the request. `Authorization`, `Cookie` and `Proxy-Authorization` go to the first origin alone.
   * @default {}
   */
  headers: option.record(option.string()).default({}),
  /** @default none */
  body: option
    .custom<string | Uint8Array>((value, report) => {
      if (typeof value === 'string' || value instanceof Uint8Array) return value
      report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a text or bytes.')
      return undefined
    })
    .optional(),
  /**
   * Schemes that may be fetched, also by redirects.
   * @default ['https', 'http']
   */
  schemes: option.list(option.oneOf('https', 'http'), { min: 1 }).default(['https', 'http']),
  /**
   * Ports that may be connected to.
   * @default [80, 443]
   */
  ports: option.list(option.integer({ min: 1, max: 65_535 }), { min: 1 }).default([80, 443]),
  /**
   * The most redirects that are followed. Each is judged like the first address.
   * @default 5
   */
  maxRedirects: option.integer({ min: 0, max: 20 }).default(5),
  /**
   * The most bytes of the answer.
   * @default 5_242_880 (5 MiB)
   */
  maxBytes: option.integer({ min: 1, max: 2 ** 30 }).default(5 * 2 ** 20),
  /**
   * How long all of it may take, in milliseconds.
   * @default 10_000
   */
  timeoutMs: option.integer({ min: 1 }).default(10_000),
  /** Ends the fetch. @default nothing does */
  signal: option.withMethods<AbortSignal>('addEventListener').optional(),
  /** @default the machine's time */
  clock: observed.clock,
})

/** Options of `publicFetch`. */
export interface PublicFetchOptions extends Options<typeof optionsRule> {}

/** Checks the options and fills in the defaults. */
export const resolvePublicFetchOptions = (options: PublicFetchOptions = {}) =>
  readOptions('publicFetch', options, optionsRule)

/** The options with everything decided. */
export type ResolvedPublicFetchOptions = ReturnType<typeof resolvePublicFetchOptions>
