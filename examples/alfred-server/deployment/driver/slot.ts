/** One of the two places that the app runs in. */
export interface Slot {
  readonly name: 'a' | 'b'
  /** Where the edge reaches it, `host:port`. */
  readonly address: string
}
