import {
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromBase64,
  type KeyVault,
  type VaultStore,
} from '@alfred/key-vault'

import { type FaultReach, type FaultScenario, rotateEveryMs, simulatedMs } from './fault-scenarios.ts'
import { createSimulatedProvider } from './simulated-provider.ts'
import { createSteppedClock, type SteppedClock } from './stepped-clock.ts'

const minute = 60_000
const hour = 60 * minute

/** What a scenario came to. */
export interface SimulationFigures {
  readonly keysMade: number
  /** Seconds in which the first instance had no key that the provider takes, while there was another one. */
  readonly unusableSeconds: number
  /** Versions that are called revoked and that the provider takes. */
  readonly falselyRevoked: number
  /** Keys whose staging was acknowledged, and that are gone. */
  readonly lostAcknowledged: number
}

/** Lets promises settle: nothing here waits for anything else. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A store whose calls fail while it is away, or its writes alone. */
function withFaults(store: VaultStore, away: FaultReach['away']): VaultStore {
  const guarded =
    <Parameters extends readonly unknown[], T>(work: (...call: Parameters) => Promise<T>, isWrite: boolean) =>
    (...call: Parameters): Promise<T> =>
      away.store || (isWrite && away.writes) ? Promise.reject(new Error('away')) : work(...call)
  const readTime = store.now?.bind(store)
  return {
    ...store,
    read: guarded((...call) => store.read(...call), false),
    lease: guarded((...call) => store.lease(...call), true),
    compareAndSet: guarded((...call) => store.compareAndSet(...call), true),
    announce: guarded((...call) => store.announce(...call), true),
    announcements: guarded((...call) => store.announcements(...call), false),
    appendAudit: guarded((...call) => store.appendAudit(...call), true),
    readAudit: guarded((...call) => store.readAudit(...call), false),
    ...(readTime && { now: guarded(readTime, false) }),
  }
}

/** How the steps of time are cut: fine around the fault, where the rotations are, and coarse elsewhere. */
function stepFrom(now: number, { beginsAt, lastsMs }: FaultScenario): number {
  if (now < 10 * minute) return minute
  const isNear = now >= beginsAt - 12 * hour && now < beginsAt + Math.min(lastsMs, hour) + hour
  if (isNear) return now < beginsAt - hour ? hour : 5 * minute
  return 12 * hour
}

/** Lives through 95 days with one fault, with two instances of a vault on one store. */
export async function simulateScenario(scenario: FaultScenario | undefined): Promise<SimulationFigures> {
  const clocks = { store: createSteppedClock(), first: createSteppedClock(), second: createSteppedClock() }
  const provider = createSimulatedProvider(() => clocks.store.now())
  const away = { store: false, writes: false, keyEncryptionKey: false }
  const reach: FaultReach = { provider, clocks, away }
  const store = withFaults(createMemoryVaultStore({ clock: clocks.store }), away)
  const key = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
  const keyEncryptionKey = {
    ...key,
    wrap: (...call: Parameters<typeof key.wrap>) =>
      away.keyEncryptionKey ? Promise.reject(new Error('away')) : key.wrap(...call),
    unwrap: (...call: Parameters<typeof key.unwrap>) =>
      away.keyEncryptionKey ? Promise.reject(new Error('away')) : key.unwrap(...call),
  }
  const open = async (clock: SteppedClock): Promise<KeyVault> => {
    const vault = createKeyVault({
      store,
      keyEncryptionKey,
      clock,
      pollMs: minute,
      providers: { openai: { adapter: provider.adapter, jitter: 0, rotateEveryMs } },
    })
    await vault.ready()
    return vault
  }
  const vaults = [await open(clocks.first), await open(clocks.second)] as const
  const [first] = vaults

  const acknowledged = new Set<number>()
  const secrets = new Map<number, string>()
  let unusableMs = 0
  let isOn = false
  for (let now = 0; now < simulatedMs;) {
    const stepMs = stepFrom(now, scenario ?? { name: '', fault: idle, beginsAt: Infinity, lastsMs: 0 })
    for (const clock of Object.values(clocks)) clock.advance(stepMs)
    await settle()
    now += stepMs
    if (scenario) {
      const isDue = now >= scenario.beginsAt && now < scenario.beginsAt + scenario.lastsMs
      if (isDue && !isOn) scenario.fault.begin(reach)
      if (!isDue && isOn) scenario.fault.end(reach)
      isOn = isDue
      // An operator stages keys of another provider meanwhile; some of that is refused, none of the rest may be lost.
      if (isDue && acknowledged.size < 5) {
        await first.stage('manual', `sk-manual-${String(now)}`).then(
          (version) => acknowledged.add(version),
          () => undefined,
        )
      }
    }
    if (now > hour && !isUsable(first, (secret) => provider.takes(secret), secrets)) unusableMs += stepMs
  }
  const report = first.report()
  const versions = report['openai']?.versions ?? []
  const kept = new Set(report['manual']?.versions.map(({ version }) => version))
  const figures = {
    keysMade: provider.made(),
    unusableSeconds: unusableMs / 1000,
    falselyRevoked: versions.filter(
      ({ version, stage }) => stage === 'revoked' && provider.takes(secrets.get(version) ?? ''),
    ).length,
    lostAcknowledged: [...acknowledged].filter((version) => !kept.has(version)).length,
  }
  await Promise.all(vaults.map((vault) => vault.close()))
  return figures
}

const idle = { name: '', begin: () => undefined, end: () => undefined }

/** Whether the current key is taken; it notes the secret of each version that was current. */
function isUsable(
  vault: KeyVault,
  takes: (secret: string) => boolean,
  secrets: Map<number, string>,
): boolean {
  try {
    const secret = vault.get('openai')
    secrets.set(secret.version, secret.reveal())
    return takes(secret.reveal())
  } catch {
    return false
  }
}
