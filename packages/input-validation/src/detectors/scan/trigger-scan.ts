import type { DetectorName } from '../text/finding.ts'
import { inPieces, stepLength, type SteppedWork } from '../text/stepped-work.ts'
import { alphanumeric, byteAt, hexDigit, isOf, letter, skipOf, space } from './byte-classes.ts'
import { endsCall, opensExpression } from './code-trigger.ts'
import {
  attributeBefore,
  isEncoded,
  mayBeginLoose,
  mayBeginScript,
  mayBeHandler,
  mayEndScheme,
  tagAt,
} from './markup-trigger.ts'
import { beginsShare, encodesStep, endOfRun, endsDrive, endsStep, mayNameTarget } from './path-trigger.ts'
import { isFrame, mayHoldPhrase, phraseBits } from './prompt-trigger.ts'
import { assignsSecret, beginsPem, beginsSecret, isBehindWord } from './secret-trigger.ts'
import {
  fullWidthPath,
  kelvinSign,
  pad,
  releaseBytes,
  reportable,
  takeBytes,
  type TextBytes,
} from './text-bytes.ts'

/** A bit for each detector. */
export const triggers = {
  code: 1,
  markup: 2,
  path: 4,
  prompt: 8,
  secret: 16,
  sql: 32,
  unicode: 64,
  url: 128,
} as const satisfies Readonly<Record<DetectorName, number>>

/** What is done about a byte: most are passed over, words are read, signs ask the detectors they mean something to. */
const passedOver = 0
const word = 1
const sign = 2

const signs = '\0%&(-./:<=@[\\{'
const actions = Uint8Array.from({ length: 256 }, (_, byte) =>
  isOf(byte, letter) ? word : signs.includes(String.fromCharCode(byte)) ? sign : passedOver,
)

/**
 * Reads a text once for all detectors and tells which of them may find something. What a detector's condition is, is
 * its trigger's business; each lets through more than the detector finds, and never less. SQL has its own tokens and is
 * asked always.
 */
class TriggerScan {
  /** The sum of the detectors that have something to look at. */
  #seen: number = triggers.sql
  #phraseBits = 0
  #hasTag = false
  /** An attribute that may hold a script URL was seen. */
  #hasUrlAttribute = false
  #hasAt = false
  readonly #source: TextBytes
  readonly #bytes: Uint8Array
  readonly #textStart: number

  constructor(source: TextBytes) {
    this.#source = source
    this.#bytes = source.bytes
    this.#textStart = skipOf(this.#bytes, pad, space)
    if (mayBeginLoose(this.#bytes, this.#textStart)) this.#seen |= triggers.markup
    if ((source.wide & reportable) !== 0) this.#seen |= triggers.unicode
    if ((source.wide & fullWidthPath) !== 0) this.#seen |= triggers.path
    // The one character beyond ASCII whose lower case is an ASCII letter.
    if ((source.wide & kelvinSign) !== 0) this.#seen |= triggers.markup
  }

  /** Looks at what begins before `to`. @returns where it stopped, which may be behind */
  scan(from: number, to: number): number {
    const bytes = this.#bytes
    let index = from
    while (index < to) {
      const action = actions[byteAt(bytes, index)]
      if (action === passedOver) index++
      else if (action === word) index = this.#readWord(index)
      else index = this.#readSign(index)
    }
    return index
  }

  /** The sum of the triggers, once everything was scanned. */
  finish(): number {
    releaseBytes(this.#source)
    if (mayHoldPhrase(this.#phraseBits)) this.#seen |= triggers.prompt
    // A password in a URL.
    if (this.#hasAt && (this.#seen & triggers.url) !== 0) this.#seen |= triggers.secret
    return this.#seen
  }

  #readWord(start: number): number {
    const end = skipOf(this.#bytes, start + 1, alphanumeric)
    this.#phraseBits |= phraseBits(this.#bytes, start, end)
    if (isBehindWord(this.#bytes, start) && beginsSecret(this.#bytes, start)) this.#seen |= triggers.secret
    return end
  }

  /** Asks what a sign means. @returns the index behind it */
  #readSign(index: number): number {
    const bytes = this.#bytes
    switch (byteAt(bytes, index)) {
      case 0x00:
        this.#seen |= triggers.path
        break
      case 0x25: // %
        if (this.#isEscape(index)) this.#seen |= triggers.markup
        if (encodesStep(bytes, index)) this.#seen |= triggers.path
        break
      case 0x26: // &
        this.#readEncoded(index)
        break
      case 0x28: // (
        if (endsCall(bytes, index)) this.#seen |= triggers.code
        break
      case 0x2d: // -
        return this.#readDashes(index)
      case 0x2e: // .
        return this.#readDots(index)
      case 0x2f: // /
        if (mayNameTarget(bytes, index)) this.#seen |= triggers.path
        break
      case 0x3a: // :
        this.#readColon(index)
        break
      case 0x3c: // <
        this.#readLess(index)
        break
      case 0x3d: // =
        this.#readEquals(index)
        break
      case 0x40: // @
        this.#hasAt = true
        break
      case 0x5b: // [
        if (isFrame(bytes, index)) this.#seen |= triggers.prompt
        break
      case 0x5c: // \
        if (byteAt(bytes, index + 1) === 0x5c && beginsShare(bytes, index)) this.#seen |= triggers.path
        this.#readEncoded(index)
        // Behind an escaped line end a word begins: `\nghp_…`.
        if (beginsSecret(bytes, index + 2)) this.#seen |= triggers.secret
        break
      case 0x7b: // {
        if (opensExpression(bytes, index) || opensExpression(bytes, index - 1)) this.#seen |= triggers.code
        break
    }
    return index + 1
  }

  /** Percent-encoded ASCII, which the detector of markup decodes first. */
  #isEscape(index: number): boolean {
    const high = byteAt(this.#bytes, index + 1)
    return high < 0x38 && isOf(high, hexDigit) && isOf(byteAt(this.#bytes, index + 2), hexDigit)
  }

  #readEncoded(index: number): void {
    if (this.#hasUrlAttribute && isEncoded(this.#bytes, index)) this.#seen |= triggers.markup
  }

  #readDashes(start: number): number {
    const end = endOfRun(this.#bytes, start)
    if (beginsPem(this.#bytes, start, end)) this.#seen |= triggers.secret
    return end
  }

  #readDots(start: number): number {
    const end = endOfRun(this.#bytes, start)
    // `.%2e` is two dots as well.
    const isStep = end - start > 1 ? endsStep(this.#bytes, end) : byteAt(this.#bytes, end) === 0x25
    if (isStep) this.#seen |= triggers.path
    return end
  }

  #readColon(index: number): void {
    const bytes = this.#bytes
    if (assignsSecret(bytes, index)) this.#seen |= triggers.secret
    const next = byteAt(bytes, index + 1)
    if (next === 0x2f || next === 0x5c) {
      if (next === 0x2f && byteAt(bytes, index + 2) === 0x2f) this.#seen |= triggers.url
      else if (endsDrive(bytes, index)) this.#seen |= triggers.path
    }
    if (this.#hasUrlAttribute && mayEndScheme(bytes, index)) this.#seen |= triggers.markup
  }

  #readLess(index: number): void {
    const bytes = this.#bytes
    if (opensExpression(bytes, index)) this.#seen |= triggers.code
    if (isFrame(bytes, index)) this.#seen |= triggers.prompt
    const kind = tagAt(bytes, index)
    if (kind === 'embedding') this.#seen |= triggers.markup
    if (kind !== 'none') this.#hasTag = true
  }

  #readEquals(index: number): void {
    const bytes = this.#bytes
    if (assignsSecret(bytes, index)) this.#seen |= triggers.secret
    if ((this.#seen & triggers.markup) !== 0) return
    if (this.#hasTag) {
      const kind = attributeBefore(bytes, index)
      if (kind === 'url') this.#hasUrlAttribute = true
      if (kind === 'scored' || mayBeginScript(bytes, index)) this.#seen |= triggers.markup
    }
    if (mayBeHandler(bytes, index, this.#textStart)) this.#seen |= triggers.markup
  }
}

/** Which detectors may find something in a text, as a sum of {@link triggers}. */
export function triggersOf(text: string): number {
  const source = takeBytes(text)
  const scan = new TriggerScan(source)
  scan.scan(pad, source.end)
  return scan.finish()
}

/** The same in steps. */
export function* steppedTriggersOf(text: string): SteppedWork<number> {
  if (text.length <= stepLength) return triggersOf(text)
  const source = takeBytes(text)
  const scan = new TriggerScan(source)
  yield* inPieces(text.length, (from, to) => scan.scan(from + pad, to + pad) - pad)
  return scan.finish()
}
