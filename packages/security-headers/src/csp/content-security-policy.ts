import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  closestName,
  isPlainObject,
  type MemberRule,
  option,
  type Options,
  plainEntries,
  type ProblemReport,
  type Resolved,
} from '@alfred/core'
import helmet from 'helmet'
import {
  type CspDirectiveKey,
  cspDirectiveSpellings,
  directiveKind,
  type DirectiveKind,
} from './csp-directives.ts'
import { checkSource, nonceSource } from './csp-sources.ts'

/** Names one source when the response is about to be made. */
export type CspSourceFunction = (request: IncomingMessage, response: ServerResponse) => string

/** One entry of a directive: a source, `'nonce'` in quotes for a fresh nonce per response, or a function. */
export type CspSource = string | CspSourceFunction

/** What a directive may be set to: its entries, or `null` to drop a default. */
export type CspDirectiveValue = string | Iterable<CspSource> | symbol | null

/** The directives of a policy, in kebab-case or camelCase. */
export type CspDirectives = { readonly [Name in CspDirectiveKey]?: CspDirectiveValue | undefined }

type Changes = ReadonlyMap<string, readonly CspSource[] | null>

/** A policy's directives, by the header's names. */
export type CspPolicy = ReadonlyMap<string, readonly CspSource[]>

const { dangerouslyDisableDefaultSrc, getDefaultDirectives } = helmet.contentSecurityPolicy

/** helmet's default policy. */
export function defaultPolicy(): CspPolicy {
  const policy = new Map<string, readonly CspSource[]>()
  for (const [name, sources] of Object.entries(getDefaultDirectives())) {
    const directive = cspDirectiveSpellings.get(name)
    if (directive !== undefined) policy.set(directive, [...sources])
  }
  return policy
}

/** The policy that `changes` make of `base`. */
export function changePolicy(base: CspPolicy, changes: CspChanges): CspPolicy {
  const policy = new Map(changes.useDefaults ? base : [])
  for (const [name, sources] of changes.directives) {
    if (sources === null) policy.delete(name)
    else policy.set(name, sources)
  }
  return policy
}

/** The rule for a policy whose new directives, keywords and sandbox flags `unknown` names. */
const policyShape = (unknown: ReadonlySet<string>) =>
  option
    .object({
      /**
       * Whether `directives` change the defaults (those of the preset, else helmet's) or are the whole policy.
       *
       * @default true
       */
      useDefaults: option.boolean().default(true),
      /** Entries are checked at construction: names, quoting, and combinations that mean nothing. */
      directives: option
        .custom<Changes, CspDirectives>((value, report) => readDirectives(value, report, unknown))
        .default(new Map()),
      /**
       * Directives, quoted keywords and sandbox flags that this package does not know yet: `new-src`, `'new-keyword'`.
       * Functions cannot name them.
       *
       * @default []
       */
      allowUnknown: unknownNamesRule.default([]),
      /**
       * Report violations and block nothing.
       *
       * @default what it changes
       */
      reportOnly: option.boolean().optional(),
    })
    .check(({ useDefaults, directives }, report) => {
      if (useDefaults || directives.has('default-src')) return
      report
        .at('directives')
        .at('defaultSrc')
        .add('ALFRED_CONFIG_MISSING', 'is required: what no other directive names falls back to it.')
    })

const unknownNamesRule = option.list(
  option.string({
    pattern: /^(?:[a-z][a-z0-9-]*|'[a-z][a-z0-9-]*')$/,
    hint: "a name such as new-src or 'new-keyword'",
  }),
)

type PolicyShape = ReturnType<typeof policyShape>

/** Options of `contentSecurityPolicy`. */
export interface ContentSecurityPolicyOptions extends Options<PolicyShape> {}

/** Checked options: `null` drops a directive. */
export type CspChanges = Resolved<PolicyShape>

/** The rule for a policy. What depends on its defaults is checked once they are known. */
export const contentSecurityPolicyRule: MemberRule<CspChanges, ContentSecurityPolicyOptions, 'required'> =
  option.custom<CspChanges, ContentSecurityPolicyOptions>((value, report) => {
    const named = isPlainObject(value) ? value['allowUnknown'] : undefined
    const names: readonly unknown[] = Array.isArray(named) ? named : []
    return policyShape(new Set(names.filter((name) => typeof name === 'string')))(value, report)
  })

function readDirectives(
  value: unknown,
  report: ProblemReport,
  unknown: ReadonlySet<string>,
): Changes | undefined {
  const entries = plainEntries(value, report)
  if (!entries) return undefined
  const directives = new Map<string, readonly CspSource[] | null>()
  for (const [key, raw] of entries) {
    const at = report.at(key)
    const name = cspDirectiveSpellings.get(key) ?? (unknown.has(key) ? key : undefined)
    if (name === undefined) {
      const spelling = closestName(key, cspDirectiveSpellings.keys())
      at.add(
        'ALFRED_CONFIG_UNKNOWN_KEY',
        'is not a Content-Security-Policy directive; name it in allowUnknown if it is new.',
        spelling,
      )
    } else if (directives.has(name)) {
      at.add('ALFRED_CONFIG_CONFLICT', `sets ${name} a second time.`)
    } else if (raw !== undefined) {
      const sources = readDirective(name, raw, at, unknown)
      if (sources !== undefined) directives.set(name, sources)
    }
  }
  return directives
}

const sourceFunctionRule = option.syncFunction<CspSourceFunction>()

function readDirective(
  name: string,
  value: unknown,
  report: ProblemReport,
  unknown: ReadonlySet<string>,
): readonly CspSource[] | null | undefined {
  if (value === dangerouslyDisableDefaultSrc) {
    if (name === 'default-src') return null
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'can be dropped with null.')
    return undefined
  }
  if (value === null) {
    if (name !== 'default-src') return null
    report.add('ALFRED_CONFIG_UNSAFE', 'must not be dropped: what no other directive names falls back to it.')
    return undefined
  }
  // Without a value they are complete; as in helmet, an empty string says so, too.
  const kind = directiveKind(name)
  if (value === '' && (kind === 'sandbox' || kind === 'flag')) return []
  const entries = typeof value === 'string' ? [value] : isIterable(value) ? [...value] : undefined
  if (!entries) {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a list of sources, or null.')
    return undefined
  }
  const sources: CspSource[] = []
  for (const [index, entry] of entries.entries()) {
    const at = typeof value === 'string' ? report : report.at(index)
    if (typeof entry === 'function') {
      const source = sourceFunctionRule(entry, at)
      if (source) sources.push(source)
    } else if (typeof entry === 'string' && entry.trim() !== '')
      sources.push(...readSources(name, entry, at, unknown))
    else at.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a non-empty string or a function.')
  }
  checkCombination(name, sources, report)
  return sources
}

/** helmet lets one string hold several sources; each is checked alone. A line break is no separator: it comes from elsewhere. */
function readSources(
  name: string,
  entry: string,
  report: ProblemReport,
  unknown: ReadonlySet<string>,
): string[] {
  const sources = entry.split(' ').filter((source) => source !== '')
  for (const source of sources) {
    if (unknown.has(source)) continue
    const problem = checkSource(directiveKind(name), source)
    if (problem) report.add(problem.code, problem.message, problem.suggestion)
  }
  return sources
}

/** An empty list of sources allows nothing; an empty list of these asks for nothing. */
const meaninglessWhenEmpty: ReadonlySet<DirectiveKind> = new Set([
  'report-group',
  'report-uri',
  'trusted-types-sinks',
  'webrtc',
])

function checkCombination(name: string, sources: readonly CspSource[], report: ProblemReport): void {
  if (sources.length === 0 && meaninglessWhenEmpty.has(directiveKind(name))) {
    report.add('ALFRED_CONFIG_MISSING', 'must hold an entry: browsers ignore it when it is empty.')
  }
  if (sources.includes("'none'") && sources.length > 1 && name !== 'trusted-types') {
    report.add(
      'ALFRED_CONFIG_CONFLICT',
      "must not hold 'none' beside other entries: browsers then ignore it.",
    )
  }
  if (sources.includes("'strict-dynamic'")) {
    const trusted = sources.some(
      (source) => typeof source === 'function' || source === nonceSource || /^'sha\d{3}-/.test(source),
    )
    if (!trusted) {
      report.add(
        'ALFRED_CONFIG_CONFLICT',
        "must hold 'nonce' or a hash beside 'strict-dynamic': no script runs.",
      )
    }
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}
