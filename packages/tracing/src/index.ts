export {
  type AIContent,
  type AIMessage,
  type AIRequest,
  type AIResponse,
  type DatabaseQuery,
  recordAIResponse,
  type TemplateGeneration,
} from './operations/assistant-operations.ts'
export { attribute, conventionsVersion, previousAttribute } from './conventions/semantic-conventions.ts'
export type { RecordException } from './operations/span-failure.ts'
export { traceFields, type TraceFields } from './trace-fields.ts'
export type { OpenStream } from './operations/traced-stream.ts'
export { createTracing, type TracedStream, type TraceStreamOptions, type Tracing } from './tracing.ts'
export type { TracingOptions } from './tracing-options.ts'
export { tracingPeers } from './tracing-peers.ts'
