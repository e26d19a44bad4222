import type { Problem } from '@alfred/core'

/** An address sent too many requests for too long (draft-ietf-httpapi-ratelimit-headers-11, section 5.3). */
export const abnormalUsage: Problem = Object.freeze({
  type: 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
  status: 429,
  title: 'Request not satisfied due to detection of abnormal request pattern',
})
