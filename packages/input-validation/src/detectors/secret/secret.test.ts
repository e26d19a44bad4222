import { describe, expect, it } from 'vitest'
import { detectAll } from '../detectors.ts'
import { freeTextThreshold } from '../text/finding.ts'
import { minBehindPrefix, secretFormats } from './secret-formats.ts'

const isFound = (text: string): boolean =>
  detectAll(text).secret.some(({ score }) => score >= freeTextThreshold)

/** Letters and digits in no order, as keys have them. */
const scrambled = 'q7Zt2LbX9mKc4VfR8sWj1PdY6nHg3TaE5uQo0rBiMzLkJvUxNyCw-_.+/=ef47c2a90bd6385192'

/** Characters that a format accepts, as many as it has at least. */
function exampleOf({ prefix, accepts, min }: (typeof secretFormats)[number]): string {
  const units = Array.from(scrambled, (one) => one.charCodeAt(0)).filter(accepts)
  const value = Array.from({ length: min }, (_, at) => units[(at * 7 + (at >> 3)) % units.length] ?? 0)
  return prefix + String.fromCharCode(...value)
}

const formats = secretFormats.filter(({ prefix }) => prefix !== 'eyJ')

describe('formats', () => {
  it.each(formats.map((format) => [format.prefix, exampleOf(format)] as const))(
    '%j is found where a word begins',
    (_prefix, example) => {
      expect(isFound(`my key is ${example} of course`)).toBe(true)
      expect(isFound(`"first\\n${example}\\nlast"`)).toBe(true)
      expect(isFound(`x${example}`)).toBe(false)
    },
  )

  it('have a letter first and enough behind it, as their trigger asks', () => {
    for (const { prefix, min } of secretFormats) {
      expect(prefix).toMatch(/^[A-Za-z][\x21-\x7e]/)
      expect(min).toBeGreaterThanOrEqual(minBehindPrefix)
    }
  })
})

describe('settings', () => {
  it.each([
    'DATABASE_PASSWORD=hunter2-correct-horse',
    'export DB_PASSWD="tr0ub4dor&3x"',
    'API_TOKEN: 9f8Kq2LmZx71',
    '{"STRIPE_SECRET": "9f8Kq2LmZx71"}',
    'log: \\nREDIS_PASSWORD=9f8Kq2LmZx71\\nPORT=1',
    'aws_secret_access_key = wJ4rXtnFEMI/K7MDENG/bPxRfiCYzQ81LmNo3sTu',
    'secretAccessKey: "wJ4rXtnFEMI/K7MDENG/bPxRfiCYzQ81LmNo3sTu"',
    'Authorization: Bearer 9f8Kq2LmZx71Wc4Vb6Nn',
    'curl -H "Authorization: Bearer 9f8Kq2LmZx71Wc4Vb6Nn" https://api.example.com',
    '"authorization": "token 9f8Kq2LmZx71Wc4Vb6Nn"',
  ])('finds the secret in %j', (text) => {
    expect(isFound(text)).toBe(true)
  })

  it.each([
    'DATABASE_PASSWORD=',
    'DATABASE_PASSWORD=changeme',
    'DATABASE_PASSWORD=$DB_PASSWORD_2',
    'DATABASE_PASSWORD=<your password 1>',
    'DATABASE_PASSWORD: ${{ secrets.DB_PASSWORD1 }}',
    'const PASSWORD = process.env.PASSWORD1',
    'MAX_TOKEN=getToken(1)',
    'password = "hunter2hunter2"',
    'The TOKEN: a short introduction',
    'Authorization: Bearer <token123>',
    'Authorization: Bearer YOUR_ACCESS_TOKEN1',
    'Authorization: required2024x(y)',
    'aws_secret_access_key = abc123',
  ])('finds none in %j', (text) => {
    expect(isFound(text)).toBe(false)
  })
})
