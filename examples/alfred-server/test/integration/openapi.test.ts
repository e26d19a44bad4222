import { noopLogger } from '@alfred/core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { createApp } from '../../src/app.ts'
import { apiPath } from '../../src/api-paths.ts'
import { openApiDocument } from '../../src/openapi/openapi-document.ts'
import { operations } from '../../src/openapi/operations.ts'
import { readSettings } from '../../src/settings/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'alfred-openapi-'))
const alfred = createApp(readSettings({ ALFRED_DATA_DIR: folder }), noopLogger)
afterAll(async () => {
  await alfred.answers[Symbol.asyncDispose]()
  await alfred.guard.close()
  await alfred.database.close()
  rmSync(folder, { recursive: true })
})

const documentOf = (clientApiKeys: 'off' | 'optional' | 'required') =>
  openApiDocument({ apiPath, providers: ['demo'], clientApiKeys, releaseId: '1.4.2' })

it.each(['off', 'optional', 'required'] as const)('is OpenAPI 3.1 with keys %s', async (mode) => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(documentOf(mode)))
  expect(errors ?? []).toEqual([])
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

it('describes every route of the router, and no other', () => {
  expect(Object.keys(operations(['demo'])).sort()).toEqual([...alfred.routes].sort())
})

it('takes the schemas of the requests from where they are validated', () => {
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))) })
    .parse(documentOf('off'))
  expect(paths['/api/alfred/chat']?.['post']).toMatchObject({
    requestBody: {
      content: {
        'application/json': {
          schema: {
            required: ['message'],
            additionalProperties: false,
            properties: { provider: { enum: ['demo'] } },
          },
        },
      },
    },
  })
  expect(paths['/api/alfred/sessions']?.['get']).toMatchObject({
    parameters: [
      { name: 'limit', in: 'query', required: false, schema: { default: 20, maximum: 100 } },
      { name: 'search', in: 'query', required: false },
      { name: 'after', in: 'query', required: false },
    ],
  })
})
