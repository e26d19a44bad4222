import { type CircuitBreaker, type Clock, createCircuitBreaker as createBreaker } from '@alfred/core'

/** How long calls are held back before one may try again, in milliseconds. */
export const probeEveryMs = 500

/** Builds the breaker of a store: it opens after five failures in a row and closes at the next success. */
export const createCircuitBreaker = (clock: Clock): CircuitBreaker => createBreaker({ clock, probeEveryMs })
