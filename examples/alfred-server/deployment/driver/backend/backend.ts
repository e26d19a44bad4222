import type { Release } from '../release.ts'
import type { Slot } from '../slot.ts'

/** What runs in a slot. */
export interface Running {
  readonly digest: string
  /** Changes with every start, so that a crash between two looks is seen. */
  readonly instance: string
}

/** What a slot says of itself. */
export interface SlotAnswer {
  readonly isReady: boolean
  /** What it says that it runs: `releaseId`, or `version`, of its health document. */
  readonly version: string | undefined
  /** Requests that it works on, WebSockets left out; `undefined` when it does not say. */
  readonly activeRequests: number | undefined
}

/** How the app is run. Each verb may be repeated. */
export interface Backend {
  readonly slots: readonly Slot[]
  /** Brings a release here. Throws, with nothing changed, when it cannot be had. */
  fetch(reference: string, signal: AbortSignal): Promise<Release>
  /** Whether a release is here and can be started. */
  isPresent(release: Release, signal: AbortSignal): Promise<boolean>
  /** `undefined` when the slot is empty or its process has ended. */
  running(slot: Slot, signal: AbortSignal): Promise<Running | undefined>
  /** Ends what is in the slot, as gracefully as it wants, and starts the release. Does not wait until it is ready. */
  replace(slot: Slot, release: Release, signal: AbortSignal): Promise<void>
  ask(slot: Slot, signal: AbortSignal): Promise<SlotAnswer>
  /** Brings the schema to the release. It must fit the one before, too. */
  migrate(release: Release, signal: AbortSignal): Promise<void>
  /** Copies the hashed assets of what serves to a folder; nothing where there are none. */
  exportAssets(release: Release, folder: string, signal: AbortSignal): Promise<void>
  /** The releases that are here. */
  list(signal: AbortSignal): Promise<readonly Release[]>
  remove(release: Release, signal: AbortSignal): Promise<void>
}
