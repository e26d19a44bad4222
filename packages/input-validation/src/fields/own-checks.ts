const ownChecks = new WeakSet<object>()

/** Notes that a check of a field is ours: the promises that it makes have a listener. */
export function ownCheck<Check extends object>(check: Check): Check {
  ownChecks.add(check)
  return check
}

/** Whether a check is one of our fields'. */
export const isOwnCheck = (check: unknown): boolean => typeof check === 'function' && ownChecks.has(check)
