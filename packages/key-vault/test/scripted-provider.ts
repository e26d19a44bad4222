import { ProviderError, type ProviderAdapter } from '@alfred/key-vault/providers'

/** A provider in memory that keeps its keys as a real one does, and fails when it is told to. */
export interface ScriptedProvider {
  readonly adapter: ProviderAdapter
  /** Keys that exist there, by id. */
  readonly keys: Map<string, ScriptedKey>
  /** The calls so far, by name. */
  readonly calls: string[]
  /** Makes the next calls of a method fail. `after` does the work first, as an answer that got lost. */
  failNext(
    method: string,
    failure: { readonly error: unknown; readonly after?: boolean },
    times?: number,
  ): void
}

export interface ScriptedKey {
  readonly name: string
  readonly secret: string
  enabled: boolean
  expiresInMs: number
}

export const refused = (reason: string, status: number): ProviderError =>
  new ProviderError({ reason, status, refused: true })
export const lost = (reason = 'timeout'): ProviderError => new ProviderError({ reason, refused: false })

export function createScriptedProvider(leaveOut: readonly (keyof ProviderAdapter)[] = []): ScriptedProvider {
  const keys = new Map<string, ScriptedKey>()
  const calls: string[] = []
  const faults = new Map<string, { readonly error: unknown; readonly after?: boolean }[]>()
  let made = 0

  const during = async <T>(method: string, work: () => T): Promise<T> => {
    calls.push(method)
    const fault = faults.get(method)?.shift()
    if (fault && fault.after !== true) throw fault.error
    const result = await Promise.resolve(work())
    if (fault) throw fault.error
    return result
  }
  const keyOf = (remoteId: string | undefined): ScriptedKey => {
    const key = keys.get(remoteId ?? '')
    if (!key) throw refused('not_found', 404)
    return key
  }

  const whole: ProviderAdapter = {
    probe: (secret) =>
      during('probe', () => {
        const found = [...keys.values()].some((key) => key.secret === secret && key.enabled)
        return found ? { validity: 'valid' } : { validity: 'invalid', errorCode: 'invalid_api_key' }
      }),
    create: ({ name, expiresInMs }) =>
      during('create', () => {
        made += 1
        const remoteId = `key_${String(made)}`
        const secret = `sk-made-${String(made)}`
        keys.set(remoteId, { name, secret, enabled: true, expiresInMs })
        return { remoteId, secret }
      }),
    find: (names) =>
      during('find', () =>
        [...keys]
          .filter(([, { name }]) => names.includes(name))
          .map(([remoteId, { name }]) => ({ remoteId, name })),
      ),
    expire: ({ remoteId }, afterMs) =>
      during('expire', () => {
        keyOf(remoteId).expiresInMs = afterMs
      }),
    disable: ({ remoteId }) =>
      during('disable', () => {
        keyOf(remoteId).enabled = false
      }),
    revoke: ({ remoteId }) =>
      during('revoke', () => {
        keys.delete(remoteId ?? '')
      }),
  }
  const adapter = Object.fromEntries(
    Object.entries(whole).filter(([name]) => !leaveOut.includes(name as never)),
  )

  return {
    adapter: adapter as unknown as ProviderAdapter,
    keys,
    calls,
    failNext(method, fault, times = 1) {
      const queue = faults.get(method) ?? []
      faults.set(method, queue)
      for (let n = 0; n < times; n++) queue.push(fault)
    },
  }
}
