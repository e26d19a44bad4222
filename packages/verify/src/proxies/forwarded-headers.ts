import type { ProxyForm } from './proxy-forms.ts'

/** What a client sends of its own to pass for somebody else. */
export interface Spoof {
  readonly what: string
  /** One `X-Forwarded-For` field each. */
  readonly forwardedFor?: readonly string[]
  readonly forwardedProto?: string
  /** Sends the fields of other proxies, and those of this one where it does not set them. */
  readonly otherFields?: boolean
}

/** The address that a spoofing client wants to have. */
export const victim = '198.51.100.66'

/** The attempts, one a row. */
export const spoofs: readonly Spoof[] = [
  { what: 'nothing' },
  { what: 'an address', forwardedFor: [victim], forwardedProto: 'https' },
  { what: 'a trusted address', forwardedFor: ['127.0.0.1'] },
  {
    what: 'a chain',
    forwardedFor: [`${victim}, 10.0.0.1, 127.0.0.1`],
    forwardedProto: 'https, https, https',
  },
  { what: 'several fields', forwardedFor: [victim, '127.0.0.1', victim] },
  { what: 'an address with a port', forwardedFor: [`${victim}:443`] },
  { what: 'a mapped address', forwardedFor: [`::ffff:${victim}`] },
  { what: 'an address in brackets', forwardedFor: [`"[::ffff:${victim}]:443"`] },
  { what: 'unknown', forwardedFor: ['unknown'] },
  { what: 'a hidden name', forwardedFor: ['_secret'] },
  { what: 'an open quotation mark', forwardedFor: [`"${victim}`] },
  { what: 'a comma at the end', forwardedFor: [`${victim},`] },
  { what: 'commas alone', forwardedFor: [',,,'] },
  { what: 'an empty field', forwardedFor: [''] },
  { what: 'rubbish', forwardedFor: ['<script>alert(1)</script>'], forwardedProto: 'javascript' },
  { what: 'a long chain', forwardedFor: [Array.from({ length: 200 }, () => '127.0.0.1').join(', ')] },
  { what: 'fields of other proxies', otherFields: true },
  { what: 'everything', forwardedFor: [victim], forwardedProto: 'https', otherFields: true },
]

/** Fields that some proxy names the client in. None of them is read that `trustProxy` does not name. */
const clientFields = [
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'Fly-Client-IP',
  'True-Client-IP',
  'X-Azure-ClientIP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Envoy-External-Address',
  'X-Original-Forwarded-For',
  'X-Real-IP',
]

/** The raw header fields that a server gets of `form` when a client with `address` sends `spoof` over `scheme`. */
export function forwardedHeaders(
  form: ProxyForm,
  address: string,
  scheme: 'http' | 'https',
  spoof: Spoof,
): readonly (readonly [string, string])[] {
  const { separator = ', ', later = [], entry = (plain: string) => plain, others = [] } = form
  const appended = [entry(address), ...later].join(separator)
  const sent = spoof.forwardedFor ?? []
  const fields: [string, string][] = []
  if (form.forwardedFor === 'adds a field') {
    for (const field of sent) fields.push(['X-Forwarded-For', field])
    fields.push(['X-Forwarded-For', appended])
  } else {
    const kept = form.forwardedFor === 'appends' ? sent : []
    fields.push(['X-Forwarded-For', [...kept, appended].join(separator)])
  }
  const hops = Array.from({ length: later.length + 1 }, (_, hop) => (hop === 0 ? scheme : 'http'))
  const claimed = form.forwardedProto === 'appends' && spoof.forwardedProto ? [spoof.forwardedProto] : []
  fields.push([
    'X-Forwarded-Proto',
    form.forwardedProto === 'appends' ? [...claimed, ...hops].join(', ') : scheme,
  ])
  if (spoof.otherFields) {
    for (const field of clientFields) {
      if (!others.some((own) => own.toLowerCase() === field.toLowerCase())) fields.push([field, victim])
    }
    fields.push(['Forwarded', `for=${victim};proto=https`])
  }
  for (const field of others) fields.push([field, address])
  return fields
}
