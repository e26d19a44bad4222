import type { Problem } from '@alfred/core'

/** A limit is used up (draft-ietf-httpapi-ratelimit-headers-11, section 5.1); its extension is `violated-policies`. */
export const quotaExceeded: Problem = Object.freeze({
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  status: 429,
  title: 'Request cannot be satisfied as assigned quota has been exceeded',
})
