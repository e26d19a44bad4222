/** The n-th of a million addresses, so that each client has its own limits. */
export const clientAddress = (n: number): string =>
  `10.${String((n >> 16) & 255)}.${String((n >> 8) & 255)}.${String(n & 255)}`
