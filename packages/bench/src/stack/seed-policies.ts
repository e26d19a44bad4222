/** The two limits of every contender: the general API's and the chat's, per client address. */
export const seedPolicies = [
  { name: 'api', path: '/api/', windowMs: 15 * 60 * 1000 },
  { name: 'chat', path: '/api/alfred/chat', windowMs: 60 * 1000 },
] as const

/** So high that nothing is denied: every request is counted and answered. */
export const limit = 1_000_000_000
