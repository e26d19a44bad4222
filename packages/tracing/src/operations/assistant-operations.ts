import type { Attributes, Span } from '@opentelemetry/api'
import { attribute } from '../conventions/semantic-conventions.ts'

/** A request to an AI provider. What is asked and answered is never part of it. */
export interface AIRequest {
  /** As `openai`, `anthropic` or `ollama`. */
  readonly provider: string
  /** The model asked for; left out when the provider is to choose. */
  readonly model?: string | undefined
  /** What is asked for, in the conventions' words: `chat`, `text_completion`, `embeddings`. @default 'chat' */
  readonly operation?: string | undefined
}

/** What a provider said about its answer. */
export interface AIResponse {
  readonly id?: string | undefined
  /** The model that answered. */
  readonly model?: string | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  /** Why the answer ended, as `stop` or `length`. */
  readonly finishReasons?: readonly string[] | undefined
}

/** One message of a conversation with a model. */
export interface AIMessage {
  /** As `system`, `user` or `assistant`. */
  readonly role: string
  readonly content: string
}

/** What was asked and answered. It may hold what users want nobody to read. */
export interface AIContent {
  readonly input?: readonly AIMessage[] | undefined
  readonly output?: readonly AIMessage[] | undefined
}

/** The generation of one template. */
export interface TemplateGeneration {
  readonly templateId: string
  readonly variableCount: number
}

/** A database statement, without its text and values. */
export interface DatabaseQuery {
  /** As `SELECT`. */
  readonly operation: string
  /** The table. */
  readonly collection: string
  /** @default 'postgresql' */
  readonly system?: string | undefined
}

export const aiOperation = ({ operation = 'chat' }: AIRequest): string => operation

export const aiAttributes = (request: AIRequest, stream: boolean): Attributes => ({
  [attribute.genAiOperationName]: aiOperation(request),
  [attribute.genAiProviderName]: request.provider,
  [attribute.genAiRequestModel]: request.model,
  [attribute.genAiRequestStream]: stream ? true : undefined,
})

export const templateAttributes = ({ templateId, variableCount }: TemplateGeneration): Attributes => ({
  [attribute.templateId]: templateId,
  [attribute.templateVariableCount]: variableCount,
})

export const databaseAttributes = ({
  operation,
  collection,
  system = 'postgresql',
}: DatabaseQuery): Attributes => ({
  [attribute.dbSystemName]: system,
  [attribute.dbOperationName]: operation,
  [attribute.dbCollectionName]: collection,
})

/** Records on the span of an AI request what the provider said about its answer. */
export function recordAIResponse(span: Span, response: AIResponse): void {
  const { id, model, inputTokens, outputTokens, finishReasons } = response
  if (id !== undefined) span.setAttribute(attribute.genAiResponseId, id)
  if (model !== undefined) span.setAttribute(attribute.genAiResponseModel, model)
  if (inputTokens !== undefined) span.setAttribute(attribute.genAiUsageInputTokens, inputTokens)
  if (outputTokens !== undefined) span.setAttribute(attribute.genAiUsageOutputTokens, outputTokens)
  if (finishReasons !== undefined) {
    span.setAttribute(attribute.genAiResponseFinishReasons, [...finishReasons])
  }
}

// The conventions' shape of a message: its parts, each with a type.
const asParts = (messages: readonly AIMessage[]): string =>
  JSON.stringify(messages.map(({ role, content }) => ({ role, parts: [{ type: 'text', content }] })))

export function recordAIContent(span: Span, { input, output }: AIContent): void {
  if (input !== undefined) span.setAttribute(attribute.genAiInputMessages, asParts(input))
  if (output !== undefined) span.setAttribute(attribute.genAiOutputMessages, asParts(output))
}
