import { type Clock, clockRule, option, type OptionRule, readOptions, systemClock } from '@alfred/core'
import type { CheckResult, CheckSettings, HealthCheck } from './check.ts'
import { checkSettingRules } from './check-options.ts'
import {
  askTlsServer,
  type CertificateFile,
  type FoundCertificates,
  readCertificateFile,
  type TlsServer,
} from './certificate-source.ts'

/** The options of `tlsCertificateCheck`, with the check's settings. */
export interface TlsCertificateCheckOptions extends Partial<CheckSettings> {
  /**
   * How many days before the end of a certificate the state becomes `warn`.
   * @default 14
   */
  readonly warnBeforeDays?: number | undefined
  /** @default the machine's own */
  readonly clock?: Clock | undefined
}

const sourceRule: OptionRule<TlsServer | CertificateFile> = option.anyOf(
  'a file or a server',
  option.objectOf<CertificateFile>({ file: option.string() }, { required: ['file'] }),
  option.objectOf<TlsServer>(
    {
      host: option.string(),
      port: option.integer({ min: 1, max: 65_535 }),
      servername: option.string(),
      ca: option.string(),
    },
    { required: ['host'] },
  ),
)

const rule = option.objectOf<TlsCertificateCheckOptions>({
  ...checkSettingRules,
  warnBeforeDays: option.number({ min: 0 }),
  clock: clockRule,
})

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
  const from = readOptions('tlsCertificateCheck.source', source, sourceRule)
  const {
    warnBeforeDays = 14,
    clock = systemClock,
    ...settings
  } = readOptions('tlsCertificateCheck', options, rule)

  return {
    name: 'tls-certificate',
    kind: 'certificate',
    criticality: 'degrading',
    intervalMs: 3_600_000,
    timeoutMs: 5000,
    ...settings,
    async check(signal) {
      const found = await ('file' in from ? readCertificateFile(from, signal) : askTlsServer(from, signal))
      return judge(found, clock.now(), warnBeforeDays)
    },
  }
}
