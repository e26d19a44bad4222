import type { Redis } from 'ioredis'

/** Gathers what is sent in one turn of the event loop into one write. */
export function createCork(client: Redis) {
  let corked: Redis['stream'] | undefined
  const uncork = (): void => {
    corked?.uncork()
    corked = undefined
  }
  return {
    cork(): void {
      if (corked === client.stream) return
      uncork()
      corked = client.stream
      corked.cork()
      setImmediate(uncork)
    },
    uncork,
  }
}
