import { observed, option, type Options, readOptions } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckResult,
  type CheckSettings,
  type HealthCheck,
} from './check.ts'
import {
  askTlsServer,
  certificateSourceRule,
  type CertificateFile,
  type FoundCertificates,
  readCertificateFile,
  type TlsServer,
} from './certificate-source.ts'

const rule = option.object({
  /** Unique within a registry. @default 'tls-certificate' */
  name: checkNameRule.default('tls-certificate'),
  ...settingRules({ criticality: 'degrading', intervalMs: 3_600_000, timeoutMs: 5000 }),
  /**
   * How many days before the end of a certificate the state becomes `warn`.
   * @default 14
   */
  warnBeforeDays: option.number({ min: 0 }).default(14),
  /** @default the machine's own */
  clock: observed.clock,
})

/** The options of `tlsCertificateCheck`, with the check's settings. */
export interface TlsCertificateCheckOptions extends CheckSettings, Options<typeof rule> {}

const dayMs = 86_400_000

function judge({ chain, refusal }: FoundCertificates, nowMs: number, warnBeforeDays: number): CheckResult {
  if (chain.length === 0) return { status: 'fail', output: 'there is no certificate' }
  // An intermediate that ends first ends the chain.
  const daysLeft = (Math.min(...chain.map(({ validToDate }) => validToDate.getTime())) - nowMs) / dayMs
  const measurements = [
    { name: 'timeToExpiry', observedValue: Math.floor(daysLeft * 10) / 10, observedUnit: 'days' },
  ]
  if (daysLeft <= 0) return { status: 'fail', output: 'the certificate has expired', measurements }
  if (chain.some(({ validFromDate }) => validFromDate.getTime() > nowMs)) {
    return { status: 'fail', output: 'the certificate is not valid yet', measurements }
  }
  // A code of OpenSSL's or Node's, such as SELF_SIGNED_CERT_IN_CHAIN.
  if (refusal !== undefined) {
    return { status: 'fail', output: `the certificate is refused (${refusal})`, measurements }
  }
  if (daysLeft > warnBeforeDays) return { status: 'pass', measurements }
  const output = `the certificate expires in ${String(Math.floor(daysLeft))} days`
  return { status: 'warn', output, measurements }
}

/**
 * Looks when a certificate ends: that of a server, whose chain must be trusted and fit its name, or those
 * of a PEM file. Degrading by default, every hour.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, tlsCertificateCheck } from '@alfred/health'
 *
 * createHealth({
 *   checks: [
 *     tlsCertificateCheck({ host: 'app.example.com' }),
 *     tlsCertificateCheck({ file: '/etc/tls/tls.crt' }, { name: 'own-certificate' }),
 *   ],
 * })
 * ```
 */
export function tlsCertificateCheck(
  source: TlsServer | CertificateFile,
  options: TlsCertificateCheckOptions = {},
): HealthCheck {
  const from = readOptions('tlsCertificateCheck.source', source, certificateSourceRule)
  const { warnBeforeDays, clock, ...settings } = readOptions('tlsCertificateCheck', options, rule)

  return {
    kind: 'certificate',
    ...settings,
    async check(signal) {
      const found = await ('file' in from ? readCertificateFile(from, signal) : askTlsServer(from, signal))
      return judge(found, clock.now(), warnBeforeDays)
    },
  }
}
