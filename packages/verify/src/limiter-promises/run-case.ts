import { createRateLimiter, type RateLimiter, type RateLimitStore } from '@alfred/rate-limit'
import type { FakeClock } from '@alfred/testkit'
import {
  type Grant,
  maxWaitMs,
  maxUnits,
  policyOf,
  type PromiseCase,
  type PromiseRule,
  type PromiseStep,
} from './promise-case.ts'

/** Where a case is counted, and the time it goes by. */
export interface PromiseTarget {
  readonly store: RateLimitStore
  /** The time of the processes; they run on when the store's is set. */
  readonly clock: FakeClock
  readonly key: string
  /** How many processes count at the same place. */
  readonly processes: number
  /** Sets the store's clock by so much, where it has one of its own. */
  readonly setClock: (ms: number) => void
  /** Resolves when the processes have heard what was published. */
  readonly heard: () => Promise<void>
}

/** What a case found. */
export interface PromiseFaults {
  brokenPromises: number
  overAdmitted: number
  lockedOut: number
}

const policy = 'promise'
/** For so long a process believes a plan. */
const planMs = 60_000
/** What the store answers is exact to the microsecond. */
const microsecondMs = 0.001
/** The length of a block is kept in whole seconds. */
const secondMs = 1000

/** Lets a history happen, and does at each probe what a client would: it asks, waits what it is told, and asks again. */
export async function runCase({ rule, steps }: PromiseCase, target: PromiseTarget): Promise<PromiseFaults> {
  const history = new History(rule, target)
  for (const [index, step] of steps.entries()) await history.take(step, index)
  await history.end()
  return history.faults
}

class History {
  readonly faults: PromiseFaults = { brokenPromises: 0, overAdmitted: 0, lockedOut: 0 }
  readonly #target: PromiseTarget
  #rule: PromiseRule
  #grant: Grant
  #processes: readonly RateLimiter[]
  /** How long the last block is; a clock that was set back begins it anew. */
  #blockMs = 0

  constructor(rule: PromiseRule, target: PromiseTarget) {
    this.#target = target
    this.#rule = rule
    this.#processes = this.#deploy()
  }

  async take(step: PromiseStep, index: number): Promise<void> {
    const { key, clock } = this.#target
    const here = this.#process(index)
    switch (step.kind) {
      case 'spend':
        await this.#spend(here, step.share)
        break
      case 'wait':
        clock.advance(step.share * this.#rule.windowMs)
        break
      case 'rule':
        this.#rule = step.rule
        this.#grant = undefined
        await this.#restart()
        break
      case 'plan':
        this.#grant = step.grant
        clock.advance(planMs + 1)
        break
      case 'clock':
        this.#target.setClock(step.ms)
        // The processes reconnect: a clock is set by a failover.
        await this.#restart()
        break
      case 'refund':
        await this.#refund(here, index, step.share, step.settles)
        break
      case 'block':
        await here.block(policy, key, step.ms)
        this.#blockMs = step.ms
        await this.#target.heard()
        break
      case 'override':
        await this.#override(here, step.how)
        break
      case 'probe':
        await this.#probe(index)
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()))
  }

  #deploy(): readonly RateLimiter[] {
    const { store, clock, processes } = this.#target
    return Array.from({ length: processes }, () =>
      createRateLimiter({
        policies: [policyOf(this.#rule, () => this.#grant)],
        // The other cases need it.
        store: { ...store, close: () => Promise.resolve() },
        clock,
      }),
    )
  }

  async #restart(): Promise<void> {
    await this.end()
    this.#processes = this.#deploy()
  }

  #process(index: number): RateLimiter {
    const process = this.#processes[index % this.#processes.length]
    if (!process) throw new Error('a case needs a process')
    return process
  }

  /** The rule as the plan has it. */
  get #quota(): PromiseRule {
    if (!this.#grant) return this.#rule
    const { limit, burst } = this.#grant
    return { ...this.#rule, limit, burst }
  }

  async #consume(process: RateLimiter, cost: number) {
    const decision = await process.consume({ policy, key: this.#target.key, cost })
    if (decision.reason === 'store') throw new Error('the store did not answer')
    return decision
  }

  async #spend(process: RateLimiter, share: number): Promise<void> {
    const { remaining } = await process.get(policy, this.#target.key)
    const cost = Math.ceil(remaining * share)
    if (cost > 0) await this.#consume(process, cost)
  }

  /** What another process was denied meanwhile may be had when it comes back. */
  async #refund(process: RateLimiter, index: number, share: number, settles: boolean): Promise<void> {
    const { key } = this.#target
    const { remaining } = await process.get(policy, key)
    const cost = Math.ceil(remaining * share)
    if (cost === 0) return
    const reservation = await process.reserve(key, { policy, cost })
    await this.#consume(this.#process(index + 1), this.#rule.cost)
    await (settles ? reservation.settle(Math.floor(cost / 2)) : reservation.refund())
    await this.#target.heard()
  }

  async #override(process: RateLimiter, how: 'reward' | 'penalty' | 'reset' | 'unblock'): Promise<void> {
    const { key } = this.#target
    if (how === 'reward' || how === 'penalty') await process[how](policy, key, this.#rule.cost)
    else {
      await process[how](policy, key)
      this.#blockMs = 0
    }
    await this.#target.heard()
  }

  /** Uses up what is left, asks for more, waits what it is told, and asks again: some times, at any process. */
  async #probe(index: number): Promise<void> {
    const { clock, key } = this.#target
    const { cost } = this.#rule
    const startedAtMs = clock.monotonicMs()
    let admitted = 0
    for (let round = 0; round < 3; round += 1) {
      const limiter = this.#process(index + round)
      const { remaining } = await limiter.get(policy, key)
      const { allowed: usedUp } = await this.#consume(limiter, remaining)
      if (remaining > 0 && !usedUp) this.faults.brokenPromises += 1
      if (usedUp) admitted += remaining
      const denied = await this.#consume(limiter, cost)
      if (denied.allowed) this.faults.overAdmitted += 1
      const { retryAfterMs } = denied
      if (retryAfterMs > Math.max(maxWaitMs(this.#quota) + 1, this.#blockMs + secondMs))
        this.faults.lockedOut += 1
      clock.advance(retryAfterMs + microsecondMs)
      const again = await this.#consume(this.#process(index + round + 1), cost)
      if (again.allowed) admitted += cost
      else this.faults.brokenPromises += 1
    }
    const ms = clock.monotonicMs() - startedAtMs
    if (admitted > maxUnits(this.#quota, ms) + 1e-6) this.faults.overAdmitted += 1
  }
}
