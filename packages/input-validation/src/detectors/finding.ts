import type { AlfredEvents } from '@alfred/core'

/** What a detector looks for. */
export type DetectorName = AlfredEvents['validation.flagged']['detector']

/** A part of a text that a detector took note of. */
export interface Finding {
  /** Where it begins, in UTF-16 code units. */
  readonly start: number
  /** Where it ends, exclusive. */
  readonly end: number
  /** How sure the detector is, from 0 to 1. {@link freeTextThreshold} and {@link valueThreshold} say what that means. */
  readonly score: number
}

/**
 * Looks through a text once, in time linear in its length.
 *
 * @param most - the most findings; the surest ones are kept
 */
export type Detector = (text: string, most?: number) => readonly Finding[]

/** From here on a finding is an attack in any text, such as a question about programming. */
export const freeTextThreshold = 0.8

/** From here on a finding is an attack where a plain value belongs: a name, a search term, a number. */
export const valueThreshold = 0.4

/** The most findings that one detector reports of one text. */
export const mostFindings = 16

/** Where a detector puts its findings. */
export interface FindingList {
  readonly findings: readonly Finding[]
  /** Adds a finding; when there are too many, the least sure one goes. */
  readonly add: (start: number, end: number, score: number) => void
}

/** Makes an empty list for at most so many findings. */
export function createFindingList(most = mostFindings): FindingList {
  const findings: Finding[] = []
  let lowest = 0
  return {
    findings,
    add(start, end, score) {
      // Sums of tenths must not fall short of a threshold by a rounding error.
      const rounded = Math.min(Math.round(score * 100) / 100, 1)
      if (findings.length >= most && rounded <= (findings[lowest]?.score ?? 0)) return
      const finding = { start, end, score: rounded }
      if (findings.length < most) {
        findings.push(finding)
        if (finding.score < (findings[lowest]?.score ?? 0)) lowest = findings.length - 1
        return
      }
      findings[lowest] = finding
      for (let index = 0; index < findings.length; index++) {
        if ((findings[index]?.score ?? 0) < (findings[lowest]?.score ?? 0)) lowest = index
      }
    },
  }
}
