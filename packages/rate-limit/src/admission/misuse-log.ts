import { isIPv6 } from 'node:net'
import type { Logger } from '@alfred/core'

/** Logs once what requests show to be wrong with how a limiter is used. */
export interface MisuseLog {
  /** A request comes by the same policy again: it is counted the first time alone. */
  countedTwice(policy: string): void
  /** @param key - what a policy's function returned */
  inspectKey(policy: string, key: string): void
}

export function createMisuseLog(logger: Logger): MisuseLog {
  const logged = new Set<string>()
  const warn = (id: string, policy: string, message: string): void => {
    if (logged.has(id)) return
    logged.add(id)
    logger.warn({ policy }, message)
  }

  return {
    countedTwice(policy) {
      warn(
        'twice',
        policy,
        `a request came by the rate limit policy "${policy}" twice and was counted once: its middleware is mounted twice`,
      )
    },
    inspectKey(policy, key) {
      // Most keys have no colon.
      if (!key.includes(':') || !isIPv6(key)) return
      warn(
        `address ${policy}`,
        policy,
        `the key function of the rate limit policy "${policy}" returns an IPv6 address, of which one client has many: use key: 'address', or addressGroup() of @alfred/core`,
      )
    },
  }
}
