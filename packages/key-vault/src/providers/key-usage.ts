/** What is known of the current key's use. No part of it is computed from the key. */
export interface KeyUsage {
  readonly requests?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** What the figures count from, ms since the epoch. */
  readonly since: number
}
