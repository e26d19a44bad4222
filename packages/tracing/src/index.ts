export {
  type AIRequest,
  type AIResponse,
  type DatabaseQuery,
  recordAIResponse,
  type TemplateGeneration,
} from './assistant-operations.ts'
export { attribute, conventionsVersion } from './semantic-conventions.ts'
export type { RecordException } from './span-failure.ts'
export type { OpenStream } from './traced-stream.ts'
export { createTracing, type TracedStream, type TraceStreamOptions, type Tracing } from './tracing.ts'
export type { TracingOptions } from './tracing-options.ts'
