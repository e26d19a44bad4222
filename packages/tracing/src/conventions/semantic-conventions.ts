/**
 * The one table of names. The HTTP, database, URL and error names are stable, and as in version 1.45.0 of
 * `@opentelemetry/semantic-conventions`. Those with `gen_ai.` are in development and moved to a repository of
 * their own: they are those of the span `gen_ai.client.inference` in its
 * {@link https://github.com/open-telemetry/semantic-conventions-genai/blob/024a4f944a1291fcb627c9c47da69e79868dd15e/docs/gen-ai/client-inference.md | table}.
 * Its metrics, `gen_ai.client.inference.duration` and the like, are for clients to make of the spans: ours stay
 * under the names of `@alfred/metrics`. `alfred.` is our own.
 */
export const conventionsVersion = '1.45.0'

/** Attribute names. */
export const attribute = Object.freeze({
  clientAddress: 'client.address',
  dbCollectionName: 'db.collection.name',
  dbOperationName: 'db.operation.name',
  dbSystemName: 'db.system.name',
  errorType: 'error.type',
  /** What was asked, as JSON; only where content is recorded. */
  genAiInputMessages: 'gen_ai.input.messages',
  genAiOperationName: 'gen_ai.operation.name',
  /** What was answered, as JSON; only where content is recorded. */
  genAiOutputMessages: 'gen_ai.output.messages',
  genAiProviderName: 'gen_ai.provider.name',
  genAiRequestModel: 'gen_ai.request.model',
  genAiRequestStream: 'gen_ai.request.stream',
  genAiResponseFinishReasons: 'gen_ai.response.finish_reasons',
  genAiResponseId: 'gen_ai.response.id',
  genAiResponseModel: 'gen_ai.response.model',
  /** In seconds. */
  genAiResponseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  genAiUsageInputTokens: 'gen_ai.usage.input_tokens',
  genAiUsageOutputTokens: 'gen_ai.usage.output_tokens',
  httpRequestMethod: 'http.request.method',
  httpRequestMethodOriginal: 'http.request.method_original',
  httpResponseStatusCode: 'http.response.status_code',
  httpRoute: 'http.route',
  networkProtocolVersion: 'network.protocol.version',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
  userAgentOriginal: 'user_agent.original',
  /** `completed` or `aborted`. */
  responseOutcome: 'alfred.http.response.outcome',
  streamChunks: 'alfred.stream.chunks',
  /** The longest wait between two chunks, in seconds. */
  streamLongestGap: 'alfred.stream.longest_gap',
  /** `completed`, `failed`, `returned`, `aborted` or `idle`. */
  streamOutcome: 'alfred.stream.outcome',
  /** In seconds. */
  streamTimeToFirstChunk: 'alfred.stream.time_to_first_chunk',
  templateId: 'alfred.template.id',
  templateVariableCount: 'alfred.template.variable_count',
} as const)

/**
 * What the names were before they became what they are: HTTP and databases before 1.23 and 1.26, GenAI before
 * 1.37. Spans carry these too while `previousNames` is on, for dashboards that are not yet changed.
 */
export const previousAttribute: Readonly<Record<string, string>> = Object.freeze({
  [attribute.clientAddress]: 'http.client_ip',
  [attribute.dbCollectionName]: 'db.sql.table',
  [attribute.dbOperationName]: 'db.operation',
  [attribute.dbSystemName]: 'db.system',
  [attribute.genAiProviderName]: 'gen_ai.system',
  [attribute.genAiUsageInputTokens]: 'gen_ai.usage.prompt_tokens',
  [attribute.genAiUsageOutputTokens]: 'gen_ai.usage.completion_tokens',
  [attribute.httpRequestMethod]: 'http.method',
  [attribute.httpResponseStatusCode]: 'http.status_code',
  [attribute.urlPath]: 'http.target',
  [attribute.urlScheme]: 'http.scheme',
  [attribute.userAgentOriginal]: 'http.user_agent',
})

/** How spans are named; a name holds no identity, so that spans can be grouped by it. */
export const spanName = Object.freeze({
  /** `{http.request.method} {http.route}`; a method that is not known counts as `HTTP`. */
  server: (method: string, route: string | undefined) =>
    route === undefined ? method : `${method} ${route}`,
  /** `{gen_ai.operation.name} {gen_ai.request.model}` */
  ai: (operation: string, model: string | undefined) =>
    model === undefined ? operation : `${operation} ${model}`,
  /** `{db.operation.name} {db.collection.name}` */
  database: (operation: string, collection: string) => `${operation} ${collection}`,
  template: 'template.generate',
} as const)

/** What `error.type` and `http.request.method` say of what has no name of its own. */
export const otherValue = '_OTHER'
