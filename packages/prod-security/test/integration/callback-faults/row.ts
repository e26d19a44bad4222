/** Any function, as a row puts it in the place of an option. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- it stands for functions of every signature
export type AnyFunction = (...parameters: any[]) => any

/** How one function option is tried. */
export interface Row {
  /** What the function would have to return to open the protection, or to do its work. */
  readonly open?: unknown
  /** Values that its contract does not allow. */
  readonly wrong?: readonly unknown[]
  /** Whether the option takes promises, so that one that settles in time is an answer. */
  readonly mayAnswerLater?: boolean
  /** Whether the caller waits for the function itself, as long as it takes: only crashes are looked for. */
  readonly callerWaits?: boolean
  /**
   * Builds what takes the function, uses it, and closes it.
   *
   * @returns whether the protection held, or the work around the function was done
   */
  readonly holds: (call: AnyFunction) => Promise<boolean> | boolean
}

/** A function that is not tried, and why. */
export interface Exemption {
  readonly exempt: string
}

export type Rows = Readonly<Record<string, Row | Exemption>>

/** Values that no function may return where it decides. */
export const notBoolean: readonly unknown[] = [undefined, null, '', 'yes', 0, 1, NaN, {}, [], Symbol('yes')]
