/** What can be wrong with `trustProxy`, as requests show it. */
export type ProxyProblem =
  | 'hop-count-too-large'
  | 'hop-count-too-small'
  | 'proxy-bypassed'
  | 'proxy-not-listed'
  | 'untrusted-forwarded-for'
