import type { AlfredGuard } from '@alfred/prod-security'
import type { Settings } from '../settings/settings.ts'
import { createAnthropicProvider } from './anthropic-provider.ts'
import type { ChatProvider } from './chat-provider.ts'
import { createDemoProvider } from './demo-provider.ts'
import { fitProvider } from './fitted-provider.ts'
import { createOllamaProvider } from './ollama-provider.ts'
import { createOpenAiProvider } from './openai-provider.ts'

/**
 * The providers that the settings name, in the order in which they are asked. The demo answers only when
 * there is no other: it never stands in for a real provider that is down.
 */
export function createConfiguredProviders(
  { openai, anthropic, ollama }: Settings,
  vault: AlfredGuard['vault'],
): readonly ChatProvider[] {
  const providers = [
    openai &&
      fitProvider(createOpenAiProvider({ ...openai, apiKey: vault.apiKey('openai') }), openai.contextTokens),
    anthropic &&
      fitProvider(
        createAnthropicProvider({ ...anthropic, apiKey: vault.apiKey('anthropic') }),
        anthropic.contextTokens,
      ),
    ollama && fitProvider(createOllamaProvider(ollama), ollama.contextTokens),
  ].filter((provider) => provider !== undefined)
  return providers.length > 0 ? providers : [createDemoProvider()]
}
