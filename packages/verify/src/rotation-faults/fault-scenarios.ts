import type { SteppedClock } from './stepped-clock.ts'
import type { SimulatedProvider } from './simulated-provider.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** What a fault may reach. */
export interface FaultReach {
  readonly provider: SimulatedProvider
  /** Of the store's machine, and of the one instance or of the other. */
  readonly clocks: Readonly<Record<'store' | 'first' | 'second', SteppedClock>>
  /** What is away: every call of the store, its writes alone, or the key-encryption key. */
  readonly away: { store: boolean; writes: boolean; keyEncryptionKey: boolean }
}

/** Something that goes wrong. */
interface Fault {
  readonly name: string
  begin(reach: FaultReach): void
  end(reach: FaultReach): void
}

/** A fault, when it begins, and how long it lasts. */
export interface FaultScenario {
  readonly name: string
  readonly fault: Fault
  /** ms from the start of the simulation. */
  readonly beginsAt: number
  readonly lastsMs: number
}

/** The first rotation is due after so long. */
export const rotateEveryMs = 30 * day
/** Past the third rotation, also when a fault delays it. */
export const simulatedMs = 95 * day

const offsets = [hour, 25 * hour, 31 * day, 365 * day].flatMap((ms) => [ms, -ms])

const clockFaults = offsets.flatMap((offset): Fault[] => {
  const jump = (names: readonly (keyof FaultReach['clocks'])[], ms: number) => (reach: FaultReach) => {
    for (const name of names) reach.clocks[name].jump(ms)
  }
  const all = ['store', 'first', 'second'] as const
  const hours = `${String(offset / hour)} h`
  return [
    {
      name: `clock of one instance off by ${hours}`,
      begin: jump(['second'], offset),
      end: jump(['second'], -offset),
    },
    {
      name: `clock of the store off by ${hours}`,
      begin: jump(['store'], offset),
      end: jump(['store'], -offset),
    },
    { name: `all clocks off by ${hours}`, begin: jump(all, offset), end: jump(all, -offset) },
  ]
})

const providerFault = (name: string, faults: SimulatedProvider['faults']): Fault => ({
  name,
  begin: ({ provider }) => void Object.assign(provider.faults, faults),
  end({ provider }) {
    for (const key of Object.keys(faults)) Object.assign(provider.faults, { [key]: undefined })
  },
})

const providerFaults: readonly Fault[] = [
  providerFault('creates refused', { create: 'refused' }),
  providerFault('creates done without an answer', { create: 'unanswered' }),
  providerFault('expiry in seconds', { expiresAt: (now) => (now + 90 * day) / 1000 }),
  providerFault('expiry 0', { expiresAt: () => 0 }),
  providerFault('expiry at once', { expiresAt: (now) => now }),
  providerFault('revocations refused', { revoke: 'refused' }),
  providerFault('revocations that do nothing', { revoke: 'ignored' }),
  providerFault('revocations done without an answer', { revoke: 'unanswered' }),
  providerFault('probes refused', { probe: 'refused' }),
  providerFault('creates without an answer, listed twice', { create: 'unanswered', find: 'twice' }),
  providerFault('everything refused', { create: 'refused', revoke: 'refused', probe: 'refused' }),
]

const awayFault = (name: string, what: keyof FaultReach['away']): Fault => ({
  name,
  begin: ({ away }) => void (away[what] = true),
  end: ({ away }) => void (away[what] = false),
})

const faults: readonly Fault[] = [
  ...clockFaults,
  ...providerFaults,
  awayFault('store away', 'store'),
  awayFault('disk full', 'writes'),
  awayFault('key service away', 'keyEncryptionKey'),
]

/** Before a rotation, while it is due, in the grace after it, and in the middle of nothing. */
const beginnings = [rotateEveryMs - hour, rotateEveryMs - 5 * minute, rotateEveryMs + 2 * hour, 45 * day]
const durations = [5 * minute, hour, 6 * hour, 49 * hour]

/** Every fault, at every time, for every duration. */
export const faultScenarios: readonly FaultScenario[] = faults.flatMap((fault) =>
  beginnings.flatMap((beginsAt) =>
    durations.map((lastsMs) => ({
      name: `${fault.name}, at ${String(beginsAt / hour)} h for ${String(lastsMs / minute)} min`,
      fault,
      beginsAt,
      lastsMs,
    })),
  ),
)
