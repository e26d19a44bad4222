import type { KeyVault } from '@alfred/key-vault'

/** Keys at the provider that no version of the vault can use. */
export interface UselessKeys {
  readonly all: number
  /**
   * Those that the vault does not know to be lost. A failed attempt before may have left others, which the vault knows and is
   * about to end, so that these alone are what a crash has lost.
   */
  readonly unknown: number
}

const inUse = new Set(['pending', 'tested', 'current', 'previous', 'revoking'])

/** The keys of a provider, of which the vault made some by name. */
interface HasKeys {
  readonly keys: ReadonlyMap<string, { readonly name: string }>
}

/** Compares what a provider has with what a vault says of it. */
export function countUseless(vault: KeyVault, provider: HasKeys): UselessKeys {
  const versions = vault.report()['openai']?.versions ?? []
  const stages = [...provider.keys.values()].map(({ name }) => {
    const number = Number(/-v(\d+)-/.exec(name)?.[1])
    return versions.find(({ version }) => version === number)?.stage ?? 'intent'
  })
  const useless = stages.filter((stage) => !inUse.has(stage))
  return { all: useless.length, unknown: useless.filter((stage) => stage === 'intent').length }
}
