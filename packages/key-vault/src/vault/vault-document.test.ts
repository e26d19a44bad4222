import { expect, it } from 'vitest'
import { testKey } from '../../test/client-keys-fixture.ts'
import { createDocumentCodec } from './vault-document.ts'

const codec = createDocumentCodec(testKey, 'acme')
const stored = await codec.encode(new Map(), 3)
const [seal = '', payload = ''] = stored.split('\n')
const fields: Readonly<Record<string, unknown>> = JSON.parse(seal) as Record<string, unknown>

it('reads what it wrote, at its revision', async () => {
  expect(await codec.decode(stored, 3)).toEqual(new Map())
})

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '7'],
  ['a list', '[]'],
  ...Object.keys(fields).flatMap((name) => [
    [`no ${name}`, JSON.stringify({ ...fields, [name]: undefined })],
    [`null as ${name}`, JSON.stringify({ ...fields, [name]: null })],
    [`a list as ${name}`, JSON.stringify({ ...fields, [name]: [fields[name]] })],
  ]),
  ['a schema of tomorrow', JSON.stringify({ ...fields, schema: 2 })],
  ['another code', JSON.stringify({ ...fields, mac: Buffer.alloc(32).toString('base64') })],
  ['a code that is cut', JSON.stringify({ ...fields, mac: String(fields['mac']).slice(0, 8) })],
])('says that a vault is damaged whose seal is %s', async (_what, line) => {
  await expect(codec.decode(`${line}\n${payload}\n`, 3)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})

it.each<[string, string, number]>([
  ['of another revision', 'acme', 4],
  ['of another tenant', 'other', 3],
])('refuses a document %s', async (_what, tenant, revision) => {
  await expect(createDocumentCodec(testKey, tenant).decode(stored, revision)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})
