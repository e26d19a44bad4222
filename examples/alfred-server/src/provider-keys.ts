import { isAlfredError, type Logger } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'
import type { Settings } from './settings/settings.ts'

type KeyVault = AlfredGuard['vault']

/** The current key of a provider; `undefined` when the vault has none. */
function currentKey(vault: KeyVault, provider: string): string | undefined {
  try {
    return vault.get(provider).reveal()
  } catch (error) {
    if (isAlfredError(error, 'ALFRED_VAULT_KEY_NOT_FOUND')) return undefined
    throw error
  }
}

/** Makes a key of the environment current, unless another instance was faster. */
async function useKey(vault: KeyVault, provider: string, apiKey: string, logger: Logger): Promise<void> {
  try {
    const version = await vault.stage(provider, apiKey)
    if (vault.report()[provider]?.current !== version) await vault.promote(provider, version)
  } catch (error) {
    if (!isAlfredError(error, 'ALFRED_VAULT_WRONG_STAGE')) throw error
    logger.warn(
      { provider },
      'ignored a provider key of the environment: the vault has retired it; the current one stays',
    )
  }
}

/**
 * Puts the keys of the environment into the vault, where the providers' clients read them. Where Alfred rotates keys by
 * itself the environment's is only the first; elsewhere another key in the environment takes the place of the current.
 */
export async function storeProviderKeys(
  vault: KeyVault,
  { openai, anthropic }: Pick<Settings, 'openai' | 'anthropic'>,
  logger: Logger,
): Promise<void> {
  await vault.ready()
  for (const [provider, settings] of Object.entries({ openai, anthropic })) {
    if (settings?.apiKey === undefined) continue
    const current = currentKey(vault, provider)
    if (current === settings.apiKey || (current !== undefined && settings.adminKey !== undefined)) continue
    await useKey(vault, provider, settings.apiKey, logger)
  }
}
