import type { Problem } from './problem.ts'

/** The server can serve less than usual (draft-ietf-httpapi-ratelimit-headers-11, section 5.2). */
export const reducedCapacity: Problem = Object.freeze({
  type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
  status: 503,
  title: 'Request cannot be satisfied due to temporary server capacity constraints',
})
