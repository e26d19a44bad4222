import { isHexDigit } from './character.ts'

/** A text as a detector reads it, and where each of its units stood. */
export interface DecodedText {
  readonly text: string
  /** The index in the original of the unit at `index`; the end of the text is asked for as well. */
  readonly positionOf: (index: number) => number
}

/**
 * Decodes percent-encoded ASCII once, for looking only: what is stored and answered is never this text. In an encoded
 * text `+` is a space. A text without `%` and two hexadecimal digits is returned as it is.
 */
export function percentDecoded(text: string): DecodedText {
  const asIs: DecodedText = { text, positionOf: (index) => index }
  let percent = text.indexOf('%')
  if (percent === -1) return asIs
  const pieces: string[] = []
  const positions: number[] = []
  let copied = 0
  let isDecoded = false
  const keep = (end: number): void => {
    for (let index = copied; index < end; index++) positions.push(index)
    pieces.push(text.slice(copied, end))
  }
  for (; percent !== -1; percent = text.indexOf('%', percent + 1)) {
    if (percent < copied) continue
    const isEscape = isHexDigit(text.charCodeAt(percent + 1)) && isHexDigit(text.charCodeAt(percent + 2))
    if (!isEscape) continue
    const unit = Number.parseInt(text.slice(percent + 1, percent + 3), 16)
    if (unit > 0x7f) continue
    keep(percent)
    pieces.push(String.fromCharCode(unit))
    positions.push(percent)
    copied = percent + 3
    isDecoded = true
  }
  if (!isDecoded) return asIs
  keep(text.length)
  const decoded = pieces.join('').replaceAll('+', ' ')
  return { text: decoded, positionOf: (index) => positions[index] ?? text.length }
}
