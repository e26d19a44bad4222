export type { AdminKey } from './providers/admin-key.ts'
export { anthropicAdapter, type AnthropicAdapterOptions } from './providers/anthropic-adapter.ts'
export type { KeyUsage } from './providers/key-usage.ts'
export type { KeyValidity } from './providers/key-validity.ts'
export { ollamaAdapter, type OllamaAdapterOptions } from './providers/ollama-adapter.ts'
export { openAiAdapter, type OpenAiAdapterOptions } from './providers/openai-adapter.ts'
export type {
  KeyProbe,
  KnownKey,
  NewKey,
  NewKeyRequest,
  ProviderAdapter,
  RemoteKey,
} from './providers/provider-adapter.ts'
export { ProviderError, type ProviderFailure } from './providers/provider-error.ts'
export type { ProviderPolicy } from './providers/provider-policy.ts'
export { type ExpiringToken, tokenAdapter, type TokenAdapterOptions } from './providers/token-adapter.ts'
