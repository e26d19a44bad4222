/** Seconds for a header field, which knows no parts of them: rounded up, so that nobody comes too early. */
export const wholeSeconds = (ms: number): number => Math.ceil(ms / 1000)
