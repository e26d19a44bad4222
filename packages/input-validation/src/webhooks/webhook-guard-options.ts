import { createProtectionMatcher, observed, option, type Options, readOptions } from '@alfred/core'
import { pathNamesRule } from '../body/path-names.ts'
import { schemes } from './signatures.ts'

const secretRule = option.string({ pattern: /^\P{Cc}{16,}$/u, hint: 'a secret of 16 characters or more' })

const endpointRule = option
  .object({
    /** Which requests must be signed: a path, and what is below it, or several. It is whole, also behind a mount. */
    path: pathNamesRule,
    /** Who signs: `'standard-webhooks'` is what OpenAI and Svix send. */
    signature: option.oneOf('github', 'slack', 'standard-webhooks', 'stripe'),
    /** The secrets that the sender may use: one, and during a change both. */
    secrets: option.list(secretRule, { min: 1 }),
  })
  .check(({ signature, secrets }, report) => {
    if (signature !== 'standard-webhooks') return
    for (const [index, secret] of (secrets ?? []).entries()) {
      if (/^(?:whsec_)?[A-Za-z0-9+/]+={0,2}$/.test(secret)) continue
      report.at('secrets').at(index).add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be whsec_ and base64.')
    }
  })

const optionsRule = option.object({
  /** The webhooks that arrive. */
  endpoints: option.list(endpointRule, { min: 1 }),
  /**
   * How far the time of a signature may be from the clock, in milliseconds. GitHub signs no time.
   * @default 300_000
   */
  toleranceMs: option.integer({ min: 1000, max: 3_600_000 }).default(300_000),
  /** Told of every refusal as `validation.rejected`. */
  events: observed.events,
  /** Told of every refusal at level debug. @default silent */
  logger: observed.logger,
  /** @default the machine's time */
  clock: observed.clock,
})

/** Options of `createWebhookGuard`. */
export interface WebhookGuardOptions extends Options<typeof optionsRule> {}

/** How closely a path says what it means: by its segments, and then by those that are no names. */
function specificityOf(path: string): readonly [segments: number, literals: number] {
  const segments = path.split('/').filter((segment) => segment !== '')
  return [segments.length, segments.filter((segment) => !segment.startsWith(':')).length]
}

/** Checks the options, fills in the defaults, and compiles paths and keys: the most specific path first. */
export function resolveWebhookGuardOptions(options: WebhookGuardOptions) {
  const { endpoints, ...read } = readOptions('webhooks', options, optionsRule)
  const compiled = endpoints.flatMap(({ path, signature, secrets }) =>
    path.map((each) => ({
      matches: createProtectionMatcher(each, { option: 'webhooks.endpoints.path', logger: read.logger }),
      keys: secrets.map((secret) => schemes[signature].keyOf(secret)),
      signature,
      specificity: specificityOf(each),
    })),
  )
  const ordered = compiled.toSorted(
    ({ specificity: [segments, literals] }, { specificity: [others, otherLiterals] }) =>
      others - segments || otherLiterals - literals,
  )
  return { ...read, endpoints: ordered }
}
