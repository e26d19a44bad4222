import type { Clock } from '@alfred/core'
import type { KeyLeases } from '../vault/key-leases.ts'
import type { KeyVersion } from '../vault/vault-document.ts'
import type { VaultStore } from '../stores/vault-store.ts'

/** What an instance tells the others: the revision it knows, and the versions that its leases hold. */
interface InstanceNote {
  readonly revision: number
  readonly leased: readonly string[]
}

/** Lets instances know of each other, through the store. */
export interface InstanceNotes {
  /** Tells what this instance knows and holds. */
  tell(revision: number): Promise<void>
  /** Reads what all tell. @returns whether any may still use a version of a provider */
  read(): Promise<(provider: string, version: KeyVersion) => boolean>
}

function parseNote(text: string): InstanceNote {
  try {
    const { revision, leased } = JSON.parse(text) as Record<string, unknown>
    if (typeof revision === 'number' && Array.isArray(leased)) return { revision, leased: leased.map(String) }
  } catch {
    // What cannot be read may hold anything; see below.
  }
  return { revision: 0, leased: [] }
}

/** @param ttlMs - an instance that tells nothing for so long is taken for gone */
export function createInstanceNotes(
  store: VaultStore,
  leases: KeyLeases,
  instance: string,
  ttlMs: number,
  clock: Clock,
): InstanceNotes {
  let written: { readonly text: string; readonly at: number } | undefined
  const nameOf = (provider: string, version: number): string => `${provider}:${String(version)}`
  return {
    async tell(revision) {
      const note: InstanceNote = {
        revision,
        leased: leases.active().map(({ provider, version }) => nameOf(provider, version)),
      }
      const text = JSON.stringify(note)
      const now = clock.monotonicMs()
      // Every look would be a write else, which in a file is several syncs.
      if (written?.text === text && now - written.at < ttlMs / 3) return
      await store.announce(instance, text, ttlMs)
      written = { text, at: now }
    },
    async read() {
      const notes = (await store.announcements()).map(parseNote)
      return (provider, { version, sinceRevision }) =>
        leases.count(provider, version) > 0 ||
        notes.some(
          // Who has not seen the change yet hands out the version still.
          ({ revision, leased }) => revision < sinceRevision || leased.includes(nameOf(provider, version)),
        )
    },
  }
}
