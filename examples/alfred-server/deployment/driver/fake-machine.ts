import type { Backend, Running } from './backend/backend.ts'
import { explain } from './deploy-error.ts'
import type { Edge } from './edge/edge.ts'
import { createHooks } from './hooks.ts'
import { createProgress, type Progress } from './progress.ts'
import type { Release } from './release.ts'
import { rollOut } from './rollout.ts'
import type { Slot } from './slot.ts'
import type { Action, State, StateStore } from './state.ts'

export const fakeSlots: readonly Slot[] = [
  { name: 'a', address: '127.0.0.1:1' },
  { name: 'b', address: '127.0.0.1:2' },
]

/** What outlives a driver. */
export interface FakeMachine {
  state: State
  readonly running: Map<string, Running>
  readonly up: Set<string>
  /** Every call of the backend and the edge that changes something or may fail, in order. */
  readonly calls: string[]
  /** Releases that never become ready. */
  readonly ill: Set<string>
  /** The fewest slots that got requests and could answer, once there was one. */
  fewestServing: number
}

export const newMachine = (): FakeMachine => ({
  state: { current: undefined, history: [], tried: [], run: undefined },
  running: new Map(),
  up: new Set(),
  calls: [],
  ill: new Set(),
  fewestServing: fakeSlots.length,
})

/** Called before every call: throws to fail it; never resolves for a driver that was killed. */
export type Fault = (call: string, index: number) => Promise<void>

const noFault: Fault = () => Promise.resolve()

/** Rolls a release out on a fake machine. */
export async function rollOutOn(
  machine: FakeMachine,
  action: Action,
  target: Release,
  fault: Fault = noFault,
): Promise<void> {
  let index = 0
  const before = async (call: string): Promise<void> => {
    machine.calls.push(call)
    index += 1
    await fault(call, index - 1)
  }
  const watch = (): void => {
    const serving = fakeSlots.filter(({ name }) => machine.up.has(name) && machine.running.has(name)).length
    if (machine.state.current) machine.fewestServing = Math.min(machine.fewestServing, serving)
  }
  await rollOut({
    action,
    target,
    hooks: createHooks(undefined, () => Promise.resolve('')),
    environment: 'test',
    assetsFolder: '/nowhere',
    remembered: 50,
    context: {
      backend: fakeBackend(machine, before, watch),
      edge: fakeEdge(machine, before, watch),
      progress: await fakeProgress(machine, before),
      deadlines: {
        fetchMs: 1000,
        backupMs: 1000,
        migrateMs: 1000,
        edgeMs: 1000,
        drainMs: 1000,
        replaceMs: 1000,
        readyMs: machine.ill.size > 0 ? 300 : 5000,
        smokeMs: 1000,
      },
      quietMs: 0,
      settleMs: 0,
      pollMs: 1,
      smoke: () => before('smoke'),
      signal: new AbortController().signal,
    },
  })
}

type Before = (call: string) => Promise<void>

function fakeBackend(machine: FakeMachine, before: Before, watch: () => void): Backend {
  let started = machine.calls.length
  return {
    slots: fakeSlots,
    fetch: () => Promise.reject(new Error('not asked here')),
    isPresent: () => Promise.resolve(true),
    running: ({ name }) => Promise.resolve(machine.running.get(name)),
    async replace({ name }, { digest }) {
      await before(`stop ${name}`)
      machine.running.delete(name)
      watch()
      await before(`start ${name}`)
      started += 1
      machine.running.set(name, { digest, instance: String(started) })
    },
    ask: ({ name }) =>
      Promise.resolve({
        isReady: !machine.ill.has(machine.running.get(name)?.digest ?? ''),
        version: undefined,
        activeRequests: 0,
      }),
    migrate: () => before('migrate'),
    exportAssets: () => before('assets'),
    list: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  }
}

function fakeEdge(machine: FakeMachine, before: Before, watch: () => void): Edge {
  return {
    check: () => before('check'),
    async up({ name }) {
      await before(`up ${name}`)
      machine.up.add(name)
    },
    async down({ name }) {
      await before(`down ${name}`)
      machine.up.delete(name)
      watch()
    },
    inflight: () => Promise.resolve(0),
    isUp: ({ name }) => Promise.resolve(machine.up.has(name)),
  }
}

function fakeProgress(machine: FakeMachine, before: Before): Promise<Progress> {
  const store: StateStore = {
    read: () => Promise.resolve(machine.state),
    async write(state) {
      await before('write')
      machine.state = state
    },
    audit: () => Promise.resolve(),
  }
  const print = (): void => undefined
  return store.read().then((initial) => createProgress({ store, initial, print, explain }))
}
