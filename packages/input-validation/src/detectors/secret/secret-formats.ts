import { isDigit, isHexDigit, isLetter, isWordUnit } from '../text/character.ts'

type Alphabet = (unit: number) => boolean

/** How a vendor's credentials look: a fixed beginning, then characters of one alphabet. */
export interface SecretFormat {
  readonly prefix: string
  /** What the rest is made of. */
  readonly accepts: Alphabet
  /** The fewest and the most characters behind the prefix. */
  readonly min: number
  readonly max: number
}

const alphanumeric: Alphabet = (unit) => isLetter(unit) || isDigit(unit)
const upperOrDigit: Alphabet = (unit) => alphanumeric(unit) && !(unit >= 0x61 && unit <= 0x7a)
const dashed: Alphabet = (unit) => isWordUnit(unit) || unit === 0x2d
const dotted: Alphabet = (unit) => dashed(unit) || unit === 0x2e
const sentence: Alphabet = (unit) => alphanumeric(unit) || unit === 0x2e
const base64: Alphabet = (unit) => dashed(unit) || unit === 0x2b || unit === 0x2f || unit === 0x3d

const dottedBase64: Alphabet = (unit) => base64(unit) || unit === 0x2e

/** One row: the beginnings, separated by spaces, the alphabet, the fewest characters and the most. */
type Row = readonly [prefixes: string, accepts: Alphabet, min: number, max?: number]

/**
 * Formats of credentials by vendor, from the vendors' own documentation, as GitHub's list of supported secret scanning
 * patterns and the rules of secretlint and gitleaks name them too. Only formats with a beginning of their own, a letter
 * first, and eight characters or more behind it: what is recognised by a word nearby is guessed too often.
 *
 * To add one, add a row. Where two have the same beginning the first that fits counts.
 */
const rows: readonly Row[] = [
  // Client keys of `@alfred/key-vault`: an identifier of 12, `_`, a secret of 43 and a checksum of 6.
  ['alf_live_ alf_test_', isWordUnit, 62],
  // Amazon Web Services: access keys, temporary ones, keys of Bedrock.
  ['AKIA ASIA ABIA ACCA A3T', upperOrDigit, 16, 17],
  ['ABSK', base64, 109, 271],
  ['bedrock-api-key-', base64, 28, 2048],
  // Models: Anthropic, OpenAI, OpenRouter, DeepSeek, Hugging Face, Groq, xAI, Perplexity, Replicate.
  ['sk-ant-', dashed, 80, 130],
  ['sk-proj- sk-svcacct- sk-admin-', dashed, 40, 200],
  ['sk-or-v1-', isHexDigit, 64],
  ['sk-', isHexDigit, 32],
  ['sk-', alphanumeric, 48],
  ['hf_', alphanumeric, 34, 40],
  ['api_org_', alphanumeric, 34],
  ['gsk_', alphanumeric, 52],
  ['xai-', alphanumeric, 80, 84],
  ['pplx-', alphanumeric, 48, 56],
  ['r8_', alphanumeric, 37, 40],
  // GitHub.
  ['ghp_ gho_ ghu_ ghs_ ghr_', alphanumeric, 36, 251],
  ['github_pat_', isWordUnit, 82, 93],
  // GitLab.
  ['glpat- gldt- glrt- glcbt- glffct- glft- glimt- glagent- gloas- glptt- glsoat-', dotted, 20, 320],
  ['GR1348941', dashed, 20],
  // Google: API keys, OAuth client secrets.
  ['AIza', dashed, 35],
  ['GOCSPX-', dashed, 28],
  // Other clouds: Alibaba, Cloudflare, DigitalOcean, Fly, Heroku, OpenShift, Scalingo.
  ['LTAI', alphanumeric, 20],
  ['v1.0-', dashed, 171],
  ['dop_v1_ doo_v1_ dor_v1_', isHexDigit, 64],
  ['fo1_', dashed, 43],
  ['fm1a_ fm1r_ fm2_', base64, 100, 800],
  ['HRKU-AA', dashed, 58],
  ['sha256~', dashed, 43],
  ['tk-us-', dashed, 48],
  // Chat: Slack, Microsoft Teams, Facebook.
  ['xoxb- xoxp- xoxa- xoxr- xoxs- xoxo- xoxe- xapp-', dashed, 8, 250],
  ['hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/', base64, 30, 90],
  ['webhook.office.com/webhookb2/', (unit) => base64(unit) || unit === 0x40, 80, 250],
  ['EAAM EAAC', alphanumeric, 100, 400],
  // Payments and shops: Stripe, Square, Shopify, Flutterwave, EasyPost, Shippo, Duffel.
  ['sk_live_ rk_live_ sk_test_ rk_test_ sk_prod_ rk_prod_', alphanumeric, 10, 250],
  ['whsec_', base64, 32, 64],
  ['sq0csp-', dashed, 43],
  ['sq0atp- EAAA', dashed, 22, 60],
  ['shpat_ shpss_ shpca_ shppa_', isHexDigit, 32],
  ['FLWSECK_TEST- FLWPUBK_TEST-', dashed, 12, 34],
  ['EZAK EZTK', alphanumeric, 54],
  ['shippo_live_ shippo_test_', isHexDigit, 40],
  ['duffel_test_ duffel_live_', base64, 43],
  // Mail and telephony: SendGrid, Brevo, Mailgun, Twilio.
  ['SG.', dottedBase64, 66],
  ['xkeysib-', dashed, 81],
  ['key-', isHexDigit, 32],
  ['SK', isHexDigit, 32],
  // Packages and builds: npm, PyPI, RubyGems, Clojars, Docker, Artifactory, Harness, Octopus Deploy.
  ['npm_', alphanumeric, 36],
  ['pypi-AgEIcHlwaS5vcmc', dashed, 50, 1000],
  ['rubygems_', isHexDigit, 48],
  ['CLOJARS_', alphanumeric, 60],
  ['dckr_pat_', dashed, 27],
  ['AKCp', alphanumeric, 69],
  ['cmVmd', alphanumeric, 59],
  ['pat. sat.', dotted, 68],
  ['API-', upperOrDigit, 26],
  // Infrastructure and databases: Databricks, Doppler, HashiCorp Vault, Linode, PlanetScale, Prefect, Pulumi.
  ['dapi', isHexDigit, 32, 36],
  ['dp.pt.', alphanumeric, 43],
  ['hvs. hvb.', dashed, 24, 300],
  ['pscale_tkn_ pscale_oauth_ pscale_pw_', dottedBase64, 32, 64],
  ['pnu_', alphanumeric, 36],
  ['pul-', isHexDigit, 40],
  ['ico-', alphanumeric, 32],
  // Observability: Dynatrace, Grafana, New Relic, Sentry.
  ['dt0c01.', sentence, 89],
  ['glc_', base64, 32, 400],
  ['eyJrIjoi', base64, 70, 400],
  ['glsa_', isWordUnit, 41, 45],
  ['NRAK-', upperOrDigit, 27],
  ['sntrys_', base64, 60, 500],
  ['sntryu_', isHexDigit, 64],
  // Tools: 1Password, Adobe, age, Airtable, Atlassian, Frame.io, 42, Linear, Notion, Postman, ReadMe, Sourcegraph.
  ['A3-', (unit) => upperOrDigit(unit) || unit === 0x2d, 30, 40],
  ['ops_eyJ', base64, 250, 2000],
  ['p8e-', alphanumeric, 32],
  ['AGE-SECRET-KEY-1', upperOrDigit, 58],
  ['pat', sentence, 79],
  ['ATATT3', base64, 180, 260],
  ['fio-u-', base64, 64],
  ['s-s4t2ud- s-s4t2af-', isHexDigit, 64],
  ['lin_api_', alphanumeric, 40],
  ['ntn_', alphanumeric, 46],
  ['PMAK-', dashed, 59],
  ['rdme_', alphanumeric, 70],
  ['sm_aat_ sm_pat_ sm_sat_', alphanumeric, 16],
  ['sgp_', isWordUnit, 40, 57],
  // JSON in base64 in base64, as tokens in Kubernetes' secrets are.
  ['ZXlK', base64, 60, 8192],
]

/** The least that any format has behind its beginning. */
export const minBehindPrefix = 8

/** The formats in the order in which they are tried. A JSON Web Token (RFC 7519) is last. */
export const secretFormats: readonly SecretFormat[] = [
  ...rows.flatMap(([prefixes, accepts, min, max = min]) =>
    prefixes.split(' ').map((prefix) => ({ prefix, accepts, min, max })),
  ),
  { prefix: 'eyJ', accepts: dotted, min: 60, max: 8192 },
]
