/** Takes note of what a promise or foreign thenable rejects with, so that it does not end the process. */
export function dropRejection(work: PromiseLike<unknown>): void {
  // Adopted, because a foreign thenable may throw, call back at once or call back twice.
  Promise.resolve(work).catch(() => undefined)
}
