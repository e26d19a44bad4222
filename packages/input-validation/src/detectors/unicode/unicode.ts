import { lookalikes } from './unicode-ranges.ts'
import { inPieces } from '../text/stepped-work.ts'
import { createFindingList, type SteppedDetector, type FindingList } from '../text/finding.ts'

const zeroWidthNonJoiner = 0x200c
const zeroWidthJoiner = 0x200d
const blackFlag = 0x1f3f4
const cancelTag = 0xe007f

const isBetween = (point: number, first: number, last: number): boolean => point >= first && point <= last

const isBidiEmbedding = (point: number): boolean => isBetween(point, 0x202a, 0x202e)
const isBidiIsolate = (point: number): boolean => isBetween(point, 0x2066, 0x2069)
const isTag = (point: number): boolean => isBetween(point, 0xe0000, 0xe007f)
const isVariationSelector = (point: number): boolean =>
  isBetween(point, 0xfe00, 0xfe0f) || isBetween(point, 0xe0100, 0xe01ef)

/** Characters without a shape that no writing system needs inside a word. */
const isInvisible = (point: number): boolean =>
  point === 0x200b ||
  isBetween(point, 0x2060, 0x2064) ||
  point === 0xfeff ||
  point === 0x3164 ||
  point === 0x115f ||
  point === 0x1160 ||
  point === 0xffa0 ||
  point === 0x180e

const isLatin = (point: number): boolean =>
  isBetween(point | 0x20, 0x61, 0x7a) || (isBetween(point, 0xc0, 0x24f) && point !== 0xd7 && point !== 0xf7)
const isGreek = (point: number): boolean => isBetween(point, 0x370, 0x3ff)
const isCyrillic = (point: number): boolean => isBetween(point, 0x400, 0x52f)
const isRightToLeft = (point: number): boolean =>
  isBetween(point, 0x590, 0x8ff) || isBetween(point, 0xfb1d, 0xfdff) || isBetween(point, 0xfe70, 0xfefc)

/** Scripts whose spelling uses the joiners: Arabic and its kin, Indic, Tibetan, Myanmar, Khmer, Mongolian. */
const usesJoiners = (point: number): boolean =>
  isRightToLeft(point) ||
  isBetween(point, 0x900, 0xdff) ||
  isBetween(point, 0xf00, 0x109f) ||
  isBetween(point, 0x1780, 0x18af)

const isEmojiPart = (point: number): boolean =>
  point >= 0x1f000 ||
  isBetween(point, 0x2190, 0x2bff) ||
  isBetween(point, 0x3030, 0x3299) ||
  isVariationSelector(point) ||
  point === 0x20e3

/** Reads words one letter at a time and reports those that mix Latin letters with lookalikes of other scripts. */
function createWordReader({ add }: FindingList) {
  let start = -1
  let latin = 0
  let foreign = 0
  let lookalike = 0
  const end = (index: number): void => {
    // A word with one more foreign letter that looks like nothing Latin is a word of that script, or a unit like µΩ.
    if (latin > 0 && foreign > 0 && foreign === lookalike) add(start, index, 0.85)
    start = -1
    latin = foreign = lookalike = 0
  }
  return {
    read(point: number, index: number): void {
      const isForeign = isGreek(point) || isCyrillic(point)
      if (!isForeign && !isLatin(point)) {
        if (start !== -1) end(index)
        return
      }
      if (start === -1) start = index
      if (!isForeign) latin++
      else {
        foreign++
        if (lookalikes.has(point)) lookalike++
      }
    },
    end,
  }
}

/** A flag is the black flag, its region in tags, and the tag that ends it. */
function endOfFlag(text: string, start: number): number {
  let index = start
  while (index < text.length) {
    const point = text.codePointAt(index) ?? 0
    if (!isTag(point)) return -1
    index += 2
    if (point === cancelTag) return index
  }
  return -1
}

/**
 * Finds what makes a text read otherwise than it is processed: controls that reorder it (Trojan Source,
 * CVE-2021-42574), invisible characters and tags that carry hidden text, and words that mix look-alike letters.
 *
 * What languages and emoji need stays legal: right-to-left letters with their marks, the joiners of Arabic and Indic
 * spelling, emoji sequences and flags.
 */
export const detectUnicode: SteppedDetector = function* (text, maxFindings) {
  const list = createFindingList(maxFindings)
  const words = createWordReader(list)
  let openIsolates = 0
  let openEmbeddings = 0
  let previous = 0
  let hasRightToLeft = false

  const look = (from: number, to: number): number => {
    let index = from
    while (index < to) {
      const unit = text.charCodeAt(index)
      if (unit < 0xc0) {
        // A bracket left open reorders only its own line.
        if (unit === 0x0a) openIsolates = openEmbeddings = 0
        words.read(unit, index)
        previous = unit
        index++
        continue
      }
      const point = text.codePointAt(index) ?? unit
      const size = point > 0xffff ? 2 : 1
      const next = text.codePointAt(index + size) ?? 0
      const here = (score: number): void => {
        list.add(index, index + size, score)
      }
      words.read(point, index)
      if (isRightToLeft(point)) hasRightToLeft = true
      else if (point === 0x202c) {
        if (openEmbeddings === 0) here(0.5)
        else openEmbeddings--
      } else if (isBidiEmbedding(point)) {
        openEmbeddings++
        // An override reverses letters whatever their script: nobody writes with it.
        here(point >= 0x202d ? 0.95 : hasRightToLeft || isRightToLeft(next) ? 0.3 : 0.85)
      } else if (point === 0x2069) {
        if (openIsolates === 0) here(0.5)
        else openIsolates--
      } else if (isBidiIsolate(point)) {
        openIsolates++
        here(hasRightToLeft || isRightToLeft(next) ? 0.3 : 0.85)
      } else if (isTag(point)) {
        const flag = previous === blackFlag ? endOfFlag(text, index) : -1
        if (flag !== -1) {
          previous = cancelTag
          index = flag
          continue
        }
        here(1)
      } else if (isVariationSelector(point) && isVariationSelector(previous)) here(0.95)
      else if (point === zeroWidthJoiner || point === zeroWidthNonJoiner) {
        const belongs =
          usesJoiners(previous) || usesJoiners(next) || (isEmojiPart(previous) && isEmojiPart(next))
        if (!belongs) here(isLatin(previous) && isLatin(next) ? 0.85 : 0.5)
      } else if (isInvisible(point) && !(point === 0xfeff && index === 0)) {
        here(isLatin(previous) && isLatin(next) ? 0.85 : 0.5)
      }
      previous = point
      index += size
    }
    return index
  }
  yield* inPieces(text.length, look)
  words.end(text.length)
  return list.findings
}
