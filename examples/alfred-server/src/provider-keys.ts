import { isAlfredError } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'
import type { Settings } from './settings.ts'

type KeyVault = AlfredGuard['vault']

/** The current key of a provider; `undefined` when the vault has none. */
function currentKey(vault: KeyVault, provider: string): string | undefined {
  try {
    return vault.get(provider).reveal()
  } catch (error) {
    if (isAlfredError(error) && error.code === 'ALFRED_VAULT_KEY_NOT_FOUND') return undefined
    throw error
  }
}

/**
 * Puts the keys of the environment into the vault, where the providers' clients read them. A key that is
 * there already is left alone; another one takes its place, and the old one stays as previous.
 */
export async function storeProviderKeys(
  vault: KeyVault,
  { openai, anthropic }: Pick<Settings, 'openai' | 'anthropic'>,
): Promise<void> {
  await vault.ready()
  for (const [provider, settings] of Object.entries({ openai, anthropic })) {
    if (settings === undefined || currentKey(vault, provider) === settings.apiKey) continue
    await vault.promote(provider, await vault.stage(provider, settings.apiKey))
  }
}
