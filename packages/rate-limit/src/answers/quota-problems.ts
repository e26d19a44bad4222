import type { Problem } from '@alfred/core'

/** The problem types of draft-ietf-httpapi-ratelimit-headers-11, section 5; their extension is `violated-policies`. */
const quotaProblem = (name: string, status: number, title: string): Problem =>
  Object.freeze({ type: `https://iana.org/assignments/http-problem-types#${name}`, status, title })

/** A limit is used up. */
export const quotaExceeded = quotaProblem(
  'quota-exceeded',
  429,
  'Request cannot be satisfied as assigned quota has been exceeded',
)

/** Somebody has asked too often for too long. */
export const abnormalUsage = quotaProblem(
  'abnormal-usage-detected',
  429,
  'Request not satisfied due to detection of abnormal request pattern',
)
