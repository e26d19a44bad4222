import { z } from 'zod'
import type { ClientApiKeyMode } from '../settings/settings.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import { problem } from './answer-schemas.ts'
import { type Operation, operations } from './operations.ts'

/** What the document says besides the routes. */
export interface OpenApiOptions {
  readonly apiPath: string
  readonly providers: readonly ProviderName[]
  readonly clientApiKeys: ClientApiKeyMode
  readonly releaseId: string | undefined
}

/** Describes the API in OpenAPI 3.1. The schemas are those that requests are validated with. */
export function openApiDocument(options: OpenApiOptions): Record<string, unknown> {
  const { apiPath, providers, clientApiKeys, releaseId } = options
  const paths: Record<string, Record<string, object>> = {}
  for (const [route, operation] of Object.entries(operations(providers))) {
    const [method = '', path = ''] = route.split(' ')
    const template = apiPath + path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: describe(route, operation) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Alfred',
      version: releaseId ?? '0.0.0',
      description: 'An AI coding assistant. Objects of other owners answer 404, as missing ones do.',
    },
    paths,
    security: securityOf(clientApiKeys),
    components: {
      schemas: { Problem: jsonSchema(problem, 'output') },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'A client API key' },
        guest: {
          type: 'apiKey',
          in: 'cookie',
          name: 'alfred_guest',
          description: 'A guest cookie, set in a browser',
        },
      },
    },
  }
}

function securityOf(mode: ClientApiKeyMode): readonly object[] {
  if (mode === 'required') return [{ apiKey: [] }]
  return mode === 'optional' ? [{ apiKey: [] }, { guest: [] }, {}] : [{ guest: [] }, {}]
}

function describe(route: string, operation: Operation): object {
  const { summary, scope, params, query, body, headers = {}, answer } = operation
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...Object.entries(headers).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ]
  const [status, content] = answer
  return {
    operationId: operationId(route),
    summary,
    ...(scope && { description: `An API key needs the scope ${scope}.` }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } },
    }),
    responses: {
      [status]: { description: 'Success', ...(content && { content: contentOf(content) }) },
      default: {
        description: 'A problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

/** `POST /messages/:id/stop` as `post_messages_id_stop`. */
const operationId = (route: string): string =>
  route
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '_')
    .replace(/_$/, '')

const contentOf = (content: Readonly<Record<string, z.ZodType | 'text'>>): object =>
  Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      { schema: schema === 'text' ? { type: 'string' } : jsonSchema(schema, 'output') },
    ]),
  )

function parametersOf(location: 'path' | 'query', object: z.ZodObject | undefined): readonly object[] {
  return Object.entries<z.core.$ZodType>(object?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: location,
    required: location === 'path' || !z.safeParse(schema, undefined).success,
    schema: jsonSchema(schema, 'input'),
  }))
}

function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
