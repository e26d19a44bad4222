/** How long putting things in order may take after a run, ms. */
const cleanupMs = 30_000

/** How long a run that was ended is waited for: several cleanups follow each other. */
export const graceMs = 3 * cleanupMs

/** For what must happen also after a run was ended: the signal of that run would forbid it. */
export const cleanupSignal = (): AbortSignal => AbortSignal.timeout(cleanupMs)
