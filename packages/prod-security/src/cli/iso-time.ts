/** A time as commands print it; `-` where there is none. */
export const isoTime = (ms: number | undefined): string =>
  ms === undefined ? '-' : new Date(ms).toISOString()
