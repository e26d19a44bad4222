import { createRule, type Rule } from '../options/rule.ts'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** What {@link receiverUrlRule} allows. */
export interface ReceiverUrlOptions {
  /** Whether `http:` may leave this machine, as is usual inside a cluster. @default false */
  readonly plain?: boolean | undefined
}

/**
 * The rule for a URL that something secret is sent to: `https:`, or `http:` on this machine, without a user name and a
 * password, which logs would show. The value is the URL as browsers write it.
 */
export const receiverUrlRule = ({ plain = false }: ReceiverUrlOptions = {}): Rule<string> =>
  createRule((value, report) => {
    const url = typeof value === 'string' ? URL.parse(value) : null
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a URL that starts with https:// or http://.')
      return undefined
    }
    if (url.protocol === 'http:' && !plain && !isLoopback(url.hostname)) {
      report.add(
        'ALFRED_CONFIG_UNSAFE',
        'must start with https://, except on this machine: it carries a secret.',
      )
      return undefined
    }
    if (url.username !== '' || url.password !== '') {
      report.add('ALFRED_CONFIG_UNSAFE', 'must not hold a user name or a password.')
      return undefined
    }
    return url.href
  })
