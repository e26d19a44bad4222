import { AsyncLocalStorage } from 'node:async_hooks'
import type { AlfredEvents } from '@alfred/core'
import type { SteppedWork } from '../detectors/text/stepped-work.ts'

/** What a detector found in a field and what was done about it, as the event `validation.flagged` tells it. */
export type ContentFlag = AlfredEvents['validation.flagged']

/** The kinds of fields. */
export type FieldKind = ContentFlag['kind']

/** A flag as the field raises it, which does not know where in the request it stands. */
export interface RaisedFlag extends Omit<ContentFlag, 'hash' | 'pointer' | 'requestId' | 'spans'> {
  /** The text that was looked through, for its hashes and for finding its place. It goes no further. */
  readonly text: string
  readonly spans: readonly { readonly start: number; readonly end: number }[]
}

/** Where fields leave their flags while a request is validated, or later. */
export interface FlagCollector {
  add(flag: RaisedFlag): void
  /** Whether a text of so many characters can be looked through at once, or has to take turns with other work. */
  mayHoldUp(characters: number): boolean
  /**
   * Leaves a text whose inspection changes and refuses nothing for when the schema is done with all of them.
   *
   * @param by - whose inspection it is: each looks through the same text once
   */
  leave(by: object, text: string, inspect: InspectionWork): void
}

/** Looks through a text step by step; what it finds is added to the list. */
export type InspectionWork = (text: string, flags: RaisedFlag[]) => SteppedWork<unknown>

// A schema's checks see a value alone: what belongs to the request travels beside the call.
const collectors = new AsyncLocalStorage<FlagCollector>()

/** Validates with a place for the flags of the fields. */
export const collectFlags = <T>(collector: FlagCollector, validate: () => T): T =>
  collectors.run(collector, validate)

/** The place for flags of the validation under way; there is none when a schema is used alone. */
export const currentCollector = (): FlagCollector | undefined => collectors.getStore()
