/** Where an option of another library is in ours. A text alone is the path, with `[]` for any entry of a list. */
export type PeerOption =
  | string
  | {
      /** The path; left out where ours has no such option. */
      readonly ours?: string | undefined
      /** What differs, as the end of a sentence: `in milliseconds`. Required where there is no path. */
      readonly note: string
    }

/** Options of other libraries by library and name, for whoever writes them out of habit. */
export type PeerOptions = Readonly<Record<string, Readonly<Record<string, PeerOption>>>>

/**
 * What to say of an unknown option that another library has.
 *
 * @returns `undefined` when none has it
 */
export function peerOptionMessage(peers: PeerOptions, name: string): string | undefined {
  for (const [library, options] of Object.entries(peers)) {
    if (!Object.hasOwn(options, name)) continue
    const option = options[name]
    if (option === undefined) continue
    const { ours, note } = typeof option === 'string' ? { ours: option, note: undefined } : option
    const here = [ours === undefined ? undefined : `it is ${ours}`, note].filter(Boolean).join(', ')
    return `is an option of ${library}; here ${here}.`
  }
  return undefined
}
