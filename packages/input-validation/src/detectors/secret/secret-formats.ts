import { isDigit, isHexDigit, isLetter, isWordUnit } from '../text/character.ts'

/** How a vendor's credentials look: a fixed beginning, then characters of one alphabet. */
export interface SecretFormat {
  readonly prefix: string
  /** What the rest is made of. */
  readonly accepts: (unit: number) => boolean
  /** The fewest and the most characters behind the prefix. */
  readonly min: number
  readonly max: number
}

const alphanumeric = (unit: number): boolean => isLetter(unit) || isDigit(unit)
const upperOrDigit = (unit: number): boolean => alphanumeric(unit) && !(unit >= 0x61 && unit <= 0x7a)
const dashed = (unit: number): boolean => isWordUnit(unit) || unit === 0x2d
const dotted = (unit: number): boolean => dashed(unit) || unit === 0x2e
const base64 = (unit: number): boolean => dashed(unit) || unit === 0x2b || unit === 0x2f || unit === 0x3d

const format = (
  prefix: string,
  accepts: (unit: number) => boolean,
  min: number,
  max = min,
): SecretFormat => ({ prefix, accepts, min, max })

/**
 * Formats of credentials by vendor, from the vendors' own documentation, as GitHub's list of supported secret scanning
 * patterns and the rules of secretlint and gitleaks name them too. Only formats with a beginning of their own: what is
 * recognised by a word nearby is guessed too often.
 */
export const secretFormats: readonly SecretFormat[] = [
  // Amazon Web Services: access keys and temporary ones.
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => format(prefix, upperOrDigit, 16)),
  // Anthropic, OpenAI, Hugging Face, Groq, Perplexity, Replicate.
  format('sk-ant-', dashed, 80, 130),
  ...['sk-proj-', 'sk-svcacct-', 'sk-admin-'].map((prefix) => format(prefix, dashed, 40, 200)),
  format('sk-', alphanumeric, 48),
  format('hf_', alphanumeric, 34, 40),
  format('gsk_', alphanumeric, 52),
  format('pplx-', alphanumeric, 48, 56),
  format('r8_', alphanumeric, 37, 40),
  // GitHub and GitLab.
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => format(prefix, alphanumeric, 36, 251)),
  format('github_pat_', isWordUnit, 82, 93),
  ...['glpat-', 'gldt-', 'glrt-'].map((prefix) => format(prefix, dotted, 20, 60)),
  // Google: API keys, OAuth client secrets.
  format('AIza', dashed, 35),
  format('GOCSPX-', dashed, 28),
  // Slack and Discord-like chat services.
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xapp-'].map((prefix) => format(prefix, dashed, 24, 200)),
  format('https://hooks.slack.com/services/T', (unit) => alphanumeric(unit) || unit === 0x2f, 30, 80),
  // Payments and mail.
  ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'].map((prefix) => format(prefix, alphanumeric, 24, 250)),
  format('whsec_', base64, 32, 64),
  format('SG.', dotted, 66),
  format('key-', isHexDigit, 32),
  format('shpat_', isHexDigit, 32),
  format('shpss_', isHexDigit, 32),
  format('sq0csp-', dashed, 43),
  // Package registries and containers.
  format('npm_', alphanumeric, 36),
  format('pypi-AgEIcHlwaS5vcmc', dashed, 50, 250),
  format('dckr_pat_', dashed, 27),
  // Infrastructure.
  ...['dop_v1_', 'doo_v1_', 'dor_v1_'].map((prefix) => format(prefix, isHexDigit, 64)),
  format('dapi', isHexDigit, 32, 36),
  format('hvs.', dashed, 24, 150),
  format('glsa_', isWordUnit, 41, 45),
  format('NRAK-', upperOrDigit, 27),
  format('lin_api_', alphanumeric, 40),
  format('ATATT3', base64, 180, 260),
  format('PMAK-', dashed, 59),
  format('AGE-SECRET-KEY-1', upperOrDigit, 58),
  // A JSON Web Token (RFC 7519): header and claims are JSON objects in base64url.
  format('eyJ', dotted, 60, 8192),
]
